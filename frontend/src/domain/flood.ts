/** Filling: holes of a mask, and the region under a click. Background is connected by edges (4), as islands are by corners. */
import type { Triple } from '@/api/readingTypes';
import { blockOf, slicesOf, type MaskGrid } from './block';
import type { PlaneMask } from './contours';
import type { SliceRuns } from './runs';

/** Marks what is reached from `seeds` over edges while `open` holds; true where the flood came. */
export function floodPlane(width: number, height: number, seeds: readonly number[], open: (at: number) => boolean): Uint8Array {
  const reached = new Uint8Array(width * height);
  const stack: number[] = [];
  const visit = (at: number) => {
    if (reached[at] || !open(at)) return;
    reached[at] = 1;
    stack.push(at);
  };
  seeds.forEach(visit);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < width * (height - 1)) visit(at + width);
  }
  return reached;
}

function borderOf(width: number, height: number): number[] {
  const border: number[] = [];
  for (let x = 0; x < width; x += 1) border.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y += 1) border.push(y * width, y * width + width - 1);
  return border;
}

/** Each slice with its enclosed background set. What reaches the edge of the image is not enclosed. */
export function fillHoles(slices: readonly SliceRuns[], grid: MaskGrid): SliceRuns[] {
  return slices.flatMap((slice) => {
    const block = blockOf([slice], grid.shape, [0, 1, 1]);
    if (!block) return [];
    const [, height, width] = block.shape;
    const outside = floodPlane(width, height, borderOf(width, height), (at) => !block.data[at]);
    return slicesOf({ ...block, data: block.data.map((bit, at) => (bit || !outside[at] ? 1 : 0)) }, grid.shape);
  });
}

/** The mask with the hole under a voxel filled, or, where that voxel lies in no hole, with the region round it whose values
 * the reader's window accepts. Null when the voxel is in the mask already, or its value is not accepted. */
export function fillAt(mask: PlaneMask, voxel: number, accepts: (at: number) => boolean): PlaneMask | null {
  const { data, width, height } = mask;
  if (data[voxel]) return null;
  const space = floodPlane(width, height, [voxel], (at) => !data[at]);
  const enclosed = !borderOf(width, height).some((at) => space[at]);
  const added = enclosed ? space : floodPlane(width, height, [voxel], (at) => !data[at] && accepts(at));
  if (!added[voxel]) return null;
  return { width, height, data: data.map((bit, at) => (bit || added[at] ? 1 : 0)) };
}

export interface ValueBlock {
  /** Modality values, zyx; NaN where none is known. */
  readonly values: Float32Array;
  readonly shape: Triple;
  /** Grid index of the first value. */
  readonly origin: Triple;
}

/** More values than this are not read for one click: the region then grows in its slice alone. */
export const MAX_GROW_VOXELS = 4_000_000;

/** The part of a grid within `radius` (mm or px) of a voxel; one slice where the volume would be too much. */
export function growBox(grid: MaskGrid, seed: Triple, radius: number): { shape: Triple; origin: Triple; flat: boolean } {
  const reach = grid.spacing.map((step) => Math.floor(radius / step + 1e-9)) as Triple;
  const cut = ([dz, dy, dx]: Triple) => {
    const low = [seed[0] - dz, seed[1] - dy, seed[2] - dx].map((at) => Math.max(0, at)) as Triple;
    const high = [seed[0] + dz, seed[1] + dy, seed[2] + dx].map((at, axis) => Math.min((grid.shape[axis] ?? 1) - 1, at)) as Triple;
    return { origin: low, shape: low.map((at, axis) => (high[axis] ?? at) - at + 1) as Triple };
  };
  const whole = cut(reach);
  const flat = whole.shape[0] * whole.shape[1] * whole.shape[2] > MAX_GROW_VOXELS;
  return { ...(flat ? cut([0, reach[1], reach[2]]) : whole), flat };
}

/** Accepted values: within `tolerance` of the seed's value, or, in percentiles, within so many of its rank among the values here. */
export function growRange(values: Float32Array, seed: number, tolerance: number, unit: 'value' | 'percentile'): readonly [number, number] {
  if (unit === 'value') return [seed - tolerance, seed + tolerance];
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return [seed, seed];
  let below = 0;
  while (below < sorted.length && (sorted[below] ?? 0) < seed) below += 1;
  const reach = (tolerance / 100) * sorted.length;
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? seed;
  return [Math.min(seed, at(below - reach)), Math.max(seed, at(below + reach))];
}

/** Voxels joined to the seed over faces, whose values lie in `range` (ends included) and which are not farther than `radius`. */
export function growRegion(block: ValueBlock, grid: MaskGrid, seed: Triple, range: readonly [number, number], radius: number): SliceRuns[] {
  const { values, shape, origin } = block;
  const [depth, rows, columns] = shape;
  const [dz, dy, dx] = grid.spacing;
  const [sz, sy, sx] = [seed[0] - origin[0], seed[1] - origin[1], seed[2] - origin[2]];
  const area = rows * columns;
  const limit = radius * radius * (1 + 1e-9);
  const data = new Uint8Array(values.length);
  const stack: number[] = [];
  const inside = (z: number, y: number, x: number) => z >= 0 && y >= 0 && x >= 0 && z < depth && y < rows && x < columns;
  const near = (z: number, y: number, x: number) => ((z - sz) * dz) ** 2 + ((y - sy) * dy) ** 2 + ((x - sx) * dx) ** 2 <= limit;
  const visit = (z: number, y: number, x: number) => {
    if (!inside(z, y, x)) return;
    const at = z * area + y * columns + x;
    const value = values[at] ?? NaN;
    // An unknown value is in no range.
    if (data[at] || !(value >= range[0] && value <= range[1]) || !near(z, y, x)) return;
    data[at] = 1;
    stack.push(at);
  };
  visit(sz, sy, sx);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [z, y, x] = [Math.floor(at / area), Math.floor(at / columns) % rows, at % columns];
    visit(z - 1, y, x);
    visit(z + 1, y, x);
    visit(z, y - 1, x);
    visit(z, y + 1, x);
    visit(z, y, x - 1);
    visit(z, y, x + 1);
  }
  return slicesOf({ data, shape, origin }, grid.shape);
}
