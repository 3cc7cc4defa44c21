import { IconAlertTriangle, IconCheck, IconCloudOff, IconGitCompare, IconLock, IconRefresh } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatTime } from './format';
import classes from './ui.module.css';

export type SaveStatus =
  | { kind: 'saved'; at: string | number | Date | null }
  | { kind: 'saving' }
  | { kind: 'unsaved'; count: number }
  | { kind: 'offline'; count: number }
  | { kind: 'signed_out'; count: number }
  | { kind: 'changed_elsewhere' }
  | { kind: 'read_only' };

const ICON = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;

const LOOKS: Record<SaveStatus['kind'], { colour: string; icon: ReactNode }> = {
  saved: { colour: 'var(--mr-text)', icon: <IconCheck {...ICON} color="var(--mr-accepted)" /> },
  saving: { colour: 'var(--mr-text)', icon: <IconRefresh {...ICON} color="var(--mr-action)" /> },
  unsaved: { colour: 'var(--mr-uncertain)', icon: <IconAlertTriangle {...ICON} /> },
  signed_out: { colour: 'var(--mr-rejected)', icon: <IconLock {...ICON} /> },
  offline: { colour: 'var(--mr-uncertain)', icon: <IconCloudOff {...ICON} /> },
  changed_elsewhere: { colour: 'var(--mr-rejected)', icon: <IconGitCompare {...ICON} /> },
  read_only: { colour: 'var(--mr-text)', icon: <IconLock {...ICON} color="var(--mr-text-2)" /> },
};

function words(status: SaveStatus, t: TFunction<'common'>): string {
  if (status.kind === 'saved') return status.at === null ? t('save.savedNoTime') : t('save.saved', { time: formatTime(status.at) });
  if ('count' in status) return t(`save.${status.kind}`, { count: status.count });
  return t(`save.${status.kind}`);
}

/** The fixed slot at the top right: whether the work has reached the server. `onResolve` opens the comparison when it changed elsewhere. */
export function SaveState({ status, onResolve }: { status: SaveStatus; onResolve?: () => void }) {
  const { t } = useTranslation('common');
  const look = LOOKS[status.kind];
  const text = words(status, t);
  return (
    <span className={classes.save} style={{ color: look.colour }} role="status" aria-live="polite" data-save-state={status.kind}>
      {look.icon}
      {status.kind === 'changed_elsewhere' && onResolve ? (
        <button type="button" className={classes.saveButton} onClick={onResolve}>
          {text}
        </button>
      ) : (
        <span>{text}</span>
      )}
    </span>
  );
}
