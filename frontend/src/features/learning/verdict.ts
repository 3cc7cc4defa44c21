/**
 * How a verdict of the gate is shown and what the manager may do with it.
 * The server decides what is allowed (`allowed_events`, `promote_needs_reason`); this only chooses words and emphasis.
 */
import type { Tone } from '@/ui/Chip';
import type { GateReport, Model, Verdict } from '@/features/learning/types';

const TONES: Readonly<Record<Verdict, Tone>> = { better: 'accepted', not_worse: 'neutral', worse: 'rejected', cannot_tell: 'uncertain' };

export function verdictTone(verdict: Verdict): Tone {
  return TONES[verdict];
}

const COLOURS: Readonly<Record<Verdict, string>> = {
  better: 'var(--mr-accepted)',
  not_worse: 'var(--mr-text-2)',
  worse: 'var(--mr-rejected)',
  cannot_tell: 'var(--mr-uncertain)',
};

/** The colour of a verdict's dot and whisker; the word always stands in the same row. */
export function verdictColour(verdict: Verdict): string {
  return COLOURS[verdict];
}

export interface TitleVerdict {
  tone: Tone;
  icon: 'check' | 'minus' | 'cross' | 'info';
  textKey: string;
}

const ICONS: Readonly<Record<Verdict, TitleVerdict['icon']>> = { better: 'check', not_worse: 'minus', worse: 'cross', cannot_tell: 'info' };

/** The chip beside the card's title. A hard refusal outweighs every number; "worse" is one in itself. */
export function titleVerdict(gate: GateReport): TitleVerdict {
  if (gate.refusals.length > 0 && gate.verdict !== 'worse') return { tone: 'rejected', icon: 'cross', textKey: 'verdict.title.refused' };
  const group = isFirstModelGate(gate) ? 'first' : 'title';
  return { tone: TONES[gate.verdict], icon: ICONS[gate.verdict], textKey: `verdict.${group}.${gate.verdict}` };
}

export interface PromoteLook {
  /** The one blue button of the page: only for a candidate that was shown to be better and has nothing against it. */
  isPrimary: boolean;
  isAllowed: boolean;
  needsReason: boolean;
  /** Hard reasons against promotion, in the server's words. Empty when there is none. */
  refusals: readonly string[];
}

export function promoteLook(model: Pick<Model, 'gate' | 'allowed_events' | 'promote_needs_reason'>): PromoteLook {
  const refusals = model.gate?.refusals ?? [];
  const isBetter = model.gate?.verdict === 'better';
  const isAllowed = model.allowed_events.includes('promote') && refusals.length === 0;
  return {
    isPrimary: isAllowed && isBetter && !model.promote_needs_reason,
    isAllowed,
    needsReason: model.promote_needs_reason || !isBetter,
    refusals,
  };
}

/** A first model has nothing to be paired with: the gate then asks for the plan's floor and not for a gain. */
export function isFirstModelGate(gate: Pick<GateReport, 'overall' | 'labels'>): boolean {
  return gate.overall.active_mean === null && gate.labels.every((label) => label.active_mean === null);
}

export function versionText(version: number): string {
  return `v${version}`;
}

/** The model a roll back of the active one returns to, as the server names it. */
export function rollbackTarget(models: readonly Model[], active: Pick<Model, 'rollback_to' | 'task'> | null): Model | null {
  if (active === null || active.rollback_to === null) return null;
  return models.find((model) => model.version === active.rollback_to && model.task === active.task) ?? null;
}
