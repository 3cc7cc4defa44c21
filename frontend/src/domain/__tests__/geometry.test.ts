import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stroke, resizeTip, sweep } from '@/domain/brush';
import { traceContours } from '@/domain/contours';
import { planeUV, type ViewAxis } from '@/domain/coordinates';
import { indexToPlane, planeDelta, planeNumber, planeSize, planeToIndex, slicesInPlane } from '@/domain/planes';
import { countSlices, decodeRuns, encodeRuns, xorSlices } from '@/domain/runs';
import type { Triple } from '@/api/readingTypes';

const SHAPE: Triple = [6, 9, 7];
const VOXELS = SHAPE[1] * SHAPE[2];
const axis = fc.constantFrom<ViewAxis>('i', 'j', 'k');
const volume = fc.array(
  fc.array(fc.constantFrom(0, 0, 1), { minLength: VOXELS, maxLength: VOXELS }),
  { minLength: SHAPE[0], maxLength: SHAPE[0] },
);
const slicesOf = (bits: number[][]) =>
  bits.map((slice, k) => ({ k, runs: encodeRuns(slice) })).filter((slice) => slice.runs.length > 0);

describe('planes', () => {
  it('show each voxel where it is, in every view', () => {
    fc.assert(
      fc.property(volume, axis, fc.nat(5), (bits, view, plane) => {
        const size = planeSize(SHAPE, view);
        const mask = slicesInPlane(slicesOf(bits), SHAPE, view, plane);
        for (let v = 0; v < size.height; v += 1) {
          for (let u = 0; u < size.width; u += 1) {
            const [i, j, k] = planeToIndex(view, plane, planeUV(u, v));
            expect(mask?.data[v * size.width + u] ?? 0).toBe(bits[k]?.[j * SHAPE[2] + i] ?? 0);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('turn paint in any view into deltas of acquisition slices', () => {
    fc.assert(
      fc.property(volume, axis, fc.nat(5), fc.nat(6), fc.nat(5), (bits, view, plane, u, v) => {
        const slices = slicesOf(bits);
        const { width, height } = planeSize(SHAPE, view);
        const before = slicesInPlane(slices, SHAPE, view, plane) ?? { data: new Uint8Array(width * height), width, height };
        const stroke = new Stroke(before, { radiusMm: 2, spacing: [1, 1] }, 1);
        stroke.moveTo(planeUV(u, v));
        const after = xorSlices(slices, planeDelta(before.data, stroke.mask.data, SHAPE, view, plane));
        expect(slicesInPlane(after, SHAPE, view, plane)?.data).toEqual(stroke.mask.data);
        const grown = stroke.mask.data.reduce((sum, bit, n) => sum + bit - (before.data[n] ?? 0), 0);
        expect(countSlices(after) - countSlices(slices)).toBe(grown);
      }),
      { numRuns: 60 },
    );
  });

  it('number planes and indices the same way round', () => {
    for (const view of ['i', 'j', 'k'] as const) {
      const index = planeToIndex(view, 3, planeUV(1, 2));
      expect(planeNumber(view, index)).toBe(3);
      expect(indexToPlane(view, index)).toEqual([1, 2]);
    }
  });
});

describe('the brush', () => {
  const size = { width: 40, height: 40 };
  const painted = (radiusMm: number, from: [number, number], to: [number, number]) => {
    const voxels = new Set<number>();
    sweep({ radiusMm, spacing: [1, 2] }, planeUV(...from), planeUV(...to), size, (voxel) => voxels.add(voxel));
    return voxels;
  };

  it('leaves no gap however fast the hand moves', () => {
    const voxels = painted(2, [3, 20], [36, 20]);
    for (let u = 3; u <= 36; u += 1) expect(voxels.has(20 * 40 + u), `column ${u}`).toBe(true);
  });

  it('is round in millimetres, not in voxels', () => {
    const voxels = painted(6, [20, 20], [20, 20]);
    expect(voxels.has(20 * 40 + 26)).toBe(true);
    expect(voxels.has(20 * 40 + 27)).toBe(false);
    expect(voxels.has(23 * 40 + 20)).toBe(true);
    expect(voxels.has(24 * 40 + 20)).toBe(false);
  });

  it('draws at least the voxel it stands on and stays inside the image', () => {
    expect([...painted(0.1, [5.4, 5.4], [5.4, 5.4])]).toEqual([5 * 40 + 5]);
    for (const voxel of painted(30, [0, 0], [39, 39])) expect(voxel).toBeLessThan(1600);
    expect(resizeTip(5, 1)).toBe(6);
    expect(resizeTip(0.5, -3)).toBe(0.5);
  });
});

describe('outlines', () => {
  const area = (polygon: number[]) => {
    let twice = 0;
    for (let n = 0; n < polygon.length; n += 2) {
      const [u, v] = [polygon[n] ?? 0, polygon[n + 1] ?? 0];
      const [p, q] = [polygon[(n + 2) % polygon.length] ?? 0, polygon[(n + 3) % polygon.length] ?? 0];
      twice += u * q - p * v;
    }
    return twice / 2;
  };

  it('enclose a lone voxel, a block and its hole', () => {
    const lone = traceContours({ data: decodeRuns([12, 1], 25), width: 5, height: 5 });
    expect(lone).toHaveLength(1);
    expect(Math.abs(area(lone[0] ?? []))).toBeCloseTo(0.5);
    const ring = decodeRuns([6, 3, 11, 1, 13, 1, 16, 3], 25);
    const polygons = traceContours({ data: ring, width: 5, height: 5 });
    expect(polygons).toHaveLength(2);
    const areas = polygons.map(area).sort((p, q) => p - q);
    expect(Math.sign(areas[0] ?? 0)).not.toBe(Math.sign(areas[1] ?? 0));
  });

  it('are closed, one direction per side, and shrink each finding by its corners only', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 64, maxLength: 64 }), (bits) => {
        const polygons = traceContours({ data: Uint8Array.from(bits), width: 8, height: 8 });
        const enclosed = polygons.reduce((sum, polygon) => sum + area(polygon), 0);
        const voxels = bits.reduce<number>((sum, bit) => sum + bit, 0);
        expect(Math.abs(enclosed)).toBeLessThanOrEqual(voxels + 64);
        for (const polygon of polygons) {
          for (let n = 0; n < polygon.length; n += 2) {
            const [u, v] = [polygon[n] ?? 0, polygon[n + 1] ?? 0];
            const [p, q] = [polygon[(n + 2) % polygon.length] ?? 0, polygon[(n + 3) % polygon.length] ?? 0];
            expect(Math.hypot(u - p, v - q)).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});
