import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Triple } from '@/api/readingTypes';
import { blockOf, extentOf, slicesOf, type MaskGrid } from '@/domain/block';
import { combineRuns, combineSlices, type LogicOperation } from '@/domain/combine';
import { keepIsland, keepLargest, labelParts, removeSmall, type MaskScope } from '@/domain/components';
import { signedDistances, squaredDistances } from '@/domain/distance';
import { fillAt, fillHoles, growBox, growRange, growRegion } from '@/domain/flood';
import { interpolateSlices } from '@/domain/interpolate';
import { addMargin, smoothMask } from '@/domain/morphology';
import { checkRuns, countSlices, encodeRuns, xorSlices, type SliceRuns } from '@/domain/runs';

const SHAPE: Triple = [4, 6, 7];
const AREA = SHAPE[1] * SHAPE[2];
const SIZE = SHAPE[0] * AREA;
const bits = (size: number) => fc.array(fc.constantFrom(0, 0, 1), { minLength: size, maxLength: size }).map((all) => Uint8Array.from(all));
const spacings = fc.tuple(fc.constantFrom(0.7, 1, 5), fc.constantFrom(0.5, 1, 2), fc.constantFrom(0.5, 0.8, 3)) as fc.Arbitrary<Triple>;
const scopes = fc.constantFrom<MaskScope>('slices', 'volume');

