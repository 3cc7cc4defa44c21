import { describe, expect, it } from 'vitest';
import type { Finding, FindingComparison, Reading, Stack, Suggestion } from '@/api/readingTypes';
import { numbered, openCount } from '@/features/review/comments';
import { middleOf } from '@/features/review/pinPoint';
import { firstPlace } from '@/features/review/place';
import { queueNote } from '@/features/review/QueueColumn';
import { firstToReview } from '@/features/review/ReviewPage';
import { agreementNumbers, findingRows, labelLines, shownSuggestions } from '@/features/review/rows';
import { nextReadingId } from '@/features/review/useDecisions';
import { clampSlice, windowAfterDrag } from '@/features/review/usePointer';

const stack = { id: 1, shape_zyx: [10, 4, 4], spacing_mm: [2, 1, 1], spacing_known: true } as unknown as Stack;

function finding(id: string, labelKey: string, suggestionId: number | null, k: number): Finding {
  return {
    id, label_key: labelKey, kind: 'segment', grid_id: 1, provenance: 'MANUAL', suggestion_id: suggestionId, slices: [{ k, runs: [0, 2] }],
    box: null, points_lps: null, voxel_count: 2, volume_ml: null, length_mm: null, largest_slice: k, name: '', measure: null, created_seq: 1,
  };
}

function suggestion(id: number, state: Suggestion['state'] = 'offered'): Suggestion {
  return { id, label_key: 'lesion', kind: 'segment', score: 0.5, state, model_version: 7, grid_id: 1, largest_slice: 6, voxel_count: 2, volume_ml: null, box: null, slices: [{ k: 6, runs: [0, 2] }] };
}

function comparison(findingId: string | null, state: FindingComparison['state'], suggestionId: number | null, labelKey = 'lesion'): FindingComparison {
  return { finding_id: findingId, label_key: labelKey, state, suggestion_id: suggestionId, dice: 0.8, hd95_mm: 3, voxels_added: 10, voxels_removed: 4, seconds: 5 };
}

function reading(parts: { findings?: Finding[]; suggestions?: Suggestion[]; decided?: number[]; comparison?: FindingComparison[]; status?: Record<string, 'searched_none'> }): Reading {
  return {
    stacks: [stack], suggestions: parts.suggestions ?? [],
    label_set: { id: 1, version: 1, labels: [{ key: 'lesion', name: 'Lesion', kind: 'segment', colour: '#FF9F2E' }, { key: 'oedema', name: 'Oedema', kind: 'segment', colour: '#4DB4F5' }, { key: 'side', name: 'Side', kind: 'tag' }] },
    journal: { draft: { findings: parts.findings ?? [], label_status: parts.status ?? {}, decisions: (parts.decided ?? []).map((id) => ({ suggestion_id: id })) } },
    ...(parts.comparison === undefined ? {} : { comparison: { findings: parts.comparison, mean_dice: 0.8 } }),
  } as unknown as Reading;
}

describe('findings', () => {
  it('lead to their own slice, a rejected one to its suggestion', () => {
    const rows = findingRows(reading({ findings: [finding('a', 'lesion', 1, 3)], suggestions: [suggestion(1), suggestion(2)], comparison: [comparison('a', 'edited', 1), comparison(null, 'rejected', 2)] }));
    expect(rows.map((row) => row.place?.k)).toEqual([3, 6]);
  });

  it('of one label are told apart by a number', () => {
    const rows = findingRows(reading({ comparison: [comparison('a', 'added', null), comparison('b', 'added', null), comparison('c', 'added', null, 'oedema')] }));
    expect(rows.map((row) => row.name)).toEqual(['Lesion 1', 'Lesion 2', 'Oedema']);
    expect(new Set(rows.map((row) => row.key)).size).toBe(3);
  });

  it('without a comparison are all shown as added', () => {
    expect(findingRows(reading({ findings: [finding('a', 'lesion', null, 3)] })).map((row) => row.state)).toEqual(['added']);
  });

  it('decide where the page looks first; without one it is the middle of the stack', () => {
    const one = reading({ findings: [finding('a', 'lesion', null, 3)] });
    expect(firstPlace(one, findingRows(one))).toEqual({ stackId: 1, k: 3, currentKey: 'a' });
    expect(firstPlace(reading({}), [])).toEqual({ stackId: 1, k: 5, currentKey: null });
  });
});

