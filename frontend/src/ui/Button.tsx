import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Key } from './Key';
import classes from './ui.module.css';

export type ButtonKind = 'default' | 'primary' | 'quiet' | 'danger' | 'icon';
export type ButtonSize = 'small' | 'normal' | 'decision';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: ButtonKind;
  size?: ButtonSize;
  /** Shown as a key cap at the right, announced as the button's shortcut. */
  hotkey?: string;
  icon?: ReactNode;
  full?: boolean;
}

export function buttonClass(kind: ButtonKind = 'default', size: ButtonSize = 'normal', full = false): string {
  const names = [classes.button];
  if (size !== 'normal') names.push(classes[size]);
  if (kind !== 'default') names.push(classes[kind]);
  if (full) names.push(classes.full);
  return names.filter(Boolean).join(' ');
}

/** The house button. Blue (`primary`) marks the one next action of a page. */
export function Button({ kind = 'default', size = 'normal', hotkey, icon, full = false, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-keyshortcuts={hotkey?.replace('Ctrl', 'Control')}
      className={`${buttonClass(kind, size, full)} ${className ?? ''}`}
    >
      {icon}
      {children}
      {hotkey ? <Key k={hotkey} onAction={kind === 'primary'} /> : null}
    </button>
  );
}