const pack = (voxels: Uint8Array, shape: Triple = SHAPE): SliceRuns[] => slicesOf({ data: voxels, shape, origin: [0, 0, 0] }, shape);
const unpack = (slices: readonly SliceRuns[], shape: Triple = SHAPE): Uint8Array => {
  const all = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (const { k, runs } of slices) {
    checkRuns(runs, shape[1] * shape[2]);
    for (let n = 0; n < runs.length; n += 2) all.fill(1, k * shape[1] * shape[2] + runs[n]!, k * shape[1] * shape[2] + runs[n]! + runs[n + 1]!);
  }
  return all;
};
const placeOf = (at: number, [, rows, columns]: Triple = SHAPE): Triple => [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
const apart = (p: number, q: number, spacing: Triple): number => {
  const [a, b] = [placeOf(p), placeOf(q)];
  return Math.hypot((a[0] - b[0]) * spacing[0], (a[1] - b[1]) * spacing[1], (a[2] - b[2]) * spacing[2]);
};
/** Subset, voxel by voxel. */
const within = (small: Uint8Array, large: Uint8Array) => small.every((bit, at) => !bit || large[at] === 1);

function disc(rows: number, columns: number, centre: readonly [number, number], radius: number, spacing: readonly [number, number] = [1, 1]): number[] {
  return encodeRuns(Uint8Array.from({ length: rows * columns }, (_, at) =>
    Math.hypot((Math.floor(at / columns) - centre[0]) * spacing[0], ((at % columns) - centre[1]) * spacing[1]) <= radius ? 1 : 0));
}

describe('blocks', () => {
  it('hold the same voxels as the runs, whatever the padding', () => {
    fc.assert(
      fc.property(bits(SIZE), fc.nat(3), fc.nat(9), (voxels, k, pad) => {
        const slices = pack(voxels);
        const block = blockOf(slices, SHAPE, [k, pad, pad]);
        expect(block ? slicesOf(block, SHAPE) : []).toEqual(slices);
        expect(unpack(slices)).toEqual(voxels);
        expect(extentOf(slices, SHAPE[2]) === null).toBe(slices.length === 0);
      }),
    );
  });
});

describe('logical operations', () => {
  const RULES: Record<LogicOperation, (a: number, b: number) => number> = {
    add: (a, b) => a | b,
    subtract: (a, b) => a & ~b & 1,
    intersect: (a, b) => a & b,
  };

  it('agree with unpacked voxels, in canonical runs', () => {
    fc.assert(
      fc.property(bits(60), bits(60), fc.constantFrom<LogicOperation>('add', 'subtract', 'intersect'), (a, b, operation) => {
        const mixed = combineRuns(encodeRuns(a), encodeRuns(b), operation);
        expect(mixed).toEqual(encodeRuns(a.map((bit, at) => RULES[operation](bit, b[at]!))));
      }),
    );
  });

  it('are idempotent, and what is added and then subtracted leaves what was outside of it', () => {
    fc.assert(
      fc.property(bits(SIZE), bits(SIZE), (a, b) => {
        const [p, q] = [pack(a), pack(b)];
        for (const operation of ['add', 'subtract', 'intersect'] as const) {
          const once = combineSlices(p, q, operation);
          expect(combineSlices(once, q, operation)).toEqual(once);
        }
        expect(combineSlices(combineSlices(p, q, 'add'), q, 'subtract')).toEqual(combineSlices(p, q, 'subtract'));
        expect(combineSlices(combineSlices(p, q, 'intersect'), combineSlices(p, q, 'subtract'), 'add')).toEqual(p);
      }),
    );
  });
});

describe('distances', () => {
  it('agree with the search over all voxels, with unequal spacing', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, fc.constantFrom<0 | 1>(0, 1), (voxels, spacing, to) => {
        const found = squaredDistances(voxels, SHAPE, spacing, to);
        const targets = [...voxels.keys()].filter((at) => voxels[at] === to);
        found.forEach((square, at) => {
          const nearest = Math.min(Infinity, ...targets.map((target) => apart(at, target, spacing)));
          if (nearest === Infinity) expect(square).toBe(Infinity);
          else expect(Math.sqrt(square)).toBeCloseTo(nearest, 4);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('are positive inside and negative outside', () => {
    const field = signedDistances(Uint8Array.from([0, 0, 1, 1, 1, 1, 1, 0]), [1, 1, 8], [1, 1, 2]);
    expect([...field]).toEqual([-4, -2, 2, 4, 6, 4, 2, -2]);
  });
});

describe('interpolation', () => {
  const grid: MaskGrid = { shape: [21, 64, 64], spacing: [2, 0.5, 0.8] };
  const between = (a: number[], b: number[], steps = 10) => interpolateSlices([{ k: 3, runs: a }, { k: 3 + steps, runs: b }], grid);

  it('repeats an outline that does not change and leaves the drawn slices alone', () => {
    const runs = disc(64, 64, [30, 31], 9);
    const found = between(runs, runs, 5);
    expect(found).toEqual([4, 5, 6, 7].map((k) => ({ k, runs })));
  });

  it('takes the radius of a cone linearly from one end to the other, in millimetres', () => {
    const circle = (radius: number) => disc(64, 64, [32, 32], radius, [0.5, 0.8]);
    const found = between(circle(12), circle(4));
    expect(found.map(({ k }) => k)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    found.forEach(({ k, runs }) => {
      const radius = Math.sqrt((countSlices([{ k, runs }]) * 0.5 * 0.8) / Math.PI);
      expect(Math.abs(radius - (12 - 0.8 * (k - 3)))).toBeLessThan(0.4);
    });
  });

  it('stays between the two: inside their union, outside their intersection where one holds the other', () => {
    fc.assert(
      fc.property(bits(AREA), bits(AREA), spacings, (a, b, spacing) => {
        const small = a.map((bit, at) => bit & b[at]!);
        if (!small.includes(1)) return;
        const mixed = interpolateSlices([{ k: 0, runs: encodeRuns(small) }, { k: 3, runs: encodeRuns(a) }], { shape: SHAPE, spacing });
        const parts = labelParts(a, [1, SHAPE[1], SHAPE[2]], 'slices');
        const reached = new Set(parts.labels.filter((label, at) => label && small[at]));
        for (const k of [1, 2]) {
          const here = unpack(mixed).subarray(k * AREA, (k + 1) * AREA);
          expect(within(small, here)).toBe(true);
          // A part of the larger one that meets nothing below it is left out, unless it is carried over.
          if (reached.size === parts.sizes.length - 1) expect(within(here, a)).toBe(true);
        }
      }),
    );
  });

  it('is the same from below as from above', () => {
    const [a, b] = [disc(64, 64, [20, 20], 6), disc(64, 64, [25, 23], 10)];
    const up = between(a, b, 7);
    const down = between(b, a, 7);
    expect(down.map(({ runs }) => runs).reverse()).toEqual(up.map(({ runs }) => runs));
  });

  it('keeps parts apart that belong to different partners', () => {
    const both = (left: number, right: number) => combineRuns(disc(64, 64, [30, 12], left), disc(64, 64, [30, 50], right), 'add');
    const alone = between(disc(64, 64, [30, 12], 5), disc(64, 64, [30, 12], 9));
    const other = between(disc(64, 64, [30, 50], 8), disc(64, 64, [30, 50], 3));
    expect(between(both(5, 8), both(9, 3))).toEqual(combineSlices(alone, other, 'add'));
  });

  it('carries a single part to a place where it overlaps nothing, and joins one part with the two it splits into', () => {
    const moved = between(disc(64, 64, [16, 12], 4), disc(64, 64, [16, 52], 4), 4);
    expect(moved.map(({ k, runs }) => [k, runs])).toEqual([[4, disc(64, 64, [16, 22], 4)], [5, disc(64, 64, [16, 32], 4)], [6, disc(64, 64, [16, 42], 4)]]);
    const whole = disc(64, 64, [32, 32], 15);
    const split = combineRuns(disc(64, 64, [32, 22], 5), disc(64, 64, [32, 44], 5), 'add');
    expect(between(whole, split).map(({ k }) => k)).toHaveLength(9);
  });

  it('finds nothing between neighbours, in one slice, or in none', () => {
    const runs = disc(64, 64, [30, 31], 9);
    expect(between(runs, runs, 1)).toEqual([]);
    expect(interpolateSlices([{ k: 3, runs }], grid)).toEqual([]);
    expect(interpolateSlices([], grid)).toEqual([]);
  });
});

describe('islands', () => {
  it('keep no voxel twice and add none; what is kept once is kept again', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, scopes, fc.double({ min: 0, max: 30, noNaN: true }), (voxels, spacing, scope, size) => {
        const grid = { shape: SHAPE, spacing };
        for (const tool of [(s: SliceRuns[]) => keepLargest(s, grid, scope), (s: SliceRuns[]) => removeSmall(s, grid, scope, size)]) {
          const once = tool(pack(voxels));
          expect(within(unpack(once), voxels)).toBe(true);
          expect(tool(once)).toEqual(once);
        }
      }),
    );
  });

  it('are whole: the largest of the volume, of each slice, the one clicked, and none below so many cubic millimetres', () => {
    const grid: MaskGrid = { shape: [3, 8, 8], spacing: [4, 0.5, 0.5] };
    const slices = [{ k: 0, runs: [0, 2, 26, 4] }, { k: 1, runs: [0, 3, 26, 2] }, { k: 2, runs: [0, 3] }];
    expect(keepLargest(slices, grid, 'volume')).toEqual([{ k: 0, runs: [0, 2] }, { k: 1, runs: [0, 3] }, { k: 2, runs: [0, 3] }]);
    expect(keepLargest(slices, grid, 'slices')).toEqual([{ k: 0, runs: [26, 4] }, { k: 1, runs: [0, 3] }, { k: 2, runs: [0, 3] }]);
    expect(keepIsland(slices, grid, 'volume', [1, 3, 2])).toEqual([{ k: 0, runs: [26, 4] }, { k: 1, runs: [26, 2] }]);
    expect(keepIsland(slices, grid, 'slices', [1, 3, 2])).toEqual([slices[0], { k: 1, runs: [26, 2] }, slices[2]]);
    expect(keepIsland(slices, grid, 'volume', [1, 5, 5])).toBeNull();
    // Eight voxels of 1 mm³ and six of 1 mm³: 4 × 0.5 × 0.5.
    expect(removeSmall(slices, grid, 'volume', 6)).toEqual(slices);
    expect(countSlices(removeSmall(slices, grid, 'volume', 6.1))).toBe(8);
    expect(removeSmall(slices, grid, 'volume', 8.1)).toEqual([]);
  });
});

describe('filling', () => {
  it('closes every hole, adds nothing outside, and does nothing twice', () => {
    fc.assert(
      fc.property(bits(SIZE), (voxels) => {
        const grid: MaskGrid = { shape: SHAPE, spacing: [1, 1, 1] };
        const filled = fillHoles(pack(voxels), grid);
        expect(within(voxels, unpack(filled))).toBe(true);
        expect(fillHoles(filled, grid)).toEqual(filled);
        expect(unpack(filled)).toEqual(holesByHand(voxels));
      }),
    );
  });

  it('fills the hole that is clicked, else the region the window accepts, else nothing', () => {
    const ring = Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const mask = { data: ring, width: 5, height: 5 };
    expect(fillAt(mask, 12, () => false)?.data).toEqual(ring.map((bit, at) => (at === 12 ? 1 : bit)));
    expect(fillAt(mask, 0, (at) => at < 5)?.data).toEqual(ring.map((bit, at) => (at < 5 ? 1 : bit)));
    expect(fillAt(mask, 0, () => false)).toBeNull();
    expect(fillAt(mask, 6, () => true)).toBeNull();
  });
});

/** Background that cannot reach the edge: shrunk from "everything" until nothing more leaks, slice by slice. */
function holesByHand(voxels: Uint8Array): Uint8Array {
  const filled = voxels.map(() => 1);
  for (let again = true; again; ) {
    again = false;
    filled.forEach((bit, at) => {
      const [k, row, column] = placeOf(at);
      if (!bit || voxels[at]) return;
      const near = [[row - 1, column], [row + 1, column], [row, column - 1], [row, column + 1]];
      const leaks = near.some(([r = 0, c = 0]) => r < 0 || c < 0 || r >= SHAPE[1] || c >= SHAPE[2] || !filled[k * AREA + r * SHAPE[2] + c]);
      if (leaks) [filled[at], again] = [0, true];
    });
  }
  return filled;
}

describe('margins', () => {
  it('hold exactly the voxels within so many millimetres, in the volume and in each slice', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, scopes, fc.constantFrom(0.5, 1, 1.6, 3, 5), fc.boolean(), (voxels, spacing, scope, mm, grow) => {
        const found = unpack(addMargin(pack(voxels), { shape: SHAPE, spacing }, scope, grow ? mm : -mm));
        const others = [...voxels.keys()].filter((at) => (voxels[at] === 1) === grow);
        const expected = voxels.map((_, at) => {
          const near = others.some((other) => apart(at, other, spacing) <= mm + 1e-6 && (scope === 'volume' || placeOf(at)[0] === placeOf(other)[0]));
          return near === grow ? 1 : 0;
        });
        expect(found).toEqual(grow ? expected : expected.map((bit, at) => bit & voxels[at]!));
      }),
      { numRuns: 60 },
    );
  });

  it('shrunk after growing hold the mask again, grown after shrinking lie in it', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, scopes, fc.constantFrom(1, 2.5), (voxels, spacing, scope, mm) => {
        const grid = { shape: SHAPE, spacing };
        expect(within(voxels, unpack(addMargin(addMargin(pack(voxels), grid, scope, mm), grid, scope, -mm)))).toBe(true);
        expect(within(unpack(addMargin(addMargin(pack(voxels), grid, scope, -mm), grid, scope, mm)), voxels)).toBe(true);
      }),
    );
  });
});

