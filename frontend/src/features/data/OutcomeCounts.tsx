import { IconAlertTriangle, IconCheck, IconLink, IconRefresh, IconShield, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImportOutcome } from '@/api/types';
import { formatNumber } from '@/ui/format';
import { OUTCOME_ORDER } from './outcomes';
import classes from './data.module.css';

const ICON = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;
const ICONS: Record<ImportOutcome, ReactNode> = {
  accepted: <IconCheck {...ICON} color="var(--mr-accepted)" />,
  warning: <IconAlertTriangle {...ICON} color="var(--mr-uncertain)" />,
  duplicate: <IconLink {...ICON} color="var(--mr-text-2)" />,
  quarantined: <IconShield {...ICON} color="var(--mr-rejected)" />,
  refused: <IconX {...ICON} color="var(--mr-rejected)" />,
  reading: <IconRefresh {...ICON} color="var(--mr-action)" />,
};

/** Counts per outcome in files; a click shows only that outcome. */
export function OutcomeCounts({ counts, only, onOnly }: { counts: Record<ImportOutcome, number>; only: ImportOutcome | null; onOnly: (only: ImportOutcome | null) => void }) {
  const { t } = useTranslation('data');
  return (
    <div className={classes.counts} role="group" aria-label={t('countsLabel')}>
      {OUTCOME_ORDER.map((outcome) => (
        <button key={outcome} type="button" className={`${classes.count} ${only === outcome ? classes.countOn : ''}`} aria-pressed={only === outcome} onClick={() => onOnly(only === outcome ? null : outcome)}>
          {ICONS[outcome]}
          <span>
            <strong>{formatNumber(counts[outcome])}</strong>
            <small>{t(`count.${outcome}`)}</small>
          </span>
        </button>
      ))}
    </div>
  );
}
