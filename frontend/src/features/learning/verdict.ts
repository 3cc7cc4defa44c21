/**
 * How a verdict of the gate is shown and what the manager may do with it.
 * The server decides what is allowed (`allowed_events`, `promote_needs_reason`); this only chooses words and emphasis.
 */
import type { GateReport, Model, Verdict } from '@/features/learning/types';

export type Tone = 'approved' | 'neutral' | 'rejected' | 'warning';

export interface VerdictLook {
  tone: Tone;
  icon: 'check' | 'minus' | 'down' | 'question';
  textKey: string;
}

const LOOKS: Readonly<Record<Verdict, VerdictLook>> = {
  better: { tone: 'approved', icon: 'check', textKey: 'verdict.better' },
  not_worse: { tone: 'neutral', icon: 'minus', textKey: 'verdict.not_worse' },
  worse: { tone: 'rejected', icon: 'down', textKey: 'verdict.worse' },
  cannot_tell: { tone: 'warning', icon: 'question', textKey: 'verdict.cannot_tell' },
};

export function verdictLook(verdict: Verdict): VerdictLook {
  return LOOKS[verdict];
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

/** Server versions may come as 7 or as "v7"; people read "v7". */
export function versionText(version: string | number): string {
  const text = String(version);
  return text.startsWith('v') ? text : `v${text}`;
}

/** The model a roll back of `models`' active one returns to: the latest promoted among the retired. */
export function rollbackTarget(models: readonly Model[]): Model | null {
  const retired = models.filter((model) => model.state === 'retired' && model.promoted_at !== null);
  retired.sort((a, b) => (a.promoted_at ?? '').localeCompare(b.promoted_at ?? ''));
  return retired.at(-1) ?? null;
}
