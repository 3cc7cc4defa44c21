/** Geometry of measures against brute force: every voxel asked, every pair of corners tried, every handle pulled. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Triple } from '@/api/readingTypes';
import { drawnAxes, drawnEllipse, handlesOf, withHandleAt, type Flat } from '@/domain/flatMeasures';
import { maskAxes } from '@/domain/maskAxes';
import { measured, type MeasureTool } from '@/domain/measures';
import { isNodeLabel, targetOf } from '@/domain/recist';
import { ellipseValues, probeValues } from '@/domain/roiValues';
import { runsFromSorted } from '@/domain/runs';

const finite = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
const flat = fc.tuple(finite(80), finite(80));
const far = (p: Flat, q: Flat): number => Math.hypot(q[0] - p[0], q[1] - p[1]);
const lift = (points: readonly Flat[]): Triple[] => points.map(([x, y]): Triple => [x, y, 0]);
const numbersOf = (tool: MeasureTool, points: readonly Flat[]) => measured({ tool, points_lps: lift(points), values: null }, true);

function cosine(points: readonly Flat[]): number {
  const [p, q, s, r] = points as [Flat, Flat, Flat, Flat];
  const dot = (q[0] - p[0]) * (r[0] - s[0]) + (q[1] - p[1]) * (r[1] - s[1]);
  return Math.abs(dot) / (far(p, q) * far(s, r));
}

describe('the numbers of a measure', () => {
  it('do not depend on where it lies or how it is turned', () => {
    fc.assert(
      fc.property(flat, flat, finite(50), fc.double({ min: 0, max: 6.28, noNaN: true }), (from, to, shift, angle) => {
        fc.pre(far(from, to) > 1);
        const turn = ([x, y]: Flat): Flat => [x * Math.cos(angle) - y * Math.sin(angle) + shift, x * Math.sin(angle) + y * Math.cos(angle) - shift];
        for (const [tool, points] of [['bidirectional', drawnAxes(from, to)], ['ellipse', drawnEllipse(from, to, false)]] as const) {
          const [before, after] = [numbersOf(tool, points), numbersOf(tool, points.map(turn))];
          expect(after.long_axis).toBeCloseTo(before.long_axis ?? NaN, 4);
          expect(after.short_axis).toBeCloseTo(before.short_axis ?? NaN, 4);
          expect(Math.abs((after.area ?? 0) - (before.area ?? 0))).toBeLessThan(1e-3);
        }
      }),
    );
  });

  it('measure angles between directions, and Cobb angles between lines', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 179.5, noNaN: true }), fc.double({ min: 1, max: 50, noNaN: true }), (degrees, length) => {
        const end: Flat = [length * Math.cos((degrees * Math.PI) / 180), length * Math.sin((degrees * Math.PI) / 180)];
        expect(numbersOf('angle', [[7, 0], [0, 0], end]).angle_deg).toBeCloseTo(degrees, 4);
        expect(numbersOf('cobb', [[0, 0], [9, 0], [0, 0], end]).angle_deg).toBeCloseTo(Math.min(degrees, 180 - degrees), 4);
      }),
    );
  });

  it('are px where the spacing is unknown', () => {
    expect(measured({ tool: 'ellipse', points_lps: lift([[0, 0], [2, 0], [0, 3]]), values: null }, false)).toMatchObject({ unit: 'px', long_axis: 6, short_axis: 4 });
  });
});

describe('drawing and handles', () => {
  it('keep the axes of a lesion perpendicular whatever handle is pulled where', () => {
    fc.assert(
      fc.property(flat, flat, fc.array(fc.tuple(fc.nat(3), flat), { minLength: 1, maxLength: 6 }), (from, to, pulls) => {
        fc.pre(far(from, to) > 1);
        let points: readonly Flat[] = drawnAxes(from, to);
        expect(cosine(points)).toBeLessThan(1e-9);
        for (const [handle, at] of pulls) {
          const before = points;
          points = withHandleAt('bidirectional', points, handle, at);
          expect(cosine(points)).toBeLessThan(1e-6);
          if (handle < 2 && points !== before) expect(far(points[handle] as Flat, at)).toBeLessThan(1e-9);
          if (handle >= 2) expect(points.slice(0, 2)).toEqual(before.slice(0, 2));
        }
      }),
    );
  });

  it('leave the opposite end of an ellipse where it is, and keep its axes perpendicular', () => {
    fc.assert(
      fc.property(flat, flat, fc.integer({ min: 1, max: 4 }), flat, fc.boolean(), (from, to, handle, at, round) => {
        fc.pre(far(from, to) > 1);
        const before = drawnEllipse(from, to, false);
        const after = withHandleAt('ellipse', before, handle, at, round);
        const opposite = ((handle + 1) % 4) + 1;
        expect(far(handlesOf('ellipse', before)[opposite] as Flat, handlesOf('ellipse', after)[opposite] as Flat)).toBeLessThan(1e-9);
        const [centre, a, b] = after as [Flat, Flat, Flat];
        expect(Math.abs((a[0] - centre[0]) * (b[0] - centre[0]) + (a[1] - centre[1]) * (b[1] - centre[1]))).toBeLessThan(1e-6);
        if (round) expect(far(centre, a)).toBeCloseTo(far(centre, b), 9);
      }),
    );
  });

  it('draw a circle with equal axes that starts in the corner', () => {
    const [centre, a, b] = drawnEllipse([10, 10], [30, 14], true) as [Flat, Flat, Flat];
    expect([centre, a, b]).toEqual([[20, 20], [30, 20], [20, 30]]);
    expect(drawnEllipse([10, 10], [0, 8], true)[0]).toEqual([5, 5]);
  });

  it('move an ellipse by its centre and refuse a line without length', () => {
    expect(withHandleAt('ellipse', [[0, 0], [2, 0], [0, 1]], 0, [5, 5])).toEqual([[5, 5], [7, 5], [5, 6]]);
    const line: Flat[] = [[0, 0], [5, 0]];
    expect(withHandleAt('arrow', line, 0, [5, 0])).toBe(line);
    expect(withHandleAt('angle', [[0, 0], [5, 0], [5, 5]], 2, [5, 0])).toEqual([[0, 0], [5, 0], [5, 5]]);
  });
});

describe('values in an ellipse', () => {
  const [width, height] = [24, 18];
  const value = (u: number, v: number) => ((u * 37 + v * 101) % 1201) - 1000;

  it('are those of all voxels whose centres lie inside, anisotropic or turned', () => {
    fc.assert(
      fc.property(fc.tuple(finite(24), finite(18)), finite(9), finite(9), fc.double({ min: 0, max: 3, noNaN: true }), fc.constantFrom(0.4, 1, 2.5), ([cu, cv], ra, rb, turn, aspect) => {
        const [p, q] = [Math.abs(ra) + 0.6, Math.abs(rb) + 0.6];
        // In millimetres the axes are perpendicular; in index units they are not, where voxels are not square.
        const a: Flat = [cu + p * Math.cos(turn), cv + (p * Math.sin(turn)) / aspect];
        const b: Flat = [cu - q * Math.sin(turn), cv + (q * Math.cos(turn)) / aspect];
        const inside: number[] = [];
        let near = false;
        for (let v = 0; v < height; v += 1)
          for (let u = 0; u < width; u += 1) {
            const [x, y] = [u - cu, (v - cv) * aspect];
            const along = (x * Math.cos(turn) + y * Math.sin(turn)) / p;
            const across = (-x * Math.sin(turn) + y * Math.cos(turn)) / q;
            const reach = along * along + across * across;
            near ||= Math.abs(reach - 1) < 1e-6;
            if (reach <= 1) inside.push(value(u, v));
          }
        fc.pre(!near);
        const found = ellipseValues([[cu, cv], a, b], width, height, value);
        expect(found === null).toBe(inside.length === 0);
        if (!found) return;
        const mean = inside.reduce((sum, one) => sum + one, 0) / inside.length;
        const sd = Math.sqrt(inside.reduce((sum, one) => sum + (one - mean) ** 2, 0) / inside.length);
        expect(found).toMatchObject({ count: inside.length, min: Math.min(...inside), max: Math.max(...inside) });
        expect(found.mean).toBeCloseTo(mean, 5);
        expect(found.sd).toBeCloseTo(sd, 5);
      }),
    );
  });

  it('are none while a voxel is not at hand or outside the image', () => {
    expect(ellipseValues([[5, 5], [8, 5], [5, 8]], width, height, (u) => (u === 5 ? null : 1))).toBeNull();
    expect(ellipseValues([[50, 50], [52, 50], [50, 52]], width, height, value)).toBeNull();
    expect(probeValues([-1, 3], width, height, value)).toBeNull();
    expect(probeValues([2.4, 3.6], width, height, value)).toEqual({ count: 1, mean: value(2, 4), sd: 0, min: value(2, 4), max: value(2, 4) });
  });
});

describe('axes of a mask', () => {
  const columns = 14;
  const sliceOf = (voxels: readonly number[], k = 0) => ({ k, runs: runsFromSorted([...new Set(voxels)].sort((p, q) => p - q)) });
  const cornersOf = (voxels: readonly number[], [du, dv]: Flat): Flat[] =>
    voxels.flatMap((at) => [-0.5, 0.5].flatMap((x) => [-0.5, 0.5].map((y): Flat => [((at % columns) + x) * du, (Math.floor(at / columns) + y) * dv])));

  it('have the farthest pair of all voxel corners as the long one, and a chord inside at right angles as the short one', () => {
    const voxels = fc.array(fc.nat(columns * 12 - 1), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(voxels, fc.constantFrom<Flat>([1, 1], [0.5, 2], [3, 0.7]), (set, spacing) => {
        const found = maskAxes([sliceOf(set)], columns, spacing);
        const corners = cornersOf(set, spacing);
        const farthest = Math.max(...corners.flatMap((p) => corners.map((q) => far(p, q))));
        if (!found) throw new Error('a mask has axes');
        expect(found.longLength).toBeCloseTo(farthest, 9);
        const mm = ([u, v]: Flat): Flat => [u * spacing[0], v * spacing[1]];
        const points = [...found.long, ...found.short].map(mm);
        expect(far(points[0] as Flat, points[1] as Flat)).toBeCloseTo(found.longLength, 9);
        expect(far(points[2] as Flat, points[3] as Flat)).toBeCloseTo(found.shortLength, 9);
        expect(cosine(points)).toBeLessThan(1e-6);
        const [s, r] = found.short;
        for (let n = 1; n < 200; n += 1) {
          const [u, v] = [s[0] + ((r[0] - s[0]) * n) / 200, s[1] + ((r[1] - s[1]) * n) / 200];
          const isIn = set.some((at) => Math.abs((at % columns) - u) <= 0.5 + 1e-6 && Math.abs(Math.floor(at / columns) - v) <= 0.5 + 1e-6);
          expect(isIn).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('have no longer chord than any that a dense search finds', () => {
    const voxels = fc.array(fc.nat(columns * 12 - 1), { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(voxels, (set) => {
        const found = maskAxes([sliceOf(set)], columns, [1, 1]);
        if (!found) throw new Error('a mask has axes');
        const [p, q] = found.long;
        const d: Flat = [(q[0] - p[0]) / found.longLength, (q[1] - p[1]) / found.longLength];
        const inside = new Set(set);
        const has = (u: number, v: number) => u > -0.5 && u < columns - 0.5 && inside.has(Math.round(v) * columns + Math.round(u));
        let best = 0;
        for (let t = 0.013; t < found.longLength; t += 0.037) {
          let length = 0;
          for (let s = -found.longLength; s < found.longLength; s += 0.01) {
            length = has(p[0] + d[0] * t - d[1] * s, p[1] + d[1] * t + d[0] * s) ? length + 0.01 : 0;
            best = Math.max(best, length);
          }
        }
        expect(found.shortLength).toBeGreaterThan(best - 0.03);
      }),
      { numRuns: 15 },
    );
  });

  it('of a square are its diagonal and the other one; of the same square turned in space the same', () => {
    const square = [3, 4, 5, 6].flatMap((row) => [2, 3, 4, 5].map((column) => row * columns + column));
    const found = maskAxes([sliceOf(square, 7)], columns, [1, 1]);
    expect(found).toMatchObject({ k: 7 });
    expect(found?.longLength).toBeCloseTo(4 * Math.SQRT2, 6);
    expect(found?.shortLength).toBeCloseTo(4 * Math.SQRT2, 5);
  });

  it('count voxels as rectangles: a row of ten is ten long and one wide', () => {
    const row = Array.from({ length: 10 }, (_, n) => 2 * columns + n);
    expect(maskAxes([sliceOf(row)], columns, [0.7, 0.7])?.longLength).toBeCloseTo(0.7 * Math.hypot(10, 1), 9);
  });

  it('come from the slice where the mask is longest, not where it is largest', () => {
    const wide = sliceOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4);
    const full = sliceOf([0, 1, 2, 3, 14, 15, 16, 17, 28, 29, 30, 31], 2);
    expect(maskAxes([full, wide], columns, [1, 1])?.k).toBe(4);
    expect(maskAxes([], columns, [1, 1])).toBeNull();
  });
});

describe('RECIST 1.1', () => {
  const lesion = { longMm: 12, shortMm: 8, isNode: false, sliceMm: 1 };

  it('takes lesions from 10 mm, nodes from a short axis of 15 mm, and twice a slice thicker than 5 mm', () => {
    expect(targetOf(lesion)).toEqual({ measurable: true, axis: 'long', neededMm: 10 });
    expect(targetOf({ ...lesion, longMm: 9.9 }).measurable).toBe(false);
    expect(targetOf({ ...lesion, longMm: 10, sliceMm: 5 }).measurable).toBe(true);
    expect(targetOf({ ...lesion, sliceMm: 7 })).toEqual({ measurable: false, axis: 'long', neededMm: 14 });
    expect(targetOf({ ...lesion, sliceMm: null }).measurable).toBe(true);
    expect(targetOf({ ...lesion, isNode: true, longMm: 30, shortMm: 14.9 })).toEqual({ measurable: false, axis: 'short', neededMm: 15 });
    expect(targetOf({ ...lesion, isNode: true, longMm: 30, shortMm: 15 }).measurable).toBe(true);
  });

  it('knows a node by its label and no nodule', () => {
    expect(isNodeLabel('Lymph node', '')).toBe(true);
    expect(isNodeLabel('Target', 'Lymphadenopathy')).toBe(true);
    expect(isNodeLabel('Hilar nodes')).toBe(true);
    expect(isNodeLabel('Lung nodule', 'Nodule')).toBe(false);
  });
});
