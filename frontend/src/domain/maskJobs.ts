/** The slow tools by name, so that one message to a worker says all. Pure: the same answer on either thread. */
import type { Triple } from '@/api/readingTypes';
import type { MaskGrid } from './block';
import { combineSlices } from './combine';
import { keepLargest, removeSmall, type MaskScope } from './components';
import { fillHoles, growRange, growRegion, type ValueBlock } from './flood';
import { interpolateSlices } from './interpolate';
import { addMargin, smoothMask } from './morphology';
import type { SliceRuns } from './runs';

interface GrowParts {
  readonly kind: 'grow';
  readonly block: ValueBlock;
  readonly seed: Triple;
  readonly tolerance: number;
  readonly unit: 'value' | 'percentile';
  readonly radius: number;
}

export type MaskStep =
  | { readonly kind: 'interpolate' | 'fill_holes' }
  | { readonly kind: 'keep_largest'; readonly scope: MaskScope }
  | { readonly kind: 'remove_small'; readonly scope: MaskScope; readonly size: number }
  | { readonly kind: 'smooth'; readonly scope: MaskScope; readonly radius: number }
  | { readonly kind: 'margin'; readonly scope: MaskScope; readonly margin: number }
  | GrowParts;

export interface MaskJob {
  readonly slices: readonly SliceRuns[];
  readonly grid: MaskGrid;
  readonly step: MaskStep;
}

/** The mask after the step. */
export function runMaskJob({ slices, grid, step }: MaskJob): SliceRuns[] {
  switch (step.kind) {
    case 'interpolate':
      return combineSlices(slices, interpolateSlices(slices, grid), 'add');
    case 'fill_holes':
      return fillHoles(slices, grid);
    case 'keep_largest':
      return keepLargest(slices, grid, step.scope);
    case 'remove_small':
      return removeSmall(slices, grid, step.scope, step.size);
    case 'smooth':
      return smoothMask(slices, grid, step.scope, step.radius);
    case 'margin':
      return addMargin(slices, grid, step.scope, step.margin);
    case 'grow':
      return combineSlices(slices, grown(grid, step), 'add');
  }
}

function grown(grid: MaskGrid, { block, seed, tolerance, unit, radius }: GrowParts): SliceRuns[] {
  const [z, y, x] = seed.map((at, axis) => at - (block.origin[axis] ?? 0)) as Triple;
  const value = block.values[(z * block.shape[1] + y) * block.shape[2] + x] ?? NaN;
  return growRegion(block, grid, seed, growRange(block.values, value, tolerance, unit), radius);
}
