/** Statistics of the voxels of one slice whose centres lie in an ellipse. Plane coordinates: voxel centres at whole numbers. */
import type { MeasureValues } from '@/api/readingTypes';

type UV = readonly [number, number];
type Sample = (u: number, v: number) => number | null;
export type Values = Omit<MeasureValues, 'unit'>;

/** `sd` is that of the voxels themselves (divided by n). Null when no centre lies inside or a value is not at hand. */
export function ellipseValues([centre, a, b]: readonly [UV, UV, UV], width: number, height: number, sample: Sample): Values | null {
  const [ax, ay, bx, by] = [a[0] - centre[0], a[1] - centre[1], b[0] - centre[0], b[1] - centre[1]];
  const determinant = ax * by - ay * bx;
  if (Math.abs(determinant) < 1e-12) return null;
  const [reachU, reachV] = [Math.hypot(ax, bx), Math.hypot(ay, by)];
  const found: number[] = [];
  for (let v = Math.max(0, Math.ceil(centre[1] - reachV)); v <= Math.min(height - 1, centre[1] + reachV); v += 1) {
    for (let u = Math.max(0, Math.ceil(centre[0] - reachU)); u <= Math.min(width - 1, centre[0] + reachU); u += 1) {
      const [x, y] = [u - centre[0], v - centre[1]];
      const [p, q] = [(x * by - y * bx) / determinant, (ax * y - ay * x) / determinant];
      if (p * p + q * q > 1 + 1e-9) continue;
      const value = sample(u, v);
      if (value === null) return null;
      found.push(value);
    }
  }
  return valuesOf(found);
}

/** The voxel under a point; null outside the image. */
export function probeValues([u, v]: UV, width: number, height: number, sample: Sample): Values | null {
  const [column, row] = [Math.round(u), Math.round(v)];
  if (column < 0 || row < 0 || column >= width || row >= height) return null;
  const value = sample(column, row);
  return value === null ? null : valuesOf([value]);
}

function valuesOf(found: readonly number[]): Values | null {
  const count = found.length;
  if (count === 0) return null;
  const mean = found.reduce((sum, value) => sum + value, 0) / count;
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const [min, max] = found.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  return { count, mean: rounded(mean), sd: rounded(Math.sqrt(variance)), min: rounded(min), max: rounded(max) };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
