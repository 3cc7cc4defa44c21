/**
 * Chips say state, always with an icon or a word.
 * Chip is the bare form; ReasonChip, StateChip and OutcomeChip know the words of the contract.
 */
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCheck,
  IconChartLine,
  IconDice5,
  IconInfoCircle,
  IconLink,
  IconMinus,
  IconPencil,
  IconPlus,
  IconRefresh,
  IconScan,
  IconShield,
  IconSparkles,
  IconX,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './ui.module.css';

export type Tone = 'neutral' | 'action' | 'suggestion' | 'accepted' | 'edited' | 'rejected' | 'uncertain';

const TONE_CLASS: Record<Tone, string | undefined> = {
  neutral: classes.toneNeutral,
  action: classes.toneAction,
  suggestion: classes.toneSuggestion,
  accepted: classes.toneAccepted,
  edited: classes.toneEdited,
  rejected: classes.toneRejected,
  uncertain: classes.toneUncertain,
};

export interface ChipProps {
  tone?: Tone;
  icon?: ReactNode;
  outlined?: boolean;
  large?: boolean;
  title?: string;
  children: ReactNode;
}

export function Chip({ tone = 'neutral', icon, outlined = false, large = false, title, children }: ChipProps) {
  const names = [classes.chip, TONE_CLASS[tone], outlined ? classes.outlined : '', large ? classes.large : ''];
  return (
    <span className={names.filter(Boolean).join(' ')} {...(title ? { title } : {})}>
      {icon}
      <span>{children}</span>
    </span>
  );
}

const ICON = { size: 13, stroke: 1.6, 'aria-hidden': true } as const;

export type ReasonCode = 'model_unsure' | 'random_share' | 'returned' | 'new' | 'second_look' | 'first_batch';

const REASONS: Record<ReasonCode, { tone: Tone; icon: ReactNode; outlined?: boolean }> = {
  model_unsure: { tone: 'uncertain', icon: <IconChartLine {...ICON} /> },
  random_share: { tone: 'neutral', icon: <IconDice5 {...ICON} /> },
  returned: { tone: 'rejected', icon: <IconArrowBackUp {...ICON} /> },
  new: { tone: 'action', icon: <IconScan {...ICON} /> },
  second_look: { tone: 'neutral', icon: <IconRefresh {...ICON} />, outlined: true },
  first_batch: { tone: 'action', icon: <IconInfoCircle {...ICON} /> },
};

export function reasonTone(code: ReasonCode): Tone {
  return (REASONS[code] ?? REASONS.random_share).tone;
}

/** Chips speak in lower case inside a row; names like T1 or P-12 keep theirs. */
function chipWords(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Why a case is in the list. `text` is the server's words; without it the code's own words are shown. */
export function ReasonChip({ code, text, large = false }: { code: ReasonCode; text?: string; large?: boolean }) {
  const { t } = useTranslation('common');
  const look = REASONS[code] ?? REASONS.random_share;
  return (
    <Chip tone={look.tone} icon={look.icon} outlined={look.outlined ?? false} large={large}>
      {text ? chipWords(text) : t(`reason.${code}`)}
    </Chip>
  );
}

export type StateName =
  | 'to_decide'
  | 'accepted'
  | 'edited'
  | 'rejected'
  | 'added'
  | 'approved'
  | 'returned'
  | 'submitted'
  | 'open'
  | 'new'
  | 'unread'
  | 'in_progress'
  | 'better'
  | 'not_worse'
  | 'worse'
  | 'cannot_tell'
  | 'unsure';

const STATES: Record<StateName, { tone: Tone; icon: ReactNode }> = {
  to_decide: { tone: 'suggestion', icon: <IconSparkles {...ICON} /> },
  accepted: { tone: 'accepted', icon: <IconCheck {...ICON} /> },
  edited: { tone: 'edited', icon: <IconPencil {...ICON} /> },
  rejected: { tone: 'rejected', icon: <IconX {...ICON} /> },
  added: { tone: 'neutral', icon: <IconPlus {...ICON} /> },
  approved: { tone: 'accepted', icon: <IconCheck {...ICON} /> },
  returned: { tone: 'rejected', icon: <IconArrowBackUp {...ICON} /> },
  submitted: { tone: 'action', icon: <IconCheck {...ICON} /> },
  open: { tone: 'action', icon: <IconPencil {...ICON} /> },
  in_progress: { tone: 'action', icon: <IconPencil {...ICON} /> },
  new: { tone: 'neutral', icon: <IconMinus {...ICON} /> },
  unread: { tone: 'neutral', icon: <IconMinus {...ICON} /> },
  better: { tone: 'accepted', icon: <IconCheck {...ICON} /> },
  not_worse: { tone: 'neutral', icon: <IconMinus {...ICON} /> },
  worse: { tone: 'rejected', icon: <IconX {...ICON} /> },
  cannot_tell: { tone: 'uncertain', icon: <IconInfoCircle {...ICON} /> },
  unsure: { tone: 'uncertain', icon: <IconAlertTriangle {...ICON} /> },
};

/** State of a finding, a reading, a case or a gate's verdict. `children` replaces the words. */
export function StateChip({ state, large = false, children }: { state: StateName; large?: boolean; children?: ReactNode }) {
  const { t } = useTranslation('common');
  const look = STATES[state];
  return (
    <Chip tone={look.tone} icon={look.icon} large={large}>
      {children ?? t(`state.${state}`)}
    </Chip>
  );
}

export type OutcomeName = 'accepted' | 'warning' | 'duplicate' | 'quarantined' | 'refused' | 'reading';

const OUTCOMES: Record<OutcomeName, { tone: Tone; icon: ReactNode; outlined?: boolean }> = {
  accepted: { tone: 'accepted', icon: <IconCheck {...ICON} /> },
  warning: { tone: 'uncertain', icon: <IconAlertTriangle {...ICON} /> },
  duplicate: { tone: 'neutral', icon: <IconLink {...ICON} /> },
  quarantined: { tone: 'rejected', icon: <IconShield {...ICON} />, outlined: true },
  refused: { tone: 'rejected', icon: <IconX {...ICON} /> },
  reading: { tone: 'action', icon: <IconRefresh {...ICON} /> },
};

/** What happened to a file or series at import. */
export function OutcomeChip({ outcome }: { outcome: OutcomeName }) {
  const { t } = useTranslation('common');
  const look = OUTCOMES[outcome];
  return (
    <Chip tone={look.tone} icon={look.icon} outlined={look.outlined ?? false}>
      {t(`outcome.${outcome}`)}
    </Chip>
  );
}

const DOT_COLOUR: Record<Tone, string> = {
  neutral: 'var(--mr-text-3)',
  action: 'var(--mr-action)',
  suggestion: 'var(--mr-suggestion)',
  accepted: 'var(--mr-accepted)',
  edited: 'var(--mr-edited)',
  rejected: 'var(--mr-rejected)',
  uncertain: 'var(--mr-uncertain)',
};

/** A coloured dot with a word. `plain` keeps the word in the text's own colour. */
export function DotText({ tone, hollow = false, plain = false, children }: { tone: Tone; hollow?: boolean; plain?: boolean; children: ReactNode }) {
  const colour = DOT_COLOUR[tone];
  return (
    <span className={classes.dotText} style={plain ? undefined : { color: colour }}>
      <span className={`${classes.dot} ${hollow ? classes.dotHollow : ''}`} style={{ color: colour }} />
      {children}
    </span>
  );
}
