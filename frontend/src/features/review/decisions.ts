/**
 * The rules of the decision bar. The order and the places of the four buttons never change; what changes is only whether
 * one can be used, and then the bar says why not. The server decides again.
 */

export type DecisionKind = 'reject' | 'return' | 'edit' | 'approve';

/** Always drawn in this order. */
export const DECISION_ORDER: readonly DecisionKind[] = ['reject', 'return', 'edit', 'approve'];

export const RETURN_REASONS = ['bad_outline', 'missed_finding', 'wrong_label', 'label_not_assessed', 'wrong_slice', 'other'] as const;
export const REJECT_REASONS = ['not_readable', 'wrong_patient_or_series', 'artefact', 'not_suitable', 'other'] as const;

export interface DecisionInput {
  readingState: string;
  isOwnReading: boolean;
  allowsSelfReview: boolean;
  isBusy: boolean;
}

export type Blocked = 'own_reading' | 'already_decided' | 'in_progress' | 'busy' | null;

/** Why no decision can be taken now, or null. */
export function decisionBlocked(input: DecisionInput): Blocked {
  if (input.isOwnReading && !input.allowsSelfReview) return 'own_reading';
  if (input.readingState === 'in_progress' || input.readingState === 'returned') return 'in_progress';
  if (input.readingState !== 'submitted') return 'already_decided';
  return input.isBusy ? 'busy' : null;
}

/** Return and reject need at least one reason; "other" needs words, because it says nothing by itself. */
export function isReasonComplete(reasons: readonly string[], note: string): boolean {
  if (reasons.length === 0) return false;
  return !reasons.includes('other') || note.trim() !== '';
}

/** By the place of the key, so that they work with any keyboard layout; never a letter alone. */
export const DECISION_KEYS: Readonly<Record<string, DecisionKind>> = {
  'Shift+KeyX': 'reject',
  'Shift+KeyR': 'return',
  'Shift+KeyE': 'edit',
  'Ctrl+Enter': 'approve',
  'Ctrl+NumpadEnter': 'approve',
};

/** Where N and P lead from `current` among `count` findings; they stop at the ends instead of turning round. */
export function stepFinding(current: number, count: number, step: 1 | -1): number {
  if (count === 0) return -1;
  return Math.min(count - 1, Math.max(0, current + step));
}
