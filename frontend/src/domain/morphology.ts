/** Margin and smoothing of a mask, in millimetres (px where the spacing is unknown), with the true spacing of each axis. */
import type { Triple } from '@/api/readingTypes';
import { blockOf, slicesOf, type Block, type MaskGrid } from './block';
import type { MaskScope } from './components';
import { squaredDistances } from './distance';
import type { SliceRuns } from './runs';

/** In a slice by itself nothing else is near: each slice is a volume of one. */
function eachSlice(slices: readonly SliceRuns[], scope: MaskScope, change: (part: readonly SliceRuns[]) => SliceRuns[]): SliceRuns[] {
  return scope === 'volume' ? change(slices) : slices.flatMap((slice) => change([slice]));
}

const padOf = ({ spacing }: MaskGrid, scope: MaskScope, reach: number): Triple => {
  const steps = spacing.map((step) => Math.floor(reach / step + 1e-9) + 1) as Triple;
  return scope === 'volume' ? steps : [0, steps[1], steps[2]];
};

/** Grown by `margin` > 0, shrunk by `margin` < 0: a voxel counts when its centre lies within the margin of a centre in the mask
 * (of the background). The edge of the image is no background: what touches it does not shrink from it. */
export function addMargin(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope, margin: number): SliceRuns[] {
  const reach = Math.abs(margin);
  // Distances are kept in single precision: a voxel exactly on the margin belongs to it.
  const limit = reach * reach * (1 + 1e-6);
  return eachSlice(slices, scope, (part) => {
    const block = blockOf(part, grid.shape, margin > 0 ? padOf(grid, scope, reach) : padOf(grid, scope, 0));
    if (!block) return [];
    const squared = squaredDistances(block.data, block.shape, grid.spacing, margin > 0 ? 1 : 0);
    const data = block.data.map((_, at) => {
      const near = (squared[at] ?? Infinity) <= limit;
      return near === margin > 0 ? 1 : 0;
    });
    return slicesOf({ ...block, data }, grid.shape);
  });
}

/** Blurred by a Gaussian and cut at one half, so that bumps and dents smaller than about `radius` go and straight edges stay.
 * The standard deviation is half of the radius; at the edge of the image the kernel is cut and weighted anew. */
export function smoothMask(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope, radius: number): SliceRuns[] {
  return eachSlice(slices, scope, (part) => {
    const block = blockOf(part, grid.shape, padOf(grid, scope, 1.5 * radius));
    return block ? slicesOf(blurred(block, grid, scope, radius / 2), grid.shape) : [];
  });
}

function blurred(block: Block, grid: MaskGrid, scope: MaskScope, sigma: number): Block {
  const [depth, rows, columns] = block.shape;
  let field = Float32Array.from(block.data);
  field = blurAxis(field, columns, 1, kernelOf(sigma, grid.spacing[2]), block.origin[2], grid.shape[2]);
  field = blurAxis(field, rows, columns, kernelOf(sigma, grid.spacing[1]), block.origin[1], grid.shape[1]);
  if (scope === 'volume') field = blurAxis(field, depth, rows * columns, kernelOf(sigma, grid.spacing[0]), block.origin[0], grid.shape[0]);
  // A hair below one half, so that a straight edge between two voxels is not moved by rounding.
  return { ...block, data: Uint8Array.from(field, (value) => (value >= 0.5 - 1e-4 ? 1 : 0)) };
}

/** Weights from the middle outwards to three standard deviations; not yet normalised. */
function kernelOf(sigma: number, spacing: number): Float64Array {
  const reach = Math.floor((3 * sigma) / spacing + 1e-9);
  return Float64Array.from({ length: reach + 1 }, (_, n) => Math.exp(-((n * spacing) ** 2) / (2 * sigma * sigma)));
}

/** One axis of a field whose box begins at `origin` of a grid axis of `gridSize`: beyond the box is background, beyond the grid nothing. */
function blurAxis(field: Float32Array<ArrayBuffer>, size: number, stride: number, kernel: Float64Array, origin: number, gridSize: number): Float32Array<ArrayBuffer> {
  const reach = kernel.length - 1;
  if (reach === 0) return field;
  const weights = Float64Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let n = -reach; n <= reach; n += 1) {
      const place = origin + at + n;
      if (place >= 0 && place < gridSize) sum += kernel[Math.abs(n)] ?? 0;
    }
    return sum;
  });
  const out = new Float32Array(field.length);
  const line = stride * size;
  for (let from = 0; from < field.length; from += 1) {
    const value = field[from] ?? 0;
    if (value === 0) continue;
    const at = Math.floor((from % line) / stride);
    const low = Math.max(-reach, -at);
    const high = Math.min(reach, size - 1 - at);
    for (let n = low; n <= high; n += 1) {
      const to = from + n * stride;
      out[to] = (out[to] ?? 0) + (value * (kernel[Math.abs(n)] ?? 0)) / (weights[at + n] ?? 1);
    }
  }
  return out;
}
