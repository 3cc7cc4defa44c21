/** The 48 px bar of the review: the way back, whose reading this is, what the large view shows. */
import { SegmentedControl } from '@mantine/core';
import { IconChevronLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Reading } from '@/api/readingTypes';
import { Key } from '@/ui/Key';
import { formatClock, formatDate } from '@/ui/format';
import classes from '@/features/review/review.module.css';

export const MODES = ['difference', 'side_by_side', 'blink'] as const;
export type ViewMode = (typeof MODES)[number];

export interface CaseBarProps {
  homeUrl: string;
  reading: Reading | undefined;
  mode: ViewMode;
  onMode: (mode: ViewMode) => void;
  right: ReactNode;
  /** A reading without suggestions has one view and nothing to compare. */
  hasSuggestions?: boolean;
}

function Who({ reading }: { reading: Reading }) {
  const { t } = useTranslation('review');
  const meta = t('case.reader_meta', { duration: formatClock(reading.elapsed_seconds), round: reading.round });
  return (
    <>
      <h1 className={classes.pseudonym}>{reading.case.pseudonym}</h1>
      <span className={classes.caseText}>{[reading.case.description, formatDate(reading.case.study_date)].filter(Boolean).join(', ')}</span>
      <span className={classes.caseText}>
        {t('case.read_by')} <b>{reading.reader.display_name}</b>, {meta}
      </span>
    </>
  );
}

export function CaseBar({ homeUrl, reading, mode, onMode, right, hasSuggestions = false }: CaseBarProps) {
  const { t } = useTranslation('review');
  return (
    <header className={classes.caseBar}>
      <Link to={homeUrl} className={classes.back ?? ''}>
        <IconChevronLeft size={16} stroke={1.6} aria-hidden />
        {t('back')}
      </Link>
      {reading === undefined ? null : <Who reading={reading} />}
      <span className={classes.spacer} />
      {hasSuggestions ? (
        <>
          <SegmentedControl size="xs" value={mode} onChange={(value) => onMode(value as ViewMode)} aria-label={t('mode.label')}  className={classes.modes ?? ''}
            data={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))} />
          <Key k="G" />
          <span className={classes.barLine} />
        </>
      ) : null}
      {right}
    </header>
  );
}
