/** What people would rather look at than read: saves, decisions, waiting times. */
import { useTranslation } from 'react-i18next';
import { useActivity } from '@/api/jobs';
import type { ActivityDay, Project, Status } from '@/api/types';
import { Card } from '@/ui/Card';
import { BarChart, LegendSquare, type BarGroup } from '@/ui/BarChart';
import { Skeleton } from '@/ui/States';
import { formatNumber } from '@/ui/format';
import classes from './status.module.css';
import { axisUnit, kindText, middle } from './words';

const DAYS = 14;
const HEIGHT_PX = 168;
const COLOURS = { saves: 'var(--mr-action)', submitted: 'var(--mr-action)', decided: 'var(--mr-suggestion)', reviewed: 'var(--mr-accepted)' } as const;
const QUEUE_COLOURS: Record<string, string> = { light: 'var(--mr-action)', batch: 'var(--mr-uncertain)' };
const WORK = ['submitted', 'suggestions_decided', 'reviewed'] as const;

const sum = (days: readonly ActivityDay[], key: 'saves' | (typeof WORK)[number]): number => days.reduce((total, day) => total + day[key], 0);
/** 11-18 of 2026-11-18. */
const shortDay = (day: string): string => day.slice(5);

function Saves({ days }: { days: ActivityDay[] }) {
  const { t } = useTranslation('status');
  const count = sum(days, 'saves');
  const groups: BarGroup[] = days.map((day) => ({ label: shortDay(day.day), title: `${day.day}: ${formatNumber(day.saves)}`, bars: [{ value: day.saves, colour: COLOURS.saves }] }));
  const words = { count, days: DAYS, last: days[days.length - 1]?.saves ?? 0 };
  return (
    <Card title={t('chart.saves')} meta={t('chart.savesMeta', { ...words, count: formatNumber(count) })} className={classes.chartCard}>
      {count === 0 ? <p className={classes.quiet}>{t('chart.noSaves', words)}</p> : <BarChart groups={groups} height={HEIGHT_PX} ariaLabel={t('chart.savesAria', words)} />}
      <p className={classes.foot}>{t('chart.savesFoot')}</p>
    </Card>
  );
}

function Work({ days }: { days: ActivityDay[] }) {
  const { t } = useTranslation('status');
  const [submitted, decided, reviewed] = WORK.map((key) => sum(days, key));
  const groups: BarGroup[] = days.map((day) => ({
    label: shortDay(day.day),
    title: `${day.day}: ${day.submitted} ${t('chart.submitted')}, ${day.suggestions_decided} ${t('chart.decided')}, ${day.reviewed} ${t('chart.reviewed')}`,
    bars: [
      { value: day.submitted, colour: COLOURS.submitted },
      { value: day.suggestions_decided, colour: COLOURS.decided },
      { value: day.reviewed, colour: COLOURS.reviewed },
    ],
  }));
  const words = { submitted, decided, reviewed, days: DAYS };
  return (
    <Card title={t('chart.work')} className={classes.chartCard}>
      <div className={classes.legend}>
        {(['submitted', 'decided', 'reviewed'] as const).map((key) => (
          <LegendSquare key={key} colour={COLOURS[key]}>
            {`${t(`chart.${key}`)} ${formatNumber(words[key] ?? 0)}`}
          </LegendSquare>
        ))}
      </div>
      {!submitted && !decided && !reviewed ? <p className={classes.quiet}>{t('chart.noWork', words)}</p> : <BarChart groups={groups} height={HEIGHT_PX - 24} ariaLabel={t('chart.workAria', words)} />}
      <p className={classes.foot}>{t('chart.workFoot')}</p>
    </Card>
  );
}

function Waits({ waits }: { waits: Status['waits'] }) {
  const { t } = useTranslation('status');
  const seconds = waits.map((one) => one.seconds);
  const { key, divisor } = axisUnit(seconds);
  const said = (number: number) => `${formatNumber(number / divisor, 1)} ${t(`chart.${key}`)}`;
  const words = { count: waits.length, last: said(seconds[seconds.length - 1] ?? 0), median: said(middle(seconds)), longest: said(Math.max(0, ...seconds)) };
  const groups: BarGroup[] = waits.map((one) => ({
    label: '',
    title: t('chart.waitsBar', { name: kindText(t, one.kind), time: said(one.seconds) }),
    bars: [{ value: one.seconds / divisor, colour: QUEUE_COLOURS[one.queue] ?? 'var(--mr-edited)' }],
  }));
  const queues = [...new Set(waits.map((one) => one.queue))];
  return (
    <Card title={t('chart.waits')} meta={waits.length > 0 ? t('chart.waitsMeta', words) : undefined} className={classes.chartCard}>
      <div className={classes.legend}>
        {queues.map((queue) => (
          <LegendSquare key={queue} colour={QUEUE_COLOURS[queue] ?? 'var(--mr-edited)'}>
            {t(`chart.wait.${queue}`, { defaultValue: queue })}
          </LegendSquare>
        ))}
      </div>
      {waits.length === 0 ? <p className={classes.quiet}>{t('chart.noWaits')}</p> : <BarChart groups={groups} height={HEIGHT_PX - 24} unit={t(`chart.${key}`)} ariaLabel={t('chart.waitsAria', words)} />}
      {waits.length === 0 ? null : <p className={classes.foot}>{t('chart.waitsFoot', words)}</p>}
    </Card>
  );
}

export function ActivityCards({ project, status }: { project: Project; status: Status }) {
  const activity = useActivity(project.id, DAYS);
  const days = activity.data?.days;
  return (
    <div className={classes.charts}>
      {days ? <Saves days={days} /> : <Skeleton height={240} />}
      {days ? <Work days={days} /> : <Skeleton height={240} />}
      <Waits waits={status.waits} />
    </div>
  );
}
