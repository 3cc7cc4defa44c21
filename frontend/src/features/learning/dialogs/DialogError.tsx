/** A refused request inside a dialog, in the server's words. */
import { IconAlertTriangle } from '@tabler/icons-react';
import classes from '@/features/learning/learning.module.css';

export function DialogError({ error, title }: { error: unknown; title: string }) {
  if (error === null || error === undefined) return null;
  const message = error instanceof Error ? error.message : '';
  return (
    <div className={classes.dialogError} role="alert">
      <IconAlertTriangle size={16} stroke={1.6} aria-hidden />
      <div>
        <strong>{title}</strong>
        {message === '' ? null : <p>{message}</p>}
      </div>
    </div>
  );
}
