import { IconChevronDown, IconInbox } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Project, WorklistProgress, WorklistRow } from '@/api/types';
import { Button, buttonClass } from '@/ui/Button';
import { Bar } from '@/ui/Charts';
import { DotText, ReasonChip } from '@/ui/Chip';
import { EmptyState } from '@/ui/States';
import { formatDate, formatMoment, formatPercent } from '@/ui/format';
import { isFiltered, NO_FILTERS, rowKey, type Filters, type Group, type View } from './filters';
import { isPlainStatus, STATUS_TONE, versionWord } from './words';
import classes from './worklist.module.css';

export interface QueueTableProps {
  groups: Group[];
  closed: ReadonlySet<string>;
  onToggle: (key: string) => void;
  selected: WorklistRow | null;
  onSelect: (row: WorklistRow) => void;
  onOpen: (row: WorklistRow) => void;
  view: View;
  filters: Filters;
  onFilters: (filters: Filters) => void;
  onView: (view: View) => void;
  progress: WorklistProgress;
  project: Project;
}

const COLUMNS = ['why', 'case', 'modality', 'date', 'suggestions', 'ai', 'status', 'updated'] as const;

function SuggestionsCell({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklist');
  if (!row.suggestions) return <span className={classes.faint}>{'–'}</span>;
  return (
    <>
      <span>{row.suggestions.count}</span>
      {row.suggestions.unsure > 0 ? <span className={classes.unsure}>{t('unsure', { count: row.suggestions.unsure })}</span> : null}
    </>
  );
}

function AiCell({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklist');
  const { state, model_version, progress } = row.ai;
  if (state === 'none') return <span className={classes.faint}>{t('ai.none')}</span>;
  if (state === 'queued') {
    return (
      <DotText tone="neutral" hollow>
        {t('ai.queued')}
      </DotText>
    );
  }
  if (state === 'running') {
    return (
      <span className={classes.aiRunning}>
        <Bar value={progress ?? 0} colour="var(--mr-suggestion)" ariaLabel={t('ai.running')} />
        {formatPercent(progress ?? 0)}
      </span>
    );
  }
  return (
    <DotText tone="suggestion" plain>
      {t('ai.ready', { version: versionWord(model_version) })}
    </DotText>
  );
}

function Row({ row, selected, onSelect, onOpen }: { row: WorklistRow; selected: boolean; onSelect: (row: WorklistRow) => void; onOpen: (row: WorklistRow) => void }) {
  const { t } = useTranslation('worklist');
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!selected) return;
    element.current?.scrollIntoView?.({ block: 'nearest' });
    // Roving focus: the row takes it when the focus is in the list already, and leaves a text field alone.
    if (document.activeElement?.getAttribute('role') === 'row') element.current?.focus({ preventScroll: true });
  }, [selected]);
  return (
    <div
      ref={element}
      role="row"
      tabIndex={selected ? 0 : -1}
      aria-selected={selected}
      data-case={row.case_id}
      className={`${classes.row} ${selected ? classes.rowOn : ''}`}
      onClick={() => onSelect(row)}
      onDoubleClick={() => onOpen(row)}
      onFocus={() => onSelect(row)}
    >
      <span role="gridcell">
        <ReasonChip code={row.reason.code} text={row.reason.text} />
      </span>
      <span role="gridcell" className={classes.caseCell}>
        <strong>{row.pseudonym}</strong>
        <span title={row.description}>{row.description}</span>
      </span>
      <span role="gridcell" className={classes.soft}>
        {row.modality}
      </span>
      <span role="gridcell" className={classes.soft}>
        {formatDate(row.study_date)}
      </span>
      <span role="gridcell" className={classes.suggestions}>
        <SuggestionsCell row={row} />
      </span>
      <span role="gridcell">
        <AiCell row={row} />
      </span>
      <span role="gridcell">
        <DotText tone={STATUS_TONE[row.status]} plain={isPlainStatus(row.status)}>
          {t(`status.${row.status}`)}
        </DotText>
      </span>
      <span role="gridcell" className={classes.updated}>
        {row.status === 'new' ? '–' : formatMoment(row.updated_at)}
      </span>
    </div>
  );
}

function Nothing({ view, filters, onFilters, onView, progress, project }: Pick<QueueTableProps, 'view' | 'filters' | 'onFilters' | 'onView' | 'progress' | 'project'>) {
  const { t } = useTranslation('worklist');
  const icon = <IconInbox size={24} stroke={1.6} aria-hidden />;
  if (isFiltered(filters)) {
    return <EmptyState icon={icon} title={t('empty.filtered')} text={t('empty.filteredText')} actions={<Button onClick={() => onFilters(NO_FILTERS)}>{t('clearFilters')}</Button>} />;
  }
  if (view !== 'queue') {
    return <EmptyState icon={icon} title={t(`empty.${view}`)} actions={<Button onClick={() => onView('queue')}>{t('view.queue')}</Button>} />;
  }
  const isManager = project.roles.includes('manager');
  return (
    <EmptyState
      icon={icon}
      title={t('empty.queue')}
      text={isManager ? t('empty.queueManager') : t('empty.queueText')}
      meta={t('empty.meta', { approved: progress.approved, inReview: progress.in_review, returned: progress.returned })}
      actions={
        <>
          {isManager ? (
            <Link className={buttonClass('primary')} to={`/p/${project.slug}/data`}>
              {t('empty.toData')}
            </Link>
          ) : null}
          <Button onClick={() => onView('submitted')}>{t('empty.seeSubmitted')}</Button>
        </>
      }
    />
  );
}

export function QueueTable(props: QueueTableProps) {
  const { groups, closed, onToggle, selected, onSelect, onOpen, view } = props;
  const { t } = useTranslation('worklist');
  if (groups.length === 0) {
    return (
      <div className={classes.table}>
        <Nothing {...props} />
      </div>
    );
  }
  return (
    <div className={classes.table} role="grid" aria-label={t(`view.${view}`)}>
      <div role="row" className={classes.head}>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader" className={column === 'updated' ? classes.updated : undefined}>
            {t(`column.${column}`)}
          </span>
        ))}
      </div>
      {groups.map((group) => (
        <div key={group.key} role="rowgroup">
          <button type="button" className={classes.group} aria-expanded={!closed.has(group.key)} onClick={() => onToggle(group.key)}>
            <IconChevronDown size={14} stroke={1.6} aria-hidden className={closed.has(group.key) ? classes.turned : undefined} />
            {t(`group.${group.key}`)}
            <span className={classes.groupCount}>{group.total}</span>
          </button>
          {closed.has(group.key)
            ? null
            : group.rows.map((row) => <Row key={rowKey(row)} row={row} selected={row === selected} onSelect={onSelect} onOpen={onOpen} />)}
        </div>
      ))}
      <p className={classes.end}>{view === 'queue' ? t('endOfQueue') : t('endOfList')}</p>
    </div>
  );
}
