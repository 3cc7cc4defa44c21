/** The run: live loss and validation metric, what it learned from, how long it still takes, and Stop. */
import { IconAlertTriangle, IconHourglass, IconPlayerStop, IconSquareRounded } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Bar, LegendLine, LineChart } from '@/ui/Charts';
import { Chip, DotText, type Tone } from '@/ui/Chip';
import { ConfirmDialog } from '@/ui/Dialogs';
import { EmptyState } from '@/ui/States';
import { formatDateTime } from '@/ui/format';
import { toast } from '@/ui/Toast';
import { isOpenRun, useCancelRun, useRun } from '@/features/learning/hooks';
import classes from '@/features/learning/learning.module.css';
import { lastEpoch, lossChart, metricDomain, metricSeries, networkName, planText } from '@/features/learning/runCharts';
import { durationText, metricName, starterName } from '@/features/learning/text';
import type { Learning, Model, NextTraining, Run, RunDetail, RunState } from '@/features/learning/types';
import { versionText } from '@/features/learning/verdict';

const CHART_WIDTH_PX = 240;
const CHART_HEIGHT_PX = 188;

const RUN_TONES: Readonly<Record<RunState, Tone>> = { queued: 'neutral', running: 'action', succeeded: 'accepted', failed: 'rejected', canceled: 'neutral' };

function RunHead({ run, network, onStop }: { run: Run; network: string; onStop: () => void }) {
  const { t } = useTranslation('learning');
  const starter = run.trigger === 'policy' ? t('training.started_policy', { network }) : t('training.started_by', { network, who: starterName(run) });
  return (
    <header className={classes.trainHead}>
      <h2 className={classes.cardTitle}>{t('training.title', { number: run.number })}</h2>
      <span className={classes.cardMeta}>{starter}</span>
      <span className={classes.spacer} />
      <Chip tone={RUN_TONES[run.state]}>
        {run.state === 'running' ? <DotText tone="action">{t('run_state.running')}</DotText> : t(`run_state.${run.state}`)}
      </Chip>
      {isOpenRun(run) ? (
        <Button size="small" icon={<IconPlayerStop size={14} stroke={1.6} aria-hidden />} onClick={onStop}>
          {t('button.stop')}
        </Button>
      ) : null}
    </header>
  );
}

function Charts({ run, reference }: { run: RunDetail; reference: Model | null }) {
  const { t } = useTranslation('learning');
  const last = run.metrics.at(-1);
  const marker = last === undefined || !isOpenRun(run) ? {} : { marker: last.epoch };
  const shared = { width: CHART_WIDTH_PX, height: CHART_HEIGHT_PX, xDomain: [0, lastEpoch(run)] as [number, number], ...marker };
  const loss = lossChart(run.metrics);
  const legend = (name: string, value: number | undefined): string => (value === undefined ? name : `${name} ${value.toFixed(2)}`);
  const level = reference?.metric ?? null;
  const name = reference === null ? t('training.metric_plain') : t('training.metric', { metric: metricName(t, reference.metric_name) });
  return (
    <div className={classes.charts}>
      <div>
        <div className={classes.chartHead}>
          <h3>{t('training.loss')}</h3>
          <span className={classes.spacer} />
          <LegendLine colour="var(--mr-action)">{legend(t('training.train'), loss.legendValues?.train)}</LegendLine>
          <LegendLine colour="var(--mr-text-2)" dashed>{legend(t('training.validation'), loss.legendValues?.validation)}</LegendLine>
        </div>
        <LineChart {...shared} series={loss.series} yDomain={loss.domain} ariaLabel={t('training.loss')} xLabel={t('training.epoch')} />
      </div>
      <div>
        <div className={classes.chartHead}>
          <h3>{name}</h3>
          <span className={classes.spacer} />
          {reference === null || level === null ? null : (
            <LegendLine colour="var(--mr-text-3)" dashed>{`${versionText(reference.version)} ${level.toFixed(3)}`}</LegendLine>
          )}
        </div>
        <LineChart {...shared} series={metricSeries(run.metrics)} ariaLabel={name} yDomain={metricDomain(run.metrics, level)}
          {...(level === null ? {} : { reference: { y: level, label: '' } })} />
      </div>
    </div>
  );
}

function Waiting({ run }: { run: Run }) {
  const { t } = useTranslation('learning');
  const ahead = run.job?.ahead ?? 0;
  const title = run.state === 'queued' ? (ahead > 0 ? t('training.ahead', { count: ahead }) : t('training.ahead_none')) : t(`phase.${run.progress?.phase ?? 'preparing'}`);
  const text = run.state === 'queued' ? t('training.queued_text') : t('training.waiting_numbers');
  return (
    <div className={classes.waiting}>
      <EmptyState icon={<IconHourglass size={24} stroke={1.6} aria-hidden />} title={title} text={text} meta={run.phase_text} />
      {run.progress === null ? null : <Bar value={run.progress.fraction} ariaLabel={title} />}
    </div>
  );
}

