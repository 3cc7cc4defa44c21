/** Scissors: a shape drawn in one view, cut through that plane or through all planes behind it. */
import type { Triple } from '@/api/readingTypes';
import { combineSlices } from './combine';
import type { PlaneMask } from './contours';
import type { PlaneUV, ViewAxis } from './coordinates';
import { planeDelta, planeSize } from './planes';
import { encodeRuns, type SliceRuns } from './runs';

export type ScissorShape = 'rectangle' | 'circle' | 'free';
export type ScissorAction = 'erase_inside' | 'erase_outside' | 'fill_inside';
export type ScissorReach = 'plane' | 'all';

/** The outline that the pointer has drawn, as a polygon in index units: a rectangle between its ends, a circle round its start
 * (round in millimetres), or the line itself, closed. `spacing` is mm of one step in u and v. */
export function scissorOutline(shape: ScissorShape, path: readonly PlaneUV[], spacing: readonly [number, number]): number[] {
  const [from, to] = [path[0], path[path.length - 1]];
  if (!from || !to) return [];
  if (shape === 'free') return path.flatMap(([u, v]) => [u, v]);
  if (shape === 'rectangle') return [from[0], from[1], to[0], from[1], to[0], to[1], from[0], to[1]];
  const radius = Math.hypot((to[0] - from[0]) * spacing[0], (to[1] - from[1]) * spacing[1]);
  return Array.from({ length: CIRCLE_STEPS }, (_, n) => (2 * Math.PI * n) / CIRCLE_STEPS).flatMap((angle) => [
    from[0] + (radius * Math.cos(angle)) / spacing[0],
    from[1] + (radius * Math.sin(angle)) / spacing[1],
  ]);
}

const CIRCLE_STEPS = 180;

/** Voxels whose centres lie inside a closed polygon (flat u, v, …), by the even-odd rule. */
export function fillPolygon(polygon: readonly number[], width: number, height: number): PlaneMask {
  const data = new Uint8Array(width * height);
  const rows = polygon.filter((_, n) => n % 2 === 1);
  const top = Math.max(0, Math.ceil(Math.min(...rows)));
  const bottom = Math.min(height - 1, Math.floor(Math.max(...rows)));
  for (let v = top; v <= bottom; v += 1) {
    const crossings = crossingsAt(polygon, v);
    for (let n = 0; n + 1 < crossings.length; n += 2) {
      const first = Math.max(0, Math.ceil(crossings[n] ?? 0));
      const last = Math.min(width - 1, Math.floor(crossings[n + 1] ?? -1));
      if (first <= last) data.fill(1, v * width + first, v * width + last + 1);
    }
  }
  return { data, width, height };
}

/** Where the polygon crosses the line of centres of row v, from left to right. The upper end of an edge counts, the lower does not. */
function crossingsAt(polygon: readonly number[], v: number): number[] {
  const crossings: number[] = [];
  for (let n = 0; n < polygon.length; n += 2) {
    const [u0 = 0, v0 = 0] = [polygon[n], polygon[n + 1]];
    const [u1 = 0, v1 = 0] = [polygon[(n + 2) % polygon.length], polygon[(n + 3) % polygon.length]];
    if (Math.min(v0, v1) <= v && v < Math.max(v0, v1)) crossings.push(u0 + ((v - v0) / (v1 - v0)) * (u1 - u0));
  }
  return crossings.sort((p, q) => p - q);
}

/** The voxels of a plane's mask, in this plane or in every plane along the axis. */
export function throughPlanes(mask: PlaneMask, shape: Triple, axis: ViewAxis, plane: number, reach: ScissorReach): SliceRuns[] {
  if (reach === 'plane') return planeDelta(new Uint8Array(mask.data.length), mask.data, shape, axis, plane);
  const [depth, rows, columns] = shape;
  const runsAt = (k: number): number[] => {
    if (axis === 'k') return encodeRuns(mask.data);
    const line = mask.data.subarray(k * mask.width, (k + 1) * mask.width);
    const slice = new Uint8Array(rows * columns);
    if (axis === 'j') for (let row = 0; row < rows; row += 1) slice.set(line, row * columns);
    else line.forEach((bit, row) => slice.fill(bit, row * columns, (row + 1) * columns));
    return encodeRuns(slice);
  };
  const same = axis === 'k' ? runsAt(0) : null;
  return Array.from({ length: depth }, (_, k) => ({ k, runs: same ?? runsAt(k) })).filter(({ runs }) => runs.length > 0);
}

interface Cut {
  /** Voxels inside the drawn shape, and all that the cut may reach. */
  readonly inside: readonly SliceRuns[];
  readonly reached: readonly SliceRuns[];
}

export function cutOf(polygon: readonly number[], shape: Triple, axis: ViewAxis, plane: number, reach: ScissorReach): Cut {
  const { width, height } = planeSize(shape, axis);
  const whole: PlaneMask = { data: new Uint8Array(width * height).fill(1), width, height };
  return {
    inside: throughPlanes(fillPolygon(polygon, width, height), shape, axis, plane, reach),
    reached: throughPlanes(whole, shape, axis, plane, reach),
  };
}

export function applyCut(slices: readonly SliceRuns[], { inside, reached }: Cut, action: ScissorAction): SliceRuns[] {
  if (action === 'fill_inside') return combineSlices(slices, inside, 'add');
  if (action === 'erase_inside') return combineSlices(slices, inside, 'subtract');
  return combineSlices(slices, combineSlices(reached, inside, 'subtract'), 'subtract');
}
