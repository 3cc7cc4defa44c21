import { IconFile, IconFolder, IconFolderDown } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Import, ImportItem } from '@/api/types';
import { OutcomeChip } from '@/ui/Chip';
import { EmptyState, RequestError, RuleName, SkeletonRows } from '@/ui/States';
import { formatBytes, formatNumber } from '@/ui/format';
import { isOpen } from './outcomes';
import classes from './data.module.css';

const COLUMNS = ['outcome', 'name', 'content', 'rule', 'patient', 'action'] as const;

export interface OutcomeTableProps {
  query: UseQueryResult<Import>;
  hasImports: boolean;
  pending: boolean;
  listError: unknown;
  onRetry: () => void;
  items: ImportItem[];
  selected: ImportItem | null;
  onSelect: (item: ImportItem) => void;
  onOpen: (item: ImportItem) => void;
}

function content(item: ImportItem, files: string): string {
  const parts = [item.files > 1 ? files : '', item.modality, item.bytes > 0 ? formatBytes(item.bytes) : ''];
  return parts.filter(Boolean).join(', ');
}

function Row({ item, selected, onSelect, onOpen }: { item: ImportItem; selected: boolean; onSelect: (item: ImportItem) => void; onOpen: (item: ImportItem) => void }) {
  const { t } = useTranslation('data');
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected) element.current?.scrollIntoView?.({ block: 'nearest' });
  }, [selected]);
  const Icon = item.files > 1 ? IconFolder : IconFile;
  return (
    <div
      ref={element}
      role="row"
      tabIndex={0}
      aria-selected={selected}
      className={`${classes.row} ${selected ? classes.rowOn : ''}`}
      onClick={() => onSelect(item)}
      onFocus={() => onSelect(item)}
      onDoubleClick={() => onOpen(item)}
    >
      <span role="gridcell">
        <OutcomeChip outcome={item.outcome} />
      </span>
      <span role="gridcell" className={classes.name} title={item.name}>
        <Icon size={16} stroke={1.4} aria-hidden />
        {/* The end of a path says most: a long one is cut at its beginning. */}
        <span>
          <bdi>{item.name}</bdi>
        </span>
      </span>
      <span role="gridcell" className={classes.soft}>
        {content(item, t('files', { count: item.files }))}
      </span>
      <span role="gridcell" className={classes.reason}>
        {item.rule ? <RuleName name={item.rule} /> : null}
        <span>{item.reason}</span>
      </span>
      <span role="gridcell" className={classes.soft}>
        {item.patient || '–'}
      </span>
      <span role="gridcell" className={classes.action}>
        {item.case_id !== null ? (
          <button type="button" className={classes.textButton} onClick={() => onOpen(item)} tabIndex={-1}>
            {t('showCase')}
          </button>
        ) : null}
      </span>
    </div>
  );
}

function Body({ query, hasImports, pending, listError, onRetry, items, selected, onSelect, onOpen }: OutcomeTableProps) {
  const { t } = useTranslation('data');
  if (listError && !hasImports) return <RequestError error={listError} onRetry={onRetry} />;
  if (pending || (hasImports && query.isPending)) return <SkeletonRows rows={8} height={44} columns={[1, 2, 1, 4, 1, 1]} />;
  if (!hasImports) return <EmptyState icon={<IconFolderDown size={24} stroke={1.6} aria-hidden />} title={t('empty.title')} text={t('empty.text')} />;
  if (query.error) return <RequestError error={query.error} onRetry={() => void query.refetch()} />;
  if (items.length === 0) {
    const waiting = query.data !== undefined && isOpen(query.data);
    return <EmptyState icon={<IconFolderDown size={24} stroke={1.6} aria-hidden />} title={waiting ? t('empty.waiting') : t('empty.none')} text={waiting ? t('empty.waitingText') : undefined} />;
  }
  return items.map((item) => <Row key={item.id} item={item} selected={item === selected} onSelect={onSelect} onOpen={onOpen} />);
}

export function OutcomeTable(props: OutcomeTableProps) {
  const { t } = useTranslation('data');
  return (
    <div className={classes.table} role="grid" aria-label={t('tableLabel')} aria-rowcount={props.items.length}>
      <div role="row" className={classes.tableHead}>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader" className={column === 'action' ? classes.action : undefined}>
            {t(`column.${column}`)}
          </span>
        ))}
      </div>
      <Body {...props} />
      {props.items.length > 0 ? <p className={classes.note}>{t('safeNote', { count: props.items.length, shown: formatNumber(props.items.length) })}</p> : null}
    </div>
  );
}
