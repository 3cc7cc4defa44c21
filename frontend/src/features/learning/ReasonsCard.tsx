/** Why cases stand in the queue, and how often readers changed what was suggested on them. */
import {
  IconArrowBackUp, IconChartLine, IconCircles, IconDice5, IconInbox, IconInfoCircle, IconRefresh, IconScan,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from '@/ui/Card';
import { EmptyState } from '@/ui/States';
import { percent } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import type { QueueReason } from '@/features/learning/types';

const ICON = { size: 15, stroke: 1.6, 'aria-hidden': true } as const;

const LOOKS: Readonly<Record<string, { icon: ReactNode; colour: string }>> = {
  model_unsure: { icon: <IconChartLine {...ICON} />, colour: 'var(--mr-uncertain)' },
  random_share: { icon: <IconDice5 {...ICON} />, colour: 'var(--mr-text-3)' },
  new: { icon: <IconScan {...ICON} />, colour: 'var(--mr-action)' },
  new_scanner: { icon: <IconScan {...ICON} />, colour: 'var(--mr-action)' },
  first_batch: { icon: <IconInfoCircle {...ICON} />, colour: 'var(--mr-action)' },
  readers_disagreed: { icon: <IconCircles {...ICON} />, colour: 'var(--mr-edited)' },
  returned: { icon: <IconArrowBackUp {...ICON} />, colour: 'var(--mr-rejected)' },
  second_look: { icon: <IconRefresh {...ICON} />, colour: 'var(--mr-text-2)' },
};
const OTHER = { icon: <IconInfoCircle {...ICON} />, colour: 'var(--mr-text-3)' };

function ReasonRow({ reason, most }: { reason: QueueReason; most: number }) {
  const { t } = useTranslation('learning');
  const look = LOOKS[reason.code] ?? OTHER;
  return (
    <tr>
      <th scope="row">
        <span style={{ color: look.colour }} className={classes.reasonIcon}>{look.icon}</span>
        {t(`reasons.code.${reason.code}`, { defaultValue: reason.code })}
      </th>
      <td className={classes.reasonBarCell}>
        <div className={classes.reasonBar} aria-hidden="true">
          <div style={{ width: `${(reason.share / most) * 100}%`, background: look.colour }} />
        </div>
      </td>
      <td className={classes.reasonShare}>{percent(reason.share)}</td>
      <td className={classes.reasonEdited}>{percent(reason.edited_share)}</td>
    </tr>
  );
}

export function ReasonsCard({ reasons }: { reasons: readonly QueueReason[] }) {
  const { t } = useTranslation('learning');
  const most = Math.max(0.01, ...reasons.map((reason) => reason.share));
  return (
    <Card className={classes.lowerCard}>
      <header className={classes.lowerHead}>
        <h2 className={classes.cardTitle}>{t('reasons.title')}</h2>
      </header>
      {reasons.length === 0 ? (
        <div className={classes.fill}>
          <EmptyState icon={<IconInbox size={24} stroke={1.6} aria-hidden />} title={t('reasons.empty_title')} text={t('reasons.empty_text')} />
        </div>
      ) : (
        <table className={classes.reasons}>
          <thead>
            <tr>
              <td />
              <td />
              <th scope="col">{t('reasons.share')}</th>
              <th scope="col">{t('reasons.edited')}</th>
            </tr>
          </thead>
          <tbody>{reasons.map((reason) => <ReasonRow key={reason.code} reason={reason} most={most} />)}</tbody>
        </table>
      )}
      <p className={classes.reasonsFoot}>{t('reasons.foot')}</p>
    </Card>
  );
}
