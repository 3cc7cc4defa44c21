import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Suggestion } from '@/api/readingTypes';
import { contextOf, OperationError, type JournalEntry, type NewOperation } from '@/domain/draft';
import { advance, draftOf, EMPTY_HISTORY, reduceDraft, type History } from '@/domain/history';

const grid = { id: 1, shape_zyx: [4, 8, 8] as [number, number, number], spacing_mm: [2, 1, 0.5] as [number, number, number], spacing_known: true };
const suggestion: Suggestion = {
  id: 7, label_key: 'lesion', kind: 'segment', score: 0.87, state: 'offered', model_version: 12, grid_id: 1, largest_slice: 2,
  voxel_count: 5, volume_ml: 0.005, box: null, slices: [{ k: 1, runs: [3, 1] }, { k: 2, runs: [10, 4] }],
};
const boxed: Suggestion = { ...suggestion, id: 8, kind: 'box', slices: [], box: { start_zyx: [0, 1, 1], stop_zyx: [3, 4, 5] } };
const context = contextOf([grid], [suggestion, boxed]);

let counter = 0;
const entry = (operation: Omit<NewOperation, 'op_id'>): JournalEntry => {
  counter += 1;
  return { ...operation, op_id: `op${counter}`, seq: counter } as JournalEntry;
};
const paint = (id: string, k: number, runs: number[]) =>
  entry({ kind: 'paint', payload: { finding_id: id, label_key: 'lesion', grid_id: 1, tool: 'brush', slices: [{ k, runs }] } });
const accept = (id: string, suggestionId = 7) =>
  entry({ kind: 'decide', payload: { suggestion_id: suggestionId, finding_id: id, verdict: 'accept' } });
const arrow = (kind: 'add_measure' | 'move_measure', id: string, x: number) => {
  const drawn = { finding_id: id, grid_id: 1, tool: 'arrow' as const, k: 0, points_lps: [[0, 0, 0], [x, 1, 0]] as [number, number, number][], values: null };
  return entry(kind === 'add_measure' ? { kind, payload: { ...drawn, label_key: '' } } : { kind, payload: drawn });
};
const undo = () => entry({ kind: 'undo', payload: {} });
const redo = () => entry({ kind: 'redo', payload: {} });

