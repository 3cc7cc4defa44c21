/** The journal folded into a draft, with undo and redo as operations of the same journal.
 *
 * Drafts share structure, so keeping the draft before each effective operation costs little and makes undo a step back.
 */
import type { Draft } from '@/api/readingTypes';
import { EMPTY_BODY, OperationError, type DraftBody, type JournalEntry, type ReduceContext } from './draft';
import { applyOperation } from './reduce';

interface Step {
  readonly before: DraftBody;
  readonly entry: JournalEntry;
}

export interface History {
  readonly body: DraftBody;
  readonly past: readonly Step[];
  readonly undone: readonly JournalEntry[];
}

export const EMPTY_HISTORY: History = { body: EMPTY_BODY, past: [], undone: [] };

function stepBack(history: History, entry: JournalEntry): History {
  const last = history.past.at(-1);
  if (!last) throw new OperationError(entry, 'there is nothing to undo');
  return { body: last.before, past: history.past.slice(0, -1), undone: [...history.undone, last.entry] };
}

function stepAgain(history: History, entry: JournalEntry, context: ReduceContext): History {
  const again = history.undone.at(-1);
  if (!again) throw new OperationError(entry, 'there is nothing to redo');
  return {
    body: applyOperation(history.body, again, context),
    past: [...history.past, { before: history.body, entry: again }],
    undone: history.undone.slice(0, -1),
  };
}

/** The history after one more journal entry. Throws OperationError and leaves the old history as it was. */
export function advance(history: History, entry: JournalEntry, context: ReduceContext): History {
  if (entry.kind === 'undo') return stepBack(history, entry);
  if (entry.kind === 'redo') return stepAgain(history, entry, context);
  const body = applyOperation(history.body, entry, context);
  return { body, past: [...history.past, { before: history.body, entry }], undone: [] };
}

export const reduceHistory = (entries: readonly JournalEntry[], context: ReduceContext): History =>
  entries.reduce((history, entry) => advance(history, entry, context), EMPTY_HISTORY);

/** The draft of a whole journal: the same answer as the server's reducer for the same operations. */
export const reduceDraft = (entries: readonly JournalEntry[], context: ReduceContext): Draft =>
  draftOf(reduceHistory(entries, context));

export const draftOf = (history: History): Draft => ({
  ...history.body,
  can_undo: history.past.length > 0,
  can_redo: history.undone.length > 0,
});
