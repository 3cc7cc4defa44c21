import { Fragment } from 'react';
import classes from './ui.module.css';

/** One key cap, or several: `<Key k="Ctrl+Enter" />`. Inside a primary button pass `onAction`. */
export function Key({ k, onAction = false }: { k: string; onAction?: boolean }) {
  const parts = k === '+' ? ['+'] : k.split('+');
  const cap = onAction ? `${classes.key} ${classes.onAction}` : classes.key;
  return (
    <span className={classes.keys} aria-hidden="true">
      {parts.map((part, index) => (
        <Fragment key={index}>
          <kbd className={cap}>{part}</kbd>
        </Fragment>
      ))}
    </span>
  );
}
