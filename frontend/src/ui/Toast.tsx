/** One toast at a time, bottom centre: done messages go after five seconds, errors stay until closed. */
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button } from './Button';

const ID = 'medreview-toast';
const STAY_MS = 5000;

export interface ToastOptions {
  kind?: 'done' | 'info' | 'error';
  /** For example Undo. */
  action?: { label: string; hotkey?: string; onClick: () => void };
}

const ICONS = {
  done: <IconCheck size={16} stroke={1.8} color="var(--mr-accepted)" aria-hidden />,
  info: <IconInfoCircle size={16} stroke={1.8} color="var(--mr-action)" aria-hidden />,
  error: <IconAlertTriangle size={16} stroke={1.8} color="var(--mr-rejected)" aria-hidden />,
} as const;

function body(message: ReactNode, action: ToastOptions['action']): ReactNode {
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 12 }}>
      <span style={{ flex: 1 }}>{message}</span>
      {action ? (
        <Button
          size="small"
          {...(action.hotkey ? { hotkey: action.hotkey } : {})}
          onClick={() => {
            notifications.hide(ID);
            action.onClick();
          }}
        >
          {action.label}
        </Button>
      ) : null}
    </span>
  );
}

let shownKind: ToastOptions['kind'] = 'done';

export function toast(message: ReactNode, { kind = 'done', action }: ToastOptions = {}): void {
  shownKind = kind;
  notifications.hide(ID);
  notifications.show({
    id: ID,
    message: body(message, action),
    icon: ICONS[kind],
    color: 'transparent',
    autoClose: kind === 'error' ? false : STAY_MS,
    withBorder: false,
    role: kind === 'error' ? 'alert' : 'status',
  });
}

/** An error belongs to the page it happened on: called when the page changes. */
export function hideErrorToast(): void {
  if (shownKind === 'error') notifications.hide(ID);
}

export function hideToast(): void {
  notifications.hide(ID);
}
