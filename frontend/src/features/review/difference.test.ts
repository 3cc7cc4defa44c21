import { describe, expect, it } from 'vitest';
import { bestSlice, isChanged, markMask, pairMarks, sliceDifference, type Mark, type ReadingMark } from '@/features/review/difference';

const SHAPE = { rows: 3, columns: 4 };

function suggestion(id: string | number, runs: number[], k = 0, labelKey = 'lesion'): Mark {
  return { id, label_key: labelKey, kind: 'segment', grid_id: 1, slices: [{ k, runs }], box: null };
}

function finding(id: string, suggestionId: number | null, runs: number[], k = 0): ReadingMark {
  return { ...suggestion(id, runs, k), suggestion_id: suggestionId };
}

const set = (mask: Uint8Array): number[] => [...mask].flatMap((value, index) => (value === 1 ? [index] : []));

describe('difference on a slice', () => {
  it('tells added from removed', () => {
    const pairs = pairMarks([finding('f', 7, [1, 3])], [suggestion(7, [0, 3])]);
    const difference = sliceDifference(pairs, 0, SHAPE);
    expect(set(difference.added)).toEqual([3]);
    expect(set(difference.removed)).toEqual([0]);
    expect(difference).toMatchObject({ addedVoxels: 1, removedVoxels: 1 });
  });

  it('is empty for a suggestion accepted untouched', () => {
    const difference = sliceDifference(pairMarks([finding('f', 7, [4, 2])], [suggestion(7, [4, 2])]), 0, SHAPE);
    expect(difference).toMatchObject({ addedVoxels: 0, removedVoxels: 0 });
  });

  it('shows a rejected suggestion as removed whole and a drawn finding as added whole', () => {
    const difference = sliceDifference(pairMarks([finding('f', null, [8, 2])], [suggestion(7, [0, 2])]), 0, SHAPE);
    expect(set(difference.removed)).toEqual([0, 1]);
    expect(set(difference.added)).toEqual([8, 9]);
  });

  it('does not let one label hide the change of another that overlaps it', () => {
    const pairs = pairMarks([finding('lung', 1, [0, 6]), finding('lesion', 2, [0, 1])], [suggestion(1, [0, 6]), suggestion(2, [0, 3])]);
    expect(set(sliceDifference(pairs, 0, SHAPE).removed)).toEqual([1, 2]);
  });

  it('compares only the slice asked for', () => {
    const pairs = pairMarks([finding('f', 7, [0, 2], 1)], [suggestion(7, [0, 2], 0)]);
    expect(sliceDifference(pairs, 0, SHAPE)).toMatchObject({ addedVoxels: 0, removedVoxels: 2 });
    expect(sliceDifference(pairs, 1, SHAPE)).toMatchObject({ addedVoxels: 2, removedVoxels: 0 });
  });

  it('knows a suggestion that was taken over as it is, slice by slice', () => {
    const taken = { reading: finding('f', 7, [4, 2]), suggestion: suggestion(7, [4, 2]) };
    expect(isChanged(taken, 0)).toBe(false);
    expect(isChanged({ ...taken, reading: finding('f', 7, [4, 3]) }, 0)).toBe(true);
    expect(isChanged({ ...taken, reading: null }, 0)).toBe(true);
  });

  it('treats boxes as half-open extents', () => {
    const box: Mark = { id: 'b', label_key: 'cell', kind: 'box', grid_id: 1, slices: [], box: { start_zyx: [0, 1, 1], stop_zyx: [1, 3, 3] } };
    expect(set(markMask(box, 0, SHAPE))).toEqual([5, 6, 9, 10]);
    expect(set(markMask(box, 1, SHAPE))).toEqual([]);
  });

  it('refuses runs that leave the slice instead of drawing half of them', () => {
    expect(() => markMask(suggestion(7, [10, 3]), 0, SHAPE)).toThrow(RangeError);
    expect(() => markMask(suggestion(7, [10]), 0, SHAPE)).toThrow(RangeError);
  });
});

describe('largest slice', () => {
  it('is the one with most pixels, the lowest of equals', () => {
    const mark = { ...suggestion(7, []), slices: [{ k: 2, runs: [0, 1] }, { k: 3, runs: [0, 4] }, { k: 5, runs: [0, 2, 4, 2] }] };
    expect(bestSlice(mark)).toBe(3);
  });
});
