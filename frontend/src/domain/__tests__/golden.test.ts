/** The server's golden journals: this reducer must say the same of them (written by `tests/contract/test_journal.py`). */
import { describe, expect, it } from 'vitest';
import type { Draft, Suggestion } from '@/api/readingTypes';
import { contextOf, type GridFacts, type JournalEntry } from '@/domain/draft';
import { reduceDraft } from '@/domain/history';

interface Golden {
  name: string;
  context: { grids: GridFacts[]; suggestions: Suggestion[] };
  operations: JournalEntry[];
  draft: Draft;
}

const goldens = Object.values(
  import.meta.glob<Golden>('../../../../tests/contract/journal/*.json', { eager: true, import: 'default' }),
);

describe('the golden journals', () => {
  it('are there', () => {
    expect(goldens.length).toBeGreaterThanOrEqual(8);
  });

  it.each(goldens)('$name gives the draft that the server gives', ({ context, operations, draft }) => {
    expect(reduceDraft(operations, contextOf(context.grids, context.suggestions))).toEqual(draft);
  });
});