describe('smoothing', () => {
  const grid: MaskGrid = { shape: [9, 48, 48], spacing: [3, 0.5, 1] };

  it('takes bumps and dents off a straight edge and leaves the edge', () => {
    const half = Uint8Array.from({ length: 48 * 48 }, (_, at) => (at % 48 < 24 ? 1 : 0));
    const rough = half.slice();
    rough[20 * 48 + 24] = 1;
    rough[30 * 48 + 23] = 0;
    const smooth = smoothMask([{ k: 4, runs: encodeRuns(rough) }], grid, 'slices', 3);
    expect(smooth).toEqual([{ k: 4, runs: encodeRuns(half) }]);
  });

  it('rounds by millimetres: a bump of 2 × 2 mm goes at 3 mm, a disc of 20 mm keeps its size', () => {
    const circle = disc(48, 48, [24, 24], 10, [0.5, 1]);
    const before = countSlices([{ k: 4, runs: circle }]);
    const after = countSlices(smoothMask([{ k: 4, runs: circle }], grid, 'slices', 3));
    expect(Math.abs(after - before) / before).toBeLessThan(0.04);
    const bump = encodeRuns(Uint8Array.from({ length: 48 * 48 }, (_, at) => (Math.floor(at / 48) < 4 && at % 48 > 20 && at % 48 < 23 ? 1 : 0)));
    expect(smoothMask([{ k: 4, runs: combineRuns(bump, circle, 'subtract') }], grid, 'slices', 3)).toEqual([]);
  });

  it('agrees with the blur of the whole grid, also at its edges', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, fc.constantFrom(1, 2.4), (voxels, spacing, radius) => {
        const found = unpack(smoothMask(pack(voxels), { shape: SHAPE, spacing }, 'volume', radius));
        const sigma = radius / 2;
        const reach = spacing.map((step) => Math.floor((3 * sigma) / step + 1e-9));
        found.forEach((bit, at) => {
          let [sum, weights] = [0, 0];
          voxels.forEach((value, other) => {
            const [p, q] = [placeOf(at), placeOf(other)];
            if (p.some((place, axis) => Math.abs(place - q[axis]!) > reach[axis]!)) return;
            const weight = Math.exp(-(apart(at, other, spacing) ** 2) / (2 * sigma * sigma));
            sum += weight * value;
            weights += weight;
          });
          if (Math.abs(sum / weights - 0.5) > 1e-3) expect(bit).toBe(sum / weights > 0.5 ? 1 : 0);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe('region growing', () => {
  const grid: MaskGrid = { shape: [5, 9, 9], spacing: [3, 1, 2] };
  const values = new Float32Array(5 * 81).fill(100);

  it('reaches so many millimetres and no farther, in every direction', () => {
    const seed: Triple = [2, 4, 4];
    const { shape, origin, flat } = growBox(grid, seed, 4);
    expect([shape, origin, flat]).toEqual([[3, 9, 5], [1, 0, 2], false]);
    const found = growRegion({ values: new Float32Array(3 * 9 * 5).fill(100), shape, origin }, grid, seed, [99, 101], 4);
    const all = [...values.keys()].filter((at) => {
      const [z, y, x] = placeOf(at, grid.shape);
      return Math.hypot((z - 2) * 3, y - 4, (x - 4) * 2) <= 4;
    });
    expect([...unpack(found, grid.shape).keys()].filter((at) => unpack(found, grid.shape)[at])).toEqual(all);
  });

  it('stops at values outside the range and does not jump', () => {
    const walled = values.slice();
    for (let at = 0; at < walled.length; at += 1) if (at % 9 === 5) walled[at] = 300;
    walled[0] = NaN;
    const found = unpack(growRegion({ values: walled, shape: grid.shape, origin: [0, 0, 0] }, grid, [2, 4, 4], [50, 150], 1000), grid.shape);
    expect(found.filter((bit) => bit).length).toBe(5 * 9 * 5 - 1);
    expect(found.some((bit, at) => bit && at % 9 > 4)).toBe(false);
  });

  it('reads its tolerance as values or as percentiles round the seed', () => {
    const ramp = Float32Array.from({ length: 101 }, (_, n) => 10 * n);
    expect(growRange(ramp, 500, 25, 'value')).toEqual([475, 525]);
    const [low, high] = growRange(ramp, 500, 10, 'percentile');
    expect([low, high]).toEqual([400, 600]);
    expect(growRange(ramp, 0, 5, 'percentile')).toEqual([0, 50]);
  });

  it('stays in the slice where the volume round the click is too large', () => {
    const large: MaskGrid = { shape: [500, 512, 512], spacing: [1, 1, 1] };
    expect(growBox(large, [250, 256, 256], 60).flat).toBe(false);
    expect(growBox(large, [250, 256, 256], 150)).toEqual({ shape: [1, 301, 301], origin: [250, 106, 106], flat: true });
  });
});

describe('every tool', () => {
  it('gives a delta that takes it back', () => {
    fc.assert(
      fc.property(bits(SIZE), spacings, scopes, (voxels, spacing, scope) => {
        const before = pack(voxels);
        const grid = { shape: SHAPE, spacing };
        for (const after of [addMargin(before, grid, scope, 1), smoothMask(before, grid, scope, 2), fillHoles(before, grid), keepLargest(before, grid, scope)]) {
          const delta = xorSlices(before, after);
          expect(xorSlices(before, delta)).toEqual(after);
          expect(xorSlices(after, delta)).toEqual(before);
        }
      }),
    );
  });
});
