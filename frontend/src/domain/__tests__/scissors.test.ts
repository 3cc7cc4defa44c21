import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Triple } from '@/api/readingTypes';
import { planeUV, type ViewAxis } from '@/domain/coordinates';
import { planeNumber, planeSize, indexToPlane } from '@/domain/planes';
import { indexIJK } from '@/domain/coordinates';
import { encodeRuns, type SliceRuns } from '@/domain/runs';
import { applyCut, cutOf, fillPolygon, scissorOutline, type ScissorAction, type ScissorReach } from '@/domain/scissors';

const SHAPE: Triple = [4, 5, 6];
const AREA = 30;
const masks = fc.array(fc.constantFrom(0, 1), { minLength: 4 * AREA, maxLength: 4 * AREA });
const pack = (voxels: readonly number[]): SliceRuns[] =>
  [0, 1, 2, 3].map((k) => ({ k, runs: encodeRuns(voxels.slice(k * AREA, (k + 1) * AREA)) })).filter(({ runs }) => runs.length > 0);

describe('drawn shapes', () => {
  it('hold the voxels whose centres lie inside: rectangle, circle in millimetres, free line', () => {
    const rectangle = fillPolygon(scissorOutline('rectangle', [planeUV(6.4, 3.2), planeUV(1.6, 0.5)], [1, 1]), 9, 6);
    expect(encodeRuns(rectangle.data)).toEqual([11, 5, 20, 5, 29, 5]);
    const circle = fillPolygon(scissorOutline('circle', [planeUV(20, 20), planeUV(20, 28)], [0.5, 2]), 80, 60);
    const expected = circle.data.map((_, at) => (Math.hypot(((at % 80) - 20) * 0.5, (Math.floor(at / 80) - 20) * 2) <= 16 ? 1 : 0));
    const wrong = circle.data.filter((bit, at) => bit !== expected[at]).length;
    expect(wrong / expected.filter((bit) => bit).length).toBeLessThan(0.01);
    const triangle = fillPolygon(scissorOutline('free', [planeUV(0, 0), planeUV(8, 0), planeUV(0, 8)], [1, 1]), 10, 10);
    triangle.data.forEach((bit, at) => {
      const [u, v] = [at % 10, Math.floor(at / 10)];
      if (u + v < 8) expect(bit).toBe(1);
      if (u + v > 8) expect(bit).toBe(0);
    });
  });

  it('may leave the image and may be empty', () => {
    expect(fillPolygon(scissorOutline('rectangle', [planeUV(-5, -5), planeUV(50, 50)], [1, 1]), 4, 3).data).toEqual(new Uint8Array(12).fill(1));
    expect(fillPolygon(scissorOutline('free', [planeUV(1, 1)], [1, 1]), 4, 3).data.includes(1)).toBe(false);
    expect(scissorOutline('circle', [], [1, 1])).toEqual([]);
  });
});

describe('cuts', () => {
  const cases = fc.record({
    voxels: masks,
    axis: fc.constantFrom<ViewAxis>('i', 'j', 'k'),
    plane: fc.nat(3),
    reach: fc.constantFrom<ScissorReach>('plane', 'all'),
    action: fc.constantFrom<ScissorAction>('erase_inside', 'erase_outside', 'fill_inside'),
  });
  const polygon = [0.5, 0.5, 3.5, 0.5, 3.5, 2.5, 0.5, 2.5];

  it('change exactly the voxels behind the shape, in this plane or in all, in every view', () => {
    fc.assert(
      fc.property(cases, ({ voxels, axis, plane, reach, action }) => {
        const { width, height } = planeSize(SHAPE, axis);
        const drawn = fillPolygon(polygon, width, height).data;
        const after = applyCut(pack(voxels), cutOf(polygon, SHAPE, axis, plane, reach), action);
        const expected = voxels.map((bit, at) => {
          const index = indexIJK(at % 6, Math.floor(at / 6) % 5, Math.floor(at / AREA));
          if (reach === 'plane' && planeNumber(axis, index) !== plane) return bit;
          const [u, v] = indexToPlane(axis, index);
          const inside = drawn[v * width + u] === 1;
          if (action === 'fill_inside') return inside ? 1 : bit;
          return inside === (action === 'erase_inside') ? 0 : bit;
        });
        expect(after).toEqual(pack(expected));
      }),
    );
  });

  it('do nothing the second time', () => {
    fc.assert(
      fc.property(cases, ({ voxels, axis, plane, reach, action }) => {
        const cut = cutOf(polygon, SHAPE, axis, plane, reach);
        const once = applyCut(pack(voxels), cut, action);
        expect(applyCut(once, cut, action)).toEqual(once);
      }),
    );
  });
});
