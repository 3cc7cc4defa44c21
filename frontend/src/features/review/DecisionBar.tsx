/** Four decisions in four fixed places. When none can be taken the bar says why; the places stay. */
import { IconArrowBackUp, IconCheck, IconLock, IconMessage, IconPencil, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, type ButtonKind } from '@/ui/Button';
import { DECISION_ORDER, type Blocked, type DecisionKind } from '@/features/review/decisions';
import classes from '@/features/review/review.module.css';

const ICON = { size: 16, stroke: 1.8, 'aria-hidden': true } as const;

const LOOKS: Readonly<Record<DecisionKind, { icon: ReactNode; kind: ButtonKind; hotkey: string; shortcut: string }>> = {
  reject: { icon: <IconX {...ICON} />, kind: 'danger', hotkey: '⇧X', shortcut: 'Shift+X' },
  return: { icon: <IconArrowBackUp {...ICON} />, kind: 'default', hotkey: '⇧R', shortcut: 'Shift+R' },
  edit: { icon: <IconPencil {...ICON} />, kind: 'default', hotkey: '⇧E', shortcut: 'Shift+E' },
  approve: { icon: <IconCheck {...ICON} />, kind: 'primary', hotkey: 'Ctrl+Enter', shortcut: 'Control+Enter' },
};

export interface DecisionBarProps {
  blocked: Blocked;
  /** In words, for "already decided". */
  stateText: string;
  openComments: number;
  isOwnAllowed: boolean;
  onDecide: (kind: DecisionKind) => void;
}

export function DecisionBar({ blocked, stateText, openComments, isOwnAllowed, onDecide }: DecisionBarProps) {
  const { t } = useTranslation('review');
  const isExplained = blocked !== null && blocked !== 'busy';
  const sub = isOwnAllowed ? t('bar.self_review') : t('bar.sub');
  return (
    <footer className={classes.bar}>
      <div className={classes.barText} role="status">
        <strong>{t('bar.title')}</strong>
        {isExplained ? (
          <span className={classes.barBlocked}><IconLock size={14} stroke={1.6} aria-hidden /> {t(`bar.blocked.${blocked}`, { state: stateText })}</span>
        ) : (
          <span>{blocked === 'busy' ? t('bar.blocked.busy') : sub}</span>
        )}
      </div>
      <span className={classes.openComments}>
        {openComments === 0 ? null : <><IconMessage size={16} stroke={1.6} aria-hidden /> {t('bar.open_comments', { count: openComments })}</>}
      </span>
      {DECISION_ORDER.map((kind) => {
        const look = LOOKS[kind];
        return (
          <Button key={kind} kind={look.kind} size="decision" icon={look.icon} hotkey={look.hotkey} aria-keyshortcuts={look.shortcut} disabled={blocked !== null}
            className={classes[`slot_${kind}`] ?? ''} onClick={() => onDecide(kind)} data-testid={`decide-${kind}`}>
            {t(`bar.${kind}`)}
          </Button>
        );
      })}
    </footer>
  );
}
