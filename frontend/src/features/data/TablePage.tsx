/** The frame of a page that is one table: head line with tabs and controls, column heads, and what stands there while there are no rows. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { RequestError, SkeletonRows } from '@/ui/States';
import classes from './data.module.css';

/** What the frame needs of a react-query result, of one page or of many. */
export interface TableQuery {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage?: boolean;
  isFetchingNextPage?: boolean;
  fetchNextPage?: () => unknown;
}

export interface Column {
  key: string;
  label: ReactNode;
}

export interface TablePageProps {
  title: string;
  meta?: string | undefined;
  tabs: ReactNode;
  /** At the right of the tabs: filters, search, buttons. */
  controls?: ReactNode;
  columns: readonly Column[];
  /** The class that lays out the column heads; rows have their own with the same columns. */
  headClass: string | undefined;
  query: TableQuery;
  skeleton: { rows: number; columns: number[] };
  isEmpty: boolean;
  empty: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
}

export function TablePage({ title, meta = '', tabs, controls, columns, headClass, query, skeleton, isEmpty, empty, children, foot }: TablePageProps) {
  const { t } = useTranslation('common');
  return (
    <div className={classes.cases}>
      <header className={classes.head}>
        <h1>{title}</h1>
        <span className={classes.headMeta}>{meta}</span>
        <span className={classes.headRight}>
          {tabs}
          {controls}
        </span>
      </header>
      <div className={classes.table} role="grid" aria-label={title}>
        <div role="row" className={`${classes.columns} ${headClass ?? ''}`}>
          {columns.map((column) => (
            <span key={column.key} role="columnheader">
              {column.label}
            </span>
          ))}
        </div>
        {query.isPending ? <SkeletonRows {...skeleton} /> : null}
        {query.error ? <RequestError error={query.error} onRetry={() => void query.refetch()} /> : null}
        {children}
        {isEmpty ? empty : null}
        {query.hasNextPage ? (
          <div className={classes.more}>
            <Button onClick={() => void query.fetchNextPage?.()} disabled={query.isFetchingNextPage}>
              {t('action.showMore')}
            </Button>
          </div>
        ) : null}
      </div>
      {foot}
    </div>
  );
}
