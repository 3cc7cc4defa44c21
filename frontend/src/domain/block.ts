/** A box of a grid, unpacked: what the tools that look at neighbours work on. Arrays are zyx, one byte a voxel, 0 or 1. */
import type { Triple } from '@/api/readingTypes';
import { encodeRuns, type SliceRuns } from './runs';

export interface Block {
  readonly data: Uint8Array;
  readonly shape: Triple;
  /** Grid index (slice, row, column) of the first voxel. */
  readonly origin: Triple;
}

/** What the mask tools need of a grid; without known spacing a voxel counts as 1 × 1 × 1 px. */
export interface MaskGrid {
  readonly shape: Triple;
  readonly spacing: Triple;
}

export const maskGrid = (stack: { shape_zyx: Triple; spacing_mm: Triple; spacing_known: boolean }): MaskGrid => ({
  shape: stack.shape_zyx,
  spacing: stack.spacing_known ? stack.spacing_mm : [1, 1, 1],
});

interface Extent {
  readonly low: Triple;
  /** Exclusive. */
  readonly high: Triple;
}

/** The smallest box round the voxels, null for an empty set. */
export function extentOf(slices: readonly SliceRuns[], columns: number): Extent | null {
  const low: Triple = [Infinity, Infinity, Infinity];
  const high: Triple = [-1, -1, -1];
  for (const { k, runs } of slices) {
    for (let n = 0; n < runs.length; n += 2) {
      const first = runs[n] ?? 0;
      const last = first + (runs[n + 1] ?? 1) - 1;
      const [top, bottom] = [Math.floor(first / columns), Math.floor(last / columns)];
      const [left, right] = top === bottom ? [first % columns, last % columns] : [0, columns - 1];
      [k, top, left].forEach((value, axis) => (low[axis] = Math.min(low[axis] ?? value, value)));
      [k + 1, bottom + 1, right + 1].forEach((value, axis) => (high[axis] = Math.max(high[axis] ?? value, value)));
    }
  }
  return high[0] < 0 ? null : { low, high };
}

/** The voxels in the smallest box round them, widened by `pad` voxels (zyx) as far as the grid goes; null for an empty set. */
export function blockOf(slices: readonly SliceRuns[], grid: Triple, pad: Triple): Block | null {
  const extent = extentOf(slices, grid[2]);
  if (!extent) return null;
  const edge = (axis: 0 | 1 | 2) => {
    const from = Math.max(0, extent.low[axis] - pad[axis]);
    return [from, Math.min(grid[axis], extent.high[axis] + pad[axis]) - from] as const;
  };
  const [[k, depth], [j, rows], [i, columns]] = [edge(0), edge(1), edge(2)];
  const block = { data: new Uint8Array(depth * rows * columns), shape: [depth, rows, columns] as Triple, origin: [k, j, i] as Triple };
  for (const slice of slices) unpackInto(block, slice, grid[2]);
  return block;
}

/** Sets the voxels of one slice that lie in the block. */
export function unpackInto({ data, shape, origin }: Block, { k, runs }: SliceRuns, gridColumns: number): void {
  const [depth, rows, columns] = shape;
  const z = k - origin[0];
  if (z < 0 || z >= depth) return;
  for (let n = 0; n < runs.length; n += 2) {
    let at = runs[n] ?? 0;
    const end = at + (runs[n + 1] ?? 0);
    while (at < end) {
      const row = Math.floor(at / gridColumns);
      const stop = Math.min(end, (row + 1) * gridColumns);
      const y = row - origin[1];
      const from = Math.max(0, at - row * gridColumns - origin[2]);
      const to = Math.min(columns, stop - row * gridColumns - origin[2]);
      if (y >= 0 && y < rows && from < to) data.fill(1, (z * rows + y) * columns + from, (z * rows + y) * columns + to);
      at = stop;
    }
  }
}

/** Runs of the grid's slices again; empty slices are left out. */
export function slicesOf({ data, shape, origin }: Block, grid: Triple): SliceRuns[] {
  const [depth, rows, columns] = shape;
  const slices: SliceRuns[] = [];
  for (let z = 0; z < depth; z += 1) {
    const runs: number[] = [];
    for (let y = 0; y < rows; y += 1) {
      const at = (z * rows + y) * columns;
      addRow(runs, encodeRuns(data.subarray(at, at + columns)), (origin[1] + y) * grid[2] + origin[2]);
    }
    if (runs.length > 0) slices.push({ k: origin[0] + z, runs });
  }
  return slices;
}

/** A run may go on from the end of one row to the start of the next. */
function addRow(runs: number[], row: readonly number[], offset: number): void {
  for (let n = 0; n < row.length; n += 2) {
    const start = offset + (row[n] ?? 0);
    const length = row[n + 1] ?? 0;
    const last = runs.length - 2;
    if (last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) === start) runs[last + 1] = (runs[last + 1] ?? 0) + length;
    else runs.push(start, length);
  }
}