describe('suggestions', () => {
  it('are those this reading decided on, not those of a later model', () => {
    const shown = shownSuggestions(reading({ suggestions: [suggestion(1, 'withdrawn'), suggestion(2)], decided: [1] }));
    expect(shown.map((item) => item.id)).toEqual([1]);
  });
});

describe('labels stated', () => {
  it('are marked by a finding, else as the reader said, else not assessed; tags are apart', () => {
    const lines = labelLines(reading({ findings: [finding('a', 'lesion', null, 3)], status: { lesion: 'searched_none' } }));
    expect(lines).toEqual([
      { key: 'lesion', name: 'Lesion', status: 'marked', count: 1 },
      { key: 'oedema', name: 'Oedema', status: 'not_assessed', count: 0 },
    ]);
  });
});

describe('agreement', () => {
  const base = { findings: [finding('a', 'lesion', 1, 3)], suggestions: [suggestion(1)], decided: [1], comparison: [comparison('a', 'accepted', 1), comparison('b', 'added', null)] };

  it('counts as unchanged only what came from a suggestion', () => {
    expect(agreementNumbers(reading(base))).toMatchObject({ unchanged: 1, total: 1, addedVoxels: 20, removedVoxels: 8 });
  });

  it('speaks of ml only where the spacing is known', () => {
    expect(agreementNumbers(reading(base)).voxelMl).toBeCloseTo(0.002);
    const unknown = { ...reading(base), stacks: [{ ...stack, spacing_known: false }] } as Reading;
    expect(agreementNumbers(unknown).voxelMl).toBeNull();
  });
});

describe('queue', () => {
  const flags = { edited: 1, added: 0, rejected: 0, untouched: 0, new_reader: false, second_round: false };

  it('says first what a reviewer should know first', () => {
    expect(queueNote({ own: true, flags: { ...flags, second_round: true } }).textKey).toBe('queue.own');
    expect(queueNote({ own: false, flags: { ...flags, second_round: true, new_reader: true } }).textKey).toBe('queue.second_round');
    expect(queueNote({ own: false, flags }).tone).toBe('edited');
  });

  it('begins with a reading that is not one’s own, unless the project allows it', () => {
    const rows = [{ reading_id: 1, own: true }, { reading_id: 2, own: false }] as unknown as Parameters<typeof firstToReview>[0];
    expect([firstToReview(rows, false), firstToReview(rows, true), firstToReview([], false)]).toEqual([2, 1, null]);
  });

  it('goes on with the server’s next, else with another reading, never with the same or one’s own', () => {
    const rows = [{ reading_id: 1, own: false }, { reading_id: 2, own: true }, { reading_id: 3, own: false }];
    expect([nextReadingId(9, rows, 1), nextReadingId(null, rows, 1), nextReadingId(null, rows.slice(0, 2), 1)]).toEqual([9, 3, null]);
  });
});

describe('comments', () => {
  const comment = (id: number, at: string, resolved: boolean) => ({ id, created_at: at, resolved, author: { id: 1, display_name: 'A' }, text: '', point: null });

  it('are numbered by time and open until resolved', () => {
    const list = [comment(5, '2026-11-02T00:00:00Z', false), comment(9, '2026-11-01T00:00:00Z', true)];
    expect(numbered(list).map(({ id, number }) => [id, number])).toEqual([[9, 1], [5, 2]]);
    expect(openCount(list)).toBe(1);
  });

  it('are pinned to the middle of the finding on the slice', () => {
    const mark = { id: 'm', label_key: 'l', kind: 'segment' as const, grid_id: 1, slices: [{ k: 0, runs: [5, 2, 9, 2] }], box: null };
    expect(middleOf(mark, 0, 4, 4)).toEqual({ row: 2, column: 2 });
    expect(middleOf(mark, 1, 4, 4)).toBeNull();
  });
});

describe('the hand', () => {
  it('cannot turn past the first or last slice', () => {
    expect([clampSlice(-1, 10), clampSlice(10, 10), clampSlice(4, 10)]).toEqual([0, 9, 4]);
  });

  it('widens the window to the right, raises the level downwards, and never makes the width zero', () => {
    const start = { center: 40, width: 400 };
    expect(windowAfterDrag(start, 10, 0).width).toBeGreaterThan(400);
    expect(windowAfterDrag(start, 0, 10).center).toBeGreaterThan(40);
    expect(windowAfterDrag(start, -5000, 0).width).toBeGreaterThan(0);
  });
});