describe('a draft', () => {
  it('creates a finding with its first stroke and measures it', () => {
    const draft = reduceDraft([paint('a', 2, [0, 4]), paint('a', 1, [8, 2])], context);
    expect(draft.findings).toHaveLength(1);
    expect(draft.findings[0]).toMatchObject({ provenance: 'MANUAL', voxel_count: 6, volume_ml: 0.006, largest_slice: 2, suggestion_id: null });
    expect(draft.can_undo).toBe(true);
    expect(draft.can_redo).toBe(false);
  });

  it('takes a suggestion as it is, and calls it edited after a stroke', () => {
    const taken = reduceDraft([accept('s')], context);
    expect(taken.findings[0]).toMatchObject({ provenance: 'AUTOMATIC', suggestion_id: 7, slices: suggestion.slices });
    expect(taken.decisions).toEqual([{ suggestion_id: 7, finding_id: 's', verdict: 'accept', reason: '' }]);
    const edited = reduceDraft([accept('s'), paint('s', 2, [14, 1])], context);
    expect(edited.findings[0]).toMatchObject({ provenance: 'SEMIAUTOMATIC', voxel_count: 6 });
    expect(edited.decisions[0]?.verdict).toBe('edit');
  });

  it('drops what a rejected suggestion had made, with the reason', () => {
    const reject = entry({ kind: 'decide', payload: { suggestion_id: 7, finding_id: '', verdict: 'reject', reason: 'duplicate' } });
    const draft = reduceDraft([accept('s'), reject], context);
    expect(draft.findings).toEqual([]);
    expect(draft.decisions).toEqual([{ suggestion_id: 7, finding_id: null, verdict: 'reject', reason: 'duplicate' }]);
  });

  it('moves boxes and lengths, and edits a suggested box', () => {
    const move = entry({ kind: 'move_box', payload: { finding_id: 'b', start_zyx: [0, 0, 0], stop_zyx: [1, 2, 2] } });
    const draft = reduceDraft([accept('b', 8), move], context);
    expect(draft.findings[0]).toMatchObject({ kind: 'box', provenance: 'SEMIAUTOMATIC', voxel_count: 4 });
    const length = entry({ kind: 'add_length', payload: { finding_id: 'l', label_key: '', grid_id: 1, points_lps: [[0, 0, 0], [3, 4, 0]] } });
    expect(reduceDraft([length], context).findings[0]?.length_mm).toBe(5);
  });

  it('refuses what does not fit, naming the operation', () => {
    const bad = [
      paint('a', 9, [0, 1]),
      paint('a', 0, [63, 2]),
      entry({ kind: 'delete_finding', payload: { finding_id: 'ghost' } }),
      entry({ kind: 'add_box', payload: { finding_id: 'b', label_key: 'x', grid_id: 1, start_zyx: [0, 0, 0], stop_zyx: [5, 1, 1] } }),
      entry({ kind: 'decide', payload: { suggestion_id: 99, finding_id: 'x', verdict: 'accept' } }),
    ];
    for (const operation of bad) expect(() => reduceDraft([operation], context), operation.kind).toThrow(OperationError);
    expect(() => advance(EMPTY_HISTORY, undo(), context)).toThrow(OperationError);
    expect(() => advance(EMPTY_HISTORY, redo(), context)).toThrow(OperationError);
  });

  it('forgets what was undone once something new happens', () => {
    const draft = reduceDraft([paint('a', 0, [0, 1]), undo(), paint('b', 0, [1, 1])], context);
    expect(draft.findings.map((finding) => finding.id)).toEqual(['b']);
    expect(draft.can_redo).toBe(false);
  });
});

describe('undo to the start and redo to the end', () => {
  const anyEntry = fc.oneof(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3), fc.nat(60), fc.integer({ min: 1, max: 4 })).map(([id, k, start, length]) =>
      paint(id, k, [start, Math.min(length, 64 - start)])),
    fc.constantFrom('s', 't').map((id) => accept(id)),
    fc.constantFrom('x', 'y').map((key) => entry({ kind: 'state_label', payload: { label_key: key, status: 'searched_none' } })),
    fc.tuple(fc.constantFrom('a', 'm'), fc.integer({ min: 1, max: 9 })).map(([id, x]) => arrow('add_measure', id, x)),
    fc.integer({ min: 1, max: 9 }).map((x) => arrow('move_measure', 'm', x)),
    fc.tuple(fc.constantFrom('a', 'm', 's'), fc.string()).map(([id, name]) => entry({ kind: 'rename_finding', payload: { finding_id: id, name } })),
    fc.string().map((value) => entry({ kind: 'set_tag', payload: { label_key: 'quality', value } })),
    fc.constant(null).map(undo),
    fc.constant(null).map(redo),
  );

  /** As the editor does: what does not fit is refused and changes nothing. */
  const play = (history: History, entries: readonly JournalEntry[]) =>
    entries.reduce((now, one) => {
      try {
        return advance(now, one, context);
      } catch (error) {
        if (error instanceof OperationError) return now;
        throw error;
      }
    }, history);

  it('meets the same drafts on both ways', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 25 }), (entries) => {
        const end = play(EMPTY_HISTORY, entries);
        const steps = end.past.length;
        const seen = [JSON.stringify(end.body)];
        let at = end;
        for (let n = 0; n < steps; n += 1) {
          at = advance(at, undo(), context);
          seen.push(JSON.stringify(at.body));
        }
        expect(at.body).toEqual(EMPTY_HISTORY.body);
        expect(draftOf(at).can_undo).toBe(false);
        for (let n = 0; n < steps; n += 1) {
          expect(JSON.stringify(at.body)).toBe(seen[steps - n]);
          at = advance(at, redo(), context);
        }
        expect(JSON.stringify(at.body)).toBe(JSON.stringify(end.body));
      }),
    );
  });
});
