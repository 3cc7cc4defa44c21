/** Connected parts of a mask: islands. Voxels that touch by a corner belong together, in a slice (8) as in the volume (26). */
import type { Triple } from '@/api/readingTypes';
import { blockOf, slicesOf, type Block, type MaskGrid } from './block';
import type { SliceRuns } from './runs';

/** Each slice by itself, or the volume as a whole. */
export type MaskScope = 'slices' | 'volume';

export interface Parts {
  /** 0 for background, else the number of the part from 1. */
  readonly labels: Int32Array;
  /** Voxels of each part; `sizes[0]` is unused. */
  readonly sizes: number[];
}

export function labelParts(data: Uint8Array, shape: Triple, scope: MaskScope): Parts {
  const labels = new Int32Array(data.length);
  const sizes = [0];
  const stack: number[] = [];
  for (let start = 0; start < data.length; start += 1) {
    if (!data[start] || labels[start]) continue;
    const label = sizes.length;
    labels[start] = label;
    stack.push(start);
    let size = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size += 1;
      pushNeighbours(data, shape, scope, at, labels, label, stack);
    }
    sizes.push(size);
  }
  return { labels, sizes };
}

function pushNeighbours(
  data: Uint8Array, [depth, rows, columns]: Triple, scope: MaskScope, at: number, labels: Int32Array, label: number, stack: number[],
): void {
  const x = at % columns;
  const y = Math.floor(at / columns) % rows;
  const z = Math.floor(at / (rows * columns));
  const [z0, z1] = scope === 'volume' ? [Math.max(0, z - 1), Math.min(depth - 1, z + 1)] : [z, z];
  const [y0, y1] = [Math.max(0, y - 1), Math.min(rows - 1, y + 1)];
  const [x0, x1] = [Math.max(0, x - 1), Math.min(columns - 1, x + 1)];
  for (let c = z0; c <= z1; c += 1) {
    for (let b = y0; b <= y1; b += 1) {
      for (let near = (c * rows + b) * columns + x0, end = near + x1 - x0; near <= end; near += 1) {
        if (!data[near] || labels[near]) continue;
        labels[near] = label;
        stack.push(near);
      }
    }
  }
}

const NO_PAD: Triple = [0, 0, 0];

/** The mask with only those parts for which `keeps` holds; it is asked once for each part. */
function keepParts(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope, choose: (parts: Parts, block: Block) => (label: number) => boolean): SliceRuns[] {
  const block = blockOf(slices, grid.shape, NO_PAD);
  if (!block) return [];
  const parts = labelParts(block.data, block.shape, scope);
  const keeps = choose(parts, block);
  const kept = parts.sizes.map((_, label) => label > 0 && keeps(label));
  const data = block.data.map((bit, at) => (bit && kept[parts.labels[at] ?? 0] ? 1 : 0));
  return slicesOf({ ...block, data }, grid.shape);
}

/** The largest island of the volume, or of each slice. The first of equals. */
export function keepLargest(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope): SliceRuns[] {
  return keepParts(slices, grid, scope, ({ labels, sizes }, { shape }) => {
    const best = new Map<number, number>();
    const area = shape[1] * shape[2];
    for (let at = 0; at < labels.length; at += 1) {
      const label = labels[at] ?? 0;
      const place = scope === 'volume' ? 0 : Math.floor(at / area);
      if (label > 0 && (sizes[label] ?? 0) > (sizes[best.get(place) ?? 0] ?? 0)) best.set(place, label);
    }
    const chosen = new Set(best.values());
    return (label) => chosen.has(label);
  });
}

/** Without islands smaller than `size`: mm³ in the volume, mm² in each slice (voxels where the spacing is unknown). */
export function removeSmall(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope, size: number): SliceRuns[] {
  const [dz, dy, dx] = grid.spacing;
  const voxel = scope === 'volume' ? dz * dy * dx : dy * dx;
  // A part of exactly the wanted size stays, also where the product is not exact in binary.
  return keepParts(slices, grid, scope, ({ sizes }) => (label) => (sizes[label] ?? 0) * voxel >= size * (1 - 1e-9));
}

/** Only the island that holds the voxel (slice, row, column); null when the voxel is not in the mask. In each slice by itself,
 * the other slices stay as they are. */
export function keepIsland(slices: readonly SliceRuns[], grid: MaskGrid, scope: MaskScope, voxel: Triple): SliceRuns[] | null {
  const here = scope === 'volume' ? slices : slices.filter(({ k }) => k === voxel[0]);
  let met = false;
  const kept = keepParts(here, grid, scope, ({ labels }, block) => {
    const label = labels[placeIn(block, voxel)] ?? 0;
    met = label > 0;
    return (one) => one === label;
  });
  if (!met) return null;
  return scope === 'volume' ? kept : [...slices.filter(({ k }) => k !== voxel[0]), ...kept].sort((p, q) => p.k - q.k);
}

function placeIn({ shape, origin }: Block, voxel: Triple): number {
  const [z, y, x] = [voxel[0] - origin[0], voxel[1] - origin[1], voxel[2] - origin[2]];
  const inside = z >= 0 && y >= 0 && x >= 0 && z < shape[0] && y < shape[1] && x < shape[2];
  return inside ? (z * shape[1] + y) * shape[2] + x : -1;
}
