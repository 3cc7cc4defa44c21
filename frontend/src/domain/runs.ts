/** Voxel sets of one slice as flat runs `[start, length, start, length, …]` over the C-order flattened slice (rows × columns).
 *
 * Canonical form: starts rise, lengths are positive, runs neither touch nor overlap. A delta is the same thing, read as XOR:
 * applying it twice gives back what was there, so a stroke is its own inverse.
 */

import type { SliceRuns } from '@/api/readingTypes';

export type Runs = readonly number[];
export type { SliceRuns };

export const EMPTY_RUNS: Runs = [];

/** Throws a RangeError that names the run; `size` is rows × columns of the slice. */
export function checkRuns(runs: Runs, size: number): void {
  if (runs.length === 0 || runs.length % 2 !== 0) {
    throw new RangeError(`runs hold ${runs.length} numbers; an even count of at least 2 is needed`);
  }
  let end = -1;
  for (let n = 0; n < runs.length; n += 2) {
    const start = runs[n] ?? NaN;
    const length = runs[n + 1] ?? NaN;
    if (!isRun(start, length) || start <= end || start + length > size) {
      throw new RangeError(`run ${n / 2} [${start}, ${length}] is empty, out of order, or leaves the ${size} voxels`);
    }
    end = start + length;
  }
}

const isRun = (start: number, length: number): boolean => Number.isInteger(start) && Number.isInteger(length) && length > 0;

/** Any voxel that is not zero belongs to the set. */
export function encodeRuns(mask: ArrayLike<number>): number[] {
  const runs: number[] = [];
  let start = -1;
  for (let n = 0; n < mask.length; n += 1) {
    if (mask[n]) {
      if (start < 0) start = n;
    } else if (start >= 0) {
      runs.push(start, n - start);
      start = -1;
    }
  }
  if (start >= 0) runs.push(start, mask.length - start);
  return runs;
}

/** Flips the voxels of `runs` in `mask` (0 and 1), in place. */
export function applyXor(mask: Uint8Array, runs: Runs): void {
  for (let n = 0; n < runs.length; n += 2) {
    const start = runs[n] ?? 0;
    const end = start + (runs[n + 1] ?? 0);
    for (let at = start; at < end; at += 1) mask[at] = mask[at] ? 0 : 1;
  }
}

export function decodeRuns(runs: Runs, size: number): Uint8Array {
  const mask = new Uint8Array(size);
  for (let n = 0; n < runs.length; n += 2) mask.fill(1, runs[n] ?? 0, (runs[n] ?? 0) + (runs[n + 1] ?? 0));
  return mask;
}

/** Sorted flat voxel numbers, each once, to runs. */
export function runsFromSorted(voxels: readonly number[]): number[] {
  const runs: number[] = [];
  for (const voxel of voxels) {
    const last = runs.length - 2;
    if (last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) === voxel) runs[last + 1] = (runs[last + 1] ?? 0) + 1;
    else runs.push(voxel, 1);
  }
  return runs;
}

/** Symmetric difference without unpacking: edges that meet cancel each other. The result is canonical. */
export function xorRuns(a: Runs, b: Runs): number[] {
  const edges = mergeEdges(toEdges(a), toEdges(b));
  const runs: number[] = [];
  for (let n = 0; n < edges.length; n += 2) runs.push(edges[n] ?? 0, (edges[n + 1] ?? 0) - (edges[n] ?? 0));
  return runs;
}

function toEdges(runs: Runs): number[] {
  const edges: number[] = [];
  for (let n = 0; n < runs.length; n += 2) pushEdge(edges, runs[n] ?? 0, (runs[n] ?? 0) + (runs[n + 1] ?? 0));
  return edges;
}

function pushEdge(edges: number[], ...more: number[]): void {
  for (const edge of more) {
    if (edges[edges.length - 1] === edge) edges.pop();
    else edges.push(edge);
  }
}

function mergeEdges(a: readonly number[], b: readonly number[]): number[] {
  const merged: number[] = [];
  let p = 0;
  let q = 0;
  while (p < a.length || q < b.length) {
    const left = a[p] ?? Infinity;
    const right = b[q] ?? Infinity;
    if (left <= right) p += 1;
    else q += 1;
    pushEdge(merged, Math.min(left, right));
  }
  return merged;
}

export function countRuns(runs: Runs): number {
  let count = 0;
  for (let n = 1; n < runs.length; n += 2) count += runs[n] ?? 0;
  return count;
}

/** Absolute slices after an XOR of `delta`; slices that become empty vanish, the rest stay ordered by k. */
export function xorSlices(slices: readonly SliceRuns[], delta: readonly SliceRuns[]): SliceRuns[] {
  const byK = new Map(slices.map((slice) => [slice.k, slice]));
  for (const { k, runs } of delta) {
    const mixed = xorRuns(byK.get(k)?.runs ?? EMPTY_RUNS, runs);
    if (mixed.length > 0) byK.set(k, { k, runs: mixed });
    else byK.delete(k);
  }
  return [...byK.values()].sort((p, q) => p.k - q.k);
}

export const countSlices = (slices: readonly SliceRuns[]): number =>
  slices.reduce((sum, slice) => sum + countRuns(slice.runs), 0);

/** The slice with most voxels, the lowest of equals; null for an empty set. */
export function largestSlice(slices: readonly SliceRuns[]): number | null {
  let best: number | null = null;
  let most = 0;
  for (const { k, runs } of slices) {
    const count = countRuns(runs);
    if (count > most) [best, most] = [k, count];
  }
  return best;
}

/** Column and row of the middle of a slice's voxels (zero-based, whole), null for an empty slice. */
export function runsCentre(runs: Runs, columns: number): readonly [number, number] | null {
  let [count, sumColumn, sumRow] = [0, 0, 0];
  for (let n = 0; n < runs.length; n += 2) {
    const start = runs[n] ?? 0;
    const end = start + (runs[n + 1] ?? 0);
    for (let at = start; at < end; at += 1) {
      count += 1;
      sumColumn += at % columns;
      sumRow += Math.floor(at / columns);
    }
  }
  return count > 0 ? [Math.round(sumColumn / count), Math.round(sumRow / count)] : null;
}
