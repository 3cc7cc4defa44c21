/** A refused request inside a dialog: what the server said, and its reasons when it names several. */
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from '@/api/client';
import classes from '@/features/learning/learning.module.css';

/** A 409 of a retrain carries its blockers beside or inside `error`. */
export function blockersOf(error: unknown): string[] {
  if (!(error instanceof ApiError)) return [];
  const body = error.body as { blockers?: unknown } | null;
  const found = body?.blockers ?? error.fields.blockers;
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : [];
}

export function DialogError({ error, title }: { error: unknown; title: string }) {
  if (error === null || error === undefined) return null;
  const message = error instanceof Error ? error.message : '';
  return (
    <div className={classes.dialogError} role="alert">
      <IconAlertTriangle size={16} stroke={1.6} aria-hidden />
      <div>
        <strong>{title}</strong>
        {message === '' ? null : <p>{message}</p>}
        {blockersOf(error).map((blocker) => <p key={blocker}>{blocker}</p>)}
      </div>
    </div>
  );
}
