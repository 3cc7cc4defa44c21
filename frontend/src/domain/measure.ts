/** Numbers of a finding, each derived from its geometry and the grid, never stored by hand. */
import type { Box, Finding, SliceRuns, Triple } from '@/api/readingTypes';
import type { GridFacts } from './draft';
import { countSlices, largestSlice } from './runs';

/** Millilitres of a voxel count; null where the grid has no known spacing. */
export function volumeMl(voxels: number, grid: GridFacts): number | null {
  if (!grid.spacing_known) return null;
  const [dz, dy, dx] = grid.spacing_mm;
  return (voxels * dz * dy * dx) / 1000;
}

/** Distance of two LPS points; the unit is mm, or px where the grid's spacing is unknown (its affine then counts pixels). */
export function distance(points: readonly [Triple, Triple]): number {
  const [p, q] = points;
  return Math.hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]);
}

export function boxVoxels(box: Box): number {
  return [0, 1, 2].reduce((count, axis) => count * ((box.stop_zyx[axis] ?? 0) - (box.start_zyx[axis] ?? 0)), 1);
}

/** The middle slice of a half-open box, rounded down. */
export const boxMiddleSlice = (box: Box): number => Math.floor((box.start_zyx[0] + box.stop_zyx[0] - 1) / 2);

type Measured = Pick<Finding, 'voxel_count' | 'volume_ml' | 'largest_slice'>;

export function measureSegment(slices: readonly SliceRuns[], grid: GridFacts): Measured {
  const voxels = countSlices(slices);
  return { voxel_count: voxels, volume_ml: volumeMl(voxels, grid), largest_slice: largestSlice(slices) ?? 0 };
}

export function measureBox(box: Box, grid: GridFacts): Measured {
  const voxels = boxVoxels(box);
  return { voxel_count: voxels, volume_ml: volumeMl(voxels, grid), largest_slice: boxMiddleSlice(box) };
}
