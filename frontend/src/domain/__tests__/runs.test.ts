import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyXor, checkRuns, countRuns, decodeRuns, encodeRuns, largestSlice, runsFromSorted, xorRuns, xorSlices } from '@/domain/runs';

const SIZE = 60;
const mask = fc.array(fc.constantFrom(0, 1), { minLength: SIZE, maxLength: SIZE }).map((bits) => Uint8Array.from(bits));

describe('runs', () => {
  it('pack and unpack without change, in canonical form', () => {
    fc.assert(
      fc.property(mask, (voxels) => {
        const runs = encodeRuns(voxels);
        if (runs.length > 0) checkRuns(runs, SIZE);
        expect(decodeRuns(runs, SIZE)).toEqual(voxels);
        expect(countRuns(runs)).toBe(voxels.reduce((sum, bit) => sum + bit, 0));
      }),
    );
  });

  it('mix by XOR exactly as unpacked voxels do', () => {
    fc.assert(
      fc.property(mask, mask, (a, b) => {
        const mixed = xorRuns(encodeRuns(a), encodeRuns(b));
        if (mixed.length > 0) checkRuns(mixed, SIZE);
        expect(mixed).toEqual(encodeRuns(a.map((bit, n) => bit ^ (b[n] ?? 0))));
        const applied = a.slice();
        applyXor(applied, encodeRuns(b));
        expect(encodeRuns(applied)).toEqual(mixed);
      }),
    );
  });

  it('make a delta its own inverse and order irrelevant', () => {
    fc.assert(
      fc.property(mask, mask, mask, (a, b, c) => {
        const [p, q, r] = [encodeRuns(a), encodeRuns(b), encodeRuns(c)];
        expect(xorRuns(xorRuns(p, q), q)).toEqual(p);
        expect(xorRuns(p, p)).toEqual([]);
        expect(xorRuns(xorRuns(p, q), r)).toEqual(xorRuns(p, xorRuns(q, r)));
      }),
    );
  });

  it('are refused out of order, touching, empty or outside the slice', () => {
    for (const bad of [[], [0], [0, 0], [3, 2, 5, 1], [5, 1, 2, 1], [58, 3], [-1, 2], [1.5, 2]]) {
      expect(() => checkRuns(bad, SIZE), JSON.stringify(bad)).toThrow(RangeError);
    }
    expect(() => checkRuns([0, 2, 3, 57], SIZE)).not.toThrow();
  });

  it('come from sorted voxels', () => {
    expect(runsFromSorted([1, 2, 3, 7, 9, 10])).toEqual([1, 3, 7, 1, 9, 2]);
  });
});

describe('slices', () => {
  it('vanish when a delta empties them, and stay ordered', () => {
    const painted = xorSlices([{ k: 4, runs: [0, 3] }], [{ k: 2, runs: [5, 1] }]);
    expect(painted).toEqual([{ k: 2, runs: [5, 1] }, { k: 4, runs: [0, 3] }]);
    expect(xorSlices(painted, [{ k: 4, runs: [0, 3] }])).toEqual([{ k: 2, runs: [5, 1] }]);
    expect(largestSlice(painted)).toBe(4);
    expect(largestSlice([])).toBeNull();
  });
});
