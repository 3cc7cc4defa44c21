/** What a page shows when there is nothing, when something failed, and while it waits. */
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import classes from './ui.module.css';

export interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  text?: ReactNode;
  meta?: ReactNode;
  /** Buttons; the first may be primary. */
  actions?: ReactNode;
}

export function EmptyState({ icon, title, text, meta, actions }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <div className={classes.stateIcon}>{icon}</div>
      <h2 className={classes.stateTitle}>{title}</h2>
      {text ? <p className={classes.stateText}>{text}</p> : null}
      {meta ? <p className={classes.stateMeta}>{meta}</p> : null}
      {actions ? <div className={classes.stateActions}>{actions}</div> : null}
    </div>
  );
}

export interface ErrorStateProps {
  title: string;
  /** What happened, what is safe, what to do. */
  text?: ReactNode;
  /** Rule or error code, shown in monospace. */
  code?: string | undefined;
  onRetry?: () => void;
  actions?: ReactNode;
}

export function ErrorState({ title, text, code, onRetry, actions }: ErrorStateProps) {
  const { t } = useTranslation('common');
  return (
    <div className={classes.state} role="alert">
      <div className={`${classes.stateIcon} ${classes.stateIconError}`}>
        <IconAlertTriangle size={24} stroke={1.6} aria-hidden />
      </div>
      <h2 className={classes.stateTitle}>{title}</h2>
      {text ? <p className={classes.stateText}>{text}</p> : null}
      {code ? (
        <p className={classes.stateMeta}>
          <RuleName name={code} />
        </p>
      ) : null}
      <div className={classes.stateActions}>
        {onRetry ? (
          <Button onClick={onRetry} icon={<IconRefresh size={16} stroke={1.6} aria-hidden />}>
            {t('action.tryAgain')}
          </Button>
        ) : null}
        {actions}
      </div>
    </div>
  );
}

/** The shape of an ApiError; ui/ knows no api/, so it takes what it needs. */
export interface ErrorLike {
  status?: number;
  code?: string;
  message?: string;
}

/** An ErrorState in the right words for a failed request. */
export function RequestError({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation('common');
  const like = (error ?? {}) as ErrorLike;
  const kind = like.status === 0 ? 'network' : like.status === 404 ? 'missing' : like.status === 403 ? 'forbidden' : 'server';
  return (
    <ErrorState
      title={t(`error.${kind}.title`)}
      text={(kind === 'server' || kind === 'forbidden') && like.message ? like.message : t(`error.${kind}.text`)}
      code={kind === 'server' ? like.code : undefined}
      {...(onRetry ? { onRetry } : {})}
    />
  );
}

export function RuleName({ name }: { name: string }) {
  return <code className={classes.rule}>{name}</code>;
}

/** A grey block of the final size, so that nothing moves when the content comes. */
export function Skeleton({ width = '100%', height = 12, style }: { width?: number | string; height?: number | string; style?: CSSProperties }) {
  return <span className={classes.skeleton} style={{ width, height, ...style }} aria-hidden="true" />;
}

/** Rows of a table that is still loading. */
export function SkeletonRows({ rows, height = 36, columns = [1, 1, 1, 1] }: { rows: number; height?: number; columns?: number[] }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          style={{
            height,
            display: 'grid',
            gridTemplateColumns: columns.map((part) => `${part}fr`).join(' '),
            gap: 16,
            alignItems: 'center',
            padding: '0 24px',
            borderBottom: '1px solid var(--mr-line)',
          }}
        >
          {columns.map((_part, column) => (
            <Skeleton key={column} width={`${55 + ((row * 7 + column * 13) % 35)}%`} />
          ))}
        </div>
      ))}
    </div>
  );
}

export function VisuallyHidden({ children, live = false }: { children: ReactNode; live?: boolean }) {
  return (
    <span className={classes.visuallyHidden} {...(live ? { role: 'status', 'aria-live': 'polite' as const } : {})}>
      {children}
    </span>
  );
}

/** Holds a page's place while it is not there yet. */
export function PageHold() {
  return (
    <div style={{ padding: 24 }} aria-busy="true">
      <Skeleton width={180} height={20} />
    </div>
  );
}
