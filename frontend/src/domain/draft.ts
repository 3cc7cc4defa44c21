/** What a draft is made from: the words of the journal, and the facts about grids and suggestions that the reducer needs.
 *
 * The shapes are the contract's (`api/readingTypes`); this module adds the empty draft, the context and the named error.
 */
import type { Draft, NewOperation, Suggestion, Triple } from '@/api/readingTypes';

export type { Draft, Finding, DecisionState, NewOperation, Suggestion, Triple } from '@/api/readingTypes';

/** An operation as the reducer sees it: numbered by the journal, or by its expected number while it waits to be sent. */
export type JournalEntry = NewOperation & { seq: number };

export interface GridFacts {
  readonly id: number;
  readonly shape_zyx: Triple;
  readonly spacing_mm: Triple;
  readonly spacing_known: boolean;
}

export interface ReduceContext {
  readonly grids: ReadonlyMap<number, GridFacts>;
  readonly suggestions: ReadonlyMap<number, Suggestion>;
}

/** The draft as the reducer keeps it; can_undo and can_redo belong to the journal around it. */
export type DraftBody = Omit<Draft, 'can_undo' | 'can_redo'>;

export const EMPTY_BODY: DraftBody = { findings: [], label_status: {}, tags: {}, form: {}, decisions: [] };

/** An operation that does not fit the draft it meets: names the operation and says what is wrong. */
export class OperationError extends Error {
  constructor(
    readonly operation: { readonly op_id: string; readonly kind: string },
    detail: string,
  ) {
    super(`${operation.kind} ${operation.op_id}: ${detail}`);
    this.name = 'OperationError';
  }
}

export function contextOf(
  stacks: readonly GridFacts[],
  suggestions: readonly Suggestion[],
): ReduceContext {
  return {
    grids: new Map(stacks.map((stack) => [stack.id, stack])),
    suggestions: new Map(suggestions.map((suggestion) => [suggestion.id, suggestion])),
  };
}
