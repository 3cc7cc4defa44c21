import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisVector, indexIJK, indexToWorld, orientationLetters, planeAcross, positionText, spacingAlong, worldLps, worldToIndex } from '@/domain/coordinates';

const axial = [[0.5, 0, 0, -60], [0, 0.5, 0, -70], [0, 0, 5, -20], [0, 0, 0, 1]];
const reversedOblique = [[-0.8, 0, 0, 90], [0, -0.75, -1, 40], [0, 0.28, -2.8, 100], [0, 0, 0, 1]];

describe('the affine', () => {
  it('goes to the patient and back, oblique and anisotropic', () => {
    const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
    const spacing = fc.double({ min: 0.2, max: 9, noNaN: true });
    const place = fc.double({ min: -300, max: 300, noNaN: true });
    fc.assert(
      fc.property(angle, angle, spacing, spacing, spacing, place, (a, b, dx, dy, dz, at) => {
        const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
        const affine = [
          [ca * dx, -sa * cb * dy, sa * sb * dz, at],
          [sa * dx, ca * cb * dy, -ca * sb * dz, -at],
          [0, sb * dy, cb * dz, 7],
          [0, 0, 0, 1],
        ];
        const back = worldToIndex(affine, indexToWorld(affine, indexIJK(12, 5, 31)));
        expect(back[0]).toBeCloseTo(12, 6);
        expect(back[1]).toBeCloseTo(5, 6);
        expect(back[2]).toBeCloseTo(31, 6);
        expect(spacingAlong(affine, 'k')).toBeCloseTo(dz, 6);
      }),
    );
  });

  it('refuses a grid without volume and a broken matrix', () => {
    const flat = [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
    expect(() => worldToIndex(flat, worldLps(0, 0, 0))).toThrow(RangeError);
    expect(() => indexToWorld([[1, 0, 0]], indexIJK(0, 0, 0))).toThrow(/affine_lps/);
  });

  it('names planes and sides of the patient', () => {
    expect(['i', 'j', 'k'].map((axis) => planeAcross(axial, axis as 'i'))).toEqual(['SAG', 'COR', 'AX']);
    expect(planeAcross(reversedOblique, 'k')).toBe('AX');
    expect(orientationLetters(axisVector(axial, 'i'))).toBe('L');
    expect(orientationLetters(axisVector(axial, 'j'))).toBe('P');
    expect(orientationLetters([-1, 0, 0])).toBe('R');
    expect(orientationLetters([0.6, -0.8, 0])).toBe('AL');
    expect(positionText(axial, 'k', worldLps(0, 0, -20))).toBe('F 20.0 mm');
    expect(positionText(axial, 'j', worldLps(0, -12.4, 0))).toBe('A 12.4 mm');
  });
});
