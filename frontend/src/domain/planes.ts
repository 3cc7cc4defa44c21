/** Views of a grid: the three planes through it, and what a finding's runs look like in each of them.
 *
 * k is the acquisition plane (u = column, v = row), j cuts across rows (u = column, v = slice), i across columns (u = row, v = slice).
 */
import { indexIJK, planeUV, type IndexIJK, type PlaneUV, type ViewAxis } from './coordinates';
import type { Triple } from '@/api/readingTypes';
import type { PlaneMask } from './contours';
import { runsFromSorted, type SliceRuns } from './runs';

export interface PlaneSize {
  readonly width: number;
  readonly height: number;
  /** How many planes lie one behind the other. */
  readonly depth: number;
}

export function planeSize([depth, rows, columns]: Triple, axis: ViewAxis): PlaneSize {
  if (axis === 'k') return { width: columns, height: rows, depth };
  if (axis === 'j') return { width: columns, height: depth, depth: rows };
  return { width: rows, height: depth, depth: columns };
}

/** The grid axes of u and v in a view. */
export const planeAxes = (axis: ViewAxis): readonly [ViewAxis, ViewAxis] =>
  axis === 'k' ? ['i', 'j'] : axis === 'j' ? ['i', 'k'] : ['j', 'k'];

export function planeToIndex(axis: ViewAxis, plane: number, [u, v]: PlaneUV): IndexIJK {
  if (axis === 'k') return indexIJK(u, v, plane);
  if (axis === 'j') return indexIJK(u, plane, v);
  return indexIJK(plane, u, v);
}

export function indexToPlane(axis: ViewAxis, [i, j, k]: IndexIJK): PlaneUV {
  if (axis === 'k') return planeUV(i, j);
  return axis === 'j' ? planeUV(i, k) : planeUV(j, k);
}

/** Number of the plane that an index lies in. */
export const planeNumber = (axis: ViewAxis, [i, j, k]: IndexIJK): number =>
  axis === 'k' ? k : axis === 'j' ? j : i;

export function withPlaneNumber(axis: ViewAxis, [i, j, k]: IndexIJK, plane: number): IndexIJK {
  if (axis === 'k') return indexIJK(i, j, plane);
  return axis === 'j' ? indexIJK(i, plane, k) : indexIJK(plane, j, k);
}

/** A finding's mask in one plane of a view; null when nothing of it lies there. */
export function slicesInPlane(
  slices: readonly SliceRuns[],
  shape: Triple,
  axis: ViewAxis,
  plane: number,
): PlaneMask | null {
  const { width, height } = planeSize(shape, axis);
  const here = axis === 'k' ? slices.filter(({ k }) => k === plane) : slices;
  if (here.length === 0) return null;
  const data = new Uint8Array(width * height);
  for (const { k, runs } of here) {
    for (let n = 0; n < runs.length; n += 2) {
      const start = runs[n] ?? 0;
      const end = start + (runs[n + 1] ?? 0);
      fillRun(data, k * width, start, end, shape[2], axis, plane);
    }
  }
  return data.includes(1) ? { data, width, height } : null;
}

function fillRun(
  data: Uint8Array,
  offset: number,
  start: number,
  end: number,
  columns: number,
  axis: ViewAxis,
  plane: number,
): void {
  if (axis === 'k') data.fill(1, start, end);
  else if (axis === 'j') fillRow(data, offset, start - plane * columns, end - plane * columns, columns);
  else fillColumn(data, offset, start, end, plane, columns);
}

function fillRow(data: Uint8Array, offset: number, start: number, end: number, columns: number): void {
  const from = Math.max(0, start);
  const to = Math.min(columns, end);
  if (from < to) data.fill(1, offset + from, offset + to);
}

function fillColumn(data: Uint8Array, offset: number, start: number, end: number, column: number, columns: number): void {
  const first = Math.ceil((start - column) / columns);
  for (let row = Math.max(0, first); row * columns + column < end; row += 1) data[offset + row] = 1;
}

/** Where two masks of one plane differ, as XOR runs of acquisition slices; empty when they are equal. */
export function planeDelta(before: Uint8Array, after: Uint8Array, shape: Triple, axis: ViewAxis, plane: number): SliceRuns[] {
  const { width } = planeSize(shape, axis);
  const columns = shape[2];
  const flips = new Map<number, number[]>();
  for (let at = 0; at < after.length; at += 1) {
    if ((before[at] ?? 0) === (after[at] ?? 0)) continue;
    const u = at % width;
    const v = (at - u) / width;
    const [i, j, k] = planeToIndex(axis, plane, planeUV(u, v));
    const voxels = flips.get(k);
    if (voxels) voxels.push(j * columns + i);
    else flips.set(k, [j * columns + i]);
  }
  return [...flips].sort(([p], [q]) => p - q).map(([k, voxels]) => ({ k, runs: runsFromSorted(voxels) }));
}
