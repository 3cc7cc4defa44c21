import { TextInput } from '@mantine/core';
import { IconFilter, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorklistProgress, WorklistRow } from '@/api/types';
import { Button } from '@/ui/Button';
import { Bar } from '@/ui/Charts';
import { Key } from '@/ui/Key';
import { formatClock, roughDuration } from '@/ui/format';
import { isFiltered, type Filters, type View } from './filters';
import { openVerb } from './words';
import classes from './worklist.module.css';

export interface QueueHeaderProps {
  view: View;
  count: number;
  progress: WorklistProgress;
  selected: WorklistRow | null;
  filters: Filters;
  onFilters: (filters: Filters) => void;
  searchRef: Ref<HTMLInputElement>;
  onFilterButton: () => void;
  onOpen: (row: WorklistRow) => void;
  onNext: () => void;
  busy: boolean;
}

function useAbout(): (seconds: number) => string {
  const { t } = useTranslation('common');
  return (seconds) => {
    const parts = roughDuration(seconds);
    if (parts.hours > 0) return t(parts.minutes > 0 ? 'unit.hourMinute' : 'unit.hour', parts);
    return parts.minutes > 0 ? t('unit.minute', parts) : t('unit.second', parts);
  };
}

function Figure({ value, label }: { value: string | number; label: string }) {
  return (
    <div className={classes.figure}>
      <strong>{value}</strong>
      <span>{label}</span>
    </div>
  );
}

function Today({ progress }: { progress: WorklistProgress }) {
  const { t } = useTranslation('worklist');
  const target = Math.max(1, progress.target);
  const approved = Math.min(progress.approved, progress.read_today);
  const parts = [
    { fraction: approved / target, colour: 'var(--mr-accepted)' },
    { fraction: Math.max(0, progress.read_today - approved) / target, colour: 'color-mix(in srgb, var(--mr-accepted) 50%, transparent)' },
  ];
  return (
    <div className={classes.today}>
      <div className={classes.todayBar}>
        <div className={classes.todayWords}>
          <span>{progress.target > 0 ? t('today.read', { read: progress.read_today, target: progress.target }) : t('today.nothing')}</span>
          <span>{t('today.left', { left: progress.left })}</span>
        </div>
        <Bar parts={parts} height={6} ariaLabel={t('today.read', { read: progress.read_today, target: progress.target })} />
      </div>
      <div className={classes.figures}>
        <Figure value={progress.approved} label={t('today.approved')} />
        <Figure value={progress.in_review} label={t('today.inReview')} />
        <Figure value={progress.returned} label={t('today.returned')} />
      </div>
      <div className={classes.figures}>
        <Figure value={formatClock(progress.median_seconds)} label={t('today.median')} />
      </div>
    </div>
  );
}

export function QueueHeader(props: QueueHeaderProps) {
  const { view, count, progress, selected, filters, onFilters, searchRef, onFilterButton, onOpen, onNext, busy } = props;
  const { t } = useTranslation('worklist');
  const about = useAbout();
  const cases = t('cases', { count });
  const length = view === 'queue' && progress.median_seconds && count > 0 ? `${cases}, ${about(progress.median_seconds * count)}` : cases;
  return (
    <header className={classes.header}>
      <div className={classes.titleRow}>
        <h1>{t(`view.${view}`)}</h1>
        <span className={classes.titleMeta}>{length}</span>
        <span className={classes.titleRight}>
          <TextInput
            ref={searchRef}
            className={classes.search ?? ''}
            value={filters.text}
            onChange={(event) => onFilters({ ...filters, text: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
            }}
            placeholder={t('search')}
            aria-label={t('search')}
            leftSection={<IconSearch size={14} stroke={1.6} aria-hidden />}
            rightSection={<Key k="/" />}
          />
          <Button kind="quiet" hotkey="F" icon={<IconFilter size={16} stroke={1.6} aria-hidden />} onClick={onFilterButton} aria-pressed={isFiltered(filters)}>
            {isFiltered(filters) ? t('filterOn') : t('filter')}
          </Button>
          {count > 0 ? (
            <Button
              kind="primary"
              hotkey="Enter"
              className={classes.primaryAction ?? ''}
              icon={<IconPlayerPlay size={14} stroke={1.6} aria-hidden />}
              disabled={busy}
              onClick={() => (selected ? onOpen(selected) : onNext())}
            >
              {selected ? t(`verb.${openVerb(selected)}`, { name: selected.pseudonym }) : t('verb.next')}
            </Button>
          ) : null}
        </span>
      </div>
      <Today progress={progress} />
    </header>
  );
}
