import { describe, expect, it } from 'vitest';
import { maskLoops, maskPath } from '@/features/review/outline';

function mask(...lines: string[]): [Uint8Array, number, number] {
  return [Uint8Array.from(lines.join('').split('').map(Number)), lines.length, lines[0]?.length ?? 0];
}

/** Signed area by the shoelace formula; outer loops and holes have opposite signs. */
function area(loop: readonly (readonly [number, number])[]): number {
  return loop.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = loop[(index + 1) % loop.length] ?? [0, 0];
    return sum + (x * nextY - nextX * y) / 2;
  }, 0);
}

describe('mask outline', () => {
  it('follows the corners of one pixel', () => {
    expect(maskPath(...mask('000', '010', '000'))).toBe('M1 1L2 1L2 2L1 2L1 1Z');
  });

  it('has no path for an empty mask', () => {
    expect(maskPath(...mask('00', '00'))).toBe('');
  });

  it.each([
    ['111', '101', '111'],
    ['100', '010', '001'],
    ['110', '011', '111'],
    ['111', '111', '111'],
  ])('encloses exactly the set pixels (%s %s %s)', (...lines) => {
    const [pixels, rows, columns] = mask(...lines);
    const enclosed = maskLoops(pixels, rows, columns).reduce((sum, loop) => sum + area(loop), 0);
    expect(enclosed).toBe(pixels.reduce((sum, value) => sum + value, 0));
  });

  it('gives a hole its own loop, the other way round', () => {
    const areas = maskLoops(...mask('111', '101', '111')).map(area).sort((a, b) => a - b);
    expect(areas).toEqual([-1, 9]);
  });
});