function Ended({ run }: { run: Run }) {
  const { t } = useTranslation('learning');
  return (
    <div className={`${classes.ended} ${run.state === 'failed' ? classes.endedFailed : ''}`} role="status">
      {run.state === 'failed' ? <IconAlertTriangle size={16} stroke={1.6} aria-hidden /> : <IconSquareRounded size={16} stroke={1.6} aria-hidden />}
      <div>
        <strong>{t(`training.${run.state}_title`, { number: run.number })}</strong>
        {run.error === '' ? null : <p className={classes.errorText}>{run.error}</p>}
        <p>{t(`training.${run.state}_text`)}</p>
      </div>
    </div>
  );
}

function RunBody({ run, reference }: { run: RunDetail; reference: Model | null }) {
  const { t } = useTranslation('learning');
  const hasEnded = run.state === 'failed' || run.state === 'canceled';
  if (run.metrics.length > 0) {
    return (
      <>
        {hasEnded ? <Ended run={run} /> : null}
        <Charts run={run} reference={reference} />
      </>
    );
  }
  if (hasEnded) return <Ended run={run} />;
  if (isOpenRun(run)) return <Waiting run={run} />;
  return <p className={classes.gateNote}>{t('training.no_metrics')}</p>;
}

function RunFoot({ run, detail }: { run: Run; detail: RunDetail | undefined }) {
  const { t } = useTranslation('learning');
  const isOpen = isOpenRun(run);
  const attempt = run.job !== null && run.job.attempt > 1 ? `, ${t('training.attempt', { count: run.job.attempt, of: run.job.max_attempts })}` : '';
  const facts = [
    [t('training.cases'), t('training.cases_value', { used: run.cases_used, excluded: run.cases_excluded })],
    isOpen
      ? [t('training.left'), durationText(t, run.progress?.seconds_left)]
      : [t('training.finished'), formatDateTime(run.finished_at)],
    [t('training.phase'), (run.phase_text || t(`phase.${run.progress?.phase ?? 'queued'}`)) + attempt],
    [t('training.plan'), planText(detail) ?? t('training.plan_unknown')],
  ];
  return (
    <footer className={classes.trainFoot}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <div className={classes.factName}>{name}</div>
          <div className={classes.factValue} title={value}>{value}</div>
        </div>
      ))}
    </footer>
  );
}

function RunView({ projectId, run, reference, networks }: { projectId: number; run: Run; reference: Model | null; networks: NextTraining['networks'] }) {
  const { t } = useTranslation('learning');
  const detail = useRun(run.id).data;
  const cancel = useCancelRun(projectId);
  const [isAsking, setIsAsking] = useState(false);
  const shown: RunDetail = detail ?? { ...run, metrics: [], plan: null };
  const stop = (): void =>
    cancel.mutate(run.id, {
      onError: (error) => toast(error.message, { kind: 'error' }),
      onSettled: () => setIsAsking(false),
    });
  return (
    <>
      <RunHead run={shown} network={networkName(shown, networks)} onStop={() => setIsAsking(true)} />
      <div className={classes.trainBody}>
        <RunBody run={shown} reference={reference} />
      </div>
      <RunFoot run={shown} detail={detail} />
      <ConfirmDialog opened={isAsking} onClose={() => setIsAsking(false)} onConfirm={stop} busy={cancel.isPending} danger
        title={t('training.stop_title', { number: run.number })} text={t('training.stop_text')} confirmLabel={t('training.stop_confirm')} />
    </>
  );
}

export function TrainingCard({ projectId, learning }: { projectId: number; learning: Learning }) {
  const { t } = useTranslation('learning');
  const run = learning.running ?? learning.runs[0] ?? null;
  const every = learning.policy.retrain_every;
  if (run === null) {
    return (
      <Card className={classes.trainCard}>
        <div className={classes.fill}>
          <EmptyState icon={<IconHourglass size={24} stroke={1.6} aria-hidden />} title={t('training.none_title')}
            text={every > 0 ? t('training.none_text', { count: every }) : t('training.none_text_manual')} />
        </div>
      </Card>
    );
  }
  return (
    <Card className={classes.trainCard}>
      <RunView key={run.id} projectId={projectId} run={run} reference={learning.active} networks={learning.next_training.networks} />
    </Card>
  );
}
