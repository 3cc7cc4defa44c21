import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Triple } from '@/api/readingTypes';
import { canvasPx, dot, planeUV, type AffineLps, type ViewAxis } from '@/domain/coordinates';
import { planeCamera } from '@/viewer/camera';
import { movedEdges } from '@/viewer/drags';
import { boxFromPlane, boxInPlane, drawnBox, outlineOf } from '@/viewer/marks';
import { lettersOf, matrixOf, pixelsPerMm, scaleBar, toCanvas, toPlane, type Projection } from '@/viewer/projection';

const SHAPE: Triple = [10, 40, 50];
const axial: AffineLps = [[0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 5, 0], [0, 0, 0, 1]];
const upright: Projection = { origin: canvasPx(10, 20), du: [2, 0], dv: [0, 2] };
const axis = fc.constantFrom<ViewAxis>('i', 'j', 'k');
const nonzero = fc.double({ min: 0.2, max: 5, noNaN: true });

describe('the projection of a view', () => {
  it('goes to the canvas and back, mirrored and rotated alike', () => {
    const angle = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(angle, nonzero, nonzero, fc.boolean(), (turn, su, sv, mirrored) => {
        const sign = mirrored ? -1 : 1;
        const projection: Projection = {
          origin: canvasPx(30, -7),
          du: [su * Math.cos(turn), su * Math.sin(turn)],
          dv: [-sv * sign * Math.sin(turn), sv * sign * Math.cos(turn)],
        };
        const back = toPlane(projection, toCanvas(projection, planeUV(12.5, 33)));
        expect(back[0]).toBeCloseTo(12.5, 6);
        expect(back[1]).toBeCloseTo(33, 6);
      }),
    );
  });

  it('puts the letters where the patient is, also after a flip', () => {
    expect(lettersOf(upright, axial, 'k')).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    const flipped: Projection = { ...upright, du: [-2, 0] };
    expect(lettersOf(flipped, axial, 'k')).toMatchObject({ left: 'L', right: 'R' });
    const headUp: Projection = { origin: canvasPx(0, 400), du: [2, 0], dv: [0, -20] };
    expect(lettersOf(headUp, axial, 'j')).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
  });

  it('measures millimetres and picks a readable scale', () => {
    expect(pixelsPerMm(upright, axial, 'k')).toBe(4);
    expect(scaleBar(4, 690)).toEqual({ mm: 20, px: 80 });
    expect(matrixOf(upright)).toBe('matrix(2 0 0 2 10 20)');
  });
});

describe('the camera of a reformatted plane', () => {
  const rotation = (turn: number): AffineLps => [
    [Math.cos(turn), 0, Math.sin(turn) * 3, 0],
    [0, 1, 0, 0],
    [-Math.sin(turn), 0, Math.cos(turn) * 3, 0],
    [0, 0, 0, 1],
  ];

  it('looks from the feet, from the front and from the left, head or front up', () => {
    for (const [along, normal, up] of [
      ['k', [0, 0, -1], [0, -1, 0]],
      ['j', [0, -1, 0], [0, 0, 1]],
      ['i', [1, 0, 0], [0, 0, 1]],
    ] as const) {
      const camera = planeCamera(axial, along);
      expect(camera.viewPlaneNormal.map((value) => value + 0)).toEqual(normal);
      expect(camera.viewUp.map((value) => value + 0)).toEqual(up);
    }
  });

  it('keeps normal and up at right angles on a tilted grid', () => {
    fc.assert(
      fc.property(fc.double({ min: -1.5, max: 1.5, noNaN: true }), axis, (turn, along) => {
        const { viewPlaneNormal, viewUp } = planeCamera(rotation(turn), along);
        expect(dot(viewPlaneNormal, viewUp)).toBeCloseTo(0, 9);
      }),
    );
  });
});

describe('boxes', () => {
  it('come back unchanged from every plane they cross', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(38), fc.nat(48), axis, (z, y, x, along) => {
        const box = { start_zyx: [z, y, x] as Triple, stop_zyx: [10, 40, 50] as Triple };
        const plane = { k: z, j: y, i: x }[along];
        const flat = boxInPlane(box, along, plane);
        expect(flat && boxFromPlane(box, along, SHAPE, flat)).toEqual(box);
        expect(boxInPlane(box, along, plane - 1)).toBeNull();
      }),
    );
  });

  it('are drawn round whole voxels, one plane thick, and stay inside the image', () => {
    expect(drawnBox(planeUV(4.4, 6.6), planeUV(2.2, 3.1), 'k', 7, SHAPE)).toEqual({ start_zyx: [7, 3, 2], stop_zyx: [8, 8, 5] });
    expect(drawnBox(planeUV(-20, -3), planeUV(500, 2), 'k', 0, SHAPE)).toEqual({ start_zyx: [0, 0, 0], stop_zyx: [1, 3, 50] });
    expect(drawnBox(planeUV(3, 2), planeUV(3, 2), 'i', 5, SHAPE)).toEqual({ start_zyx: [2, 3, 5], stop_zyx: [3, 4, 6] });
  });

  it('move whole, or by the side that is held', () => {
    const box = { u0: 0.5, v0: 1.5, u1: 5.5, v1: 6.5 };
    expect(movedEdges(box, 'se', 2.2, -1)).toEqual({ u0: 0.5, v0: 1.5, u1: 7.5, v1: 5.5 });
    expect(movedEdges(box, 'move', 1, 1)).toEqual({ u0: 1.5, v0: 2.5, u1: 6.5, v1: 7.5 });
    expect(movedEdges(box, 'w', 1, 9)).toEqual({ ...box, u0: 1.5 });
  });
});

describe('outlines', () => {
  it('are there in every plane that a mask crosses and nowhere else', () => {
    const slices = [{ k: 3, runs: [5 * 50 + 7, 4] }];
    expect(outlineOf(slices, SHAPE, 'k', 3)).toMatch(/^M/);
    expect(outlineOf(slices, SHAPE, 'k', 4)).toBe('');
    expect(outlineOf(slices, SHAPE, 'j', 5)).toMatch(/^M/);
    expect(outlineOf(slices, SHAPE, 'i', 11)).toBe('');
    expect(outlineOf(slices, SHAPE, 'i', 10)).toMatch(/^M/);
  });
});
