/** Outlines of a binary mask in index units: marching squares through the midpoints between voxel centres. */

export interface PlaneMask {
  /** Row by row, 0 or 1. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Bounds {
  readonly u0: number;
  readonly v0: number;
  readonly u1: number;
  readonly v1: number;
}

/** The smallest box (inclusive) round the set voxels, null for an empty mask. */
export function maskBounds({ data, width, height }: PlaneMask): Bounds | null {
  let [u0, v0, u1, v1] = [width, height, -1, -1];
  for (let v = 0; v < height; v += 1) {
    const first = data.indexOf(1, v * width);
    if (first < 0) break;
    if (first >= (v + 1) * width) {
      v = Math.floor(first / width) - 1;
      continue;
    }
    const last = data.subarray(v * width, (v + 1) * width).lastIndexOf(1);
    [u0, u1] = [Math.min(u0, first - v * width), Math.max(u1, last)];
    [v0, v1] = [Math.min(v0, v), v];
  }
  return v1 < 0 ? null : { u0, v0, u1, v1 };
}

/** For each of the 16 corner patterns (top left 1, top right 2, bottom right 4, bottom left 8): edges joined, inside on the right.
 * Edges: 0 top, 1 right, 2 bottom, 3 left. The two saddles join diagonal voxels, so one finding stays one outline. */
const SEGMENTS: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [[1, 0], [3, 2]],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[2, 0]],
  [[0, 3], [2, 1]],
  [[2, 1]],
  [[1, 3]],
  [[1, 0]],
  [[0, 3]],
  [],
];

/** Closed polygons as flat [u, v, u, v, …] in index units (voxel centres at whole numbers). */
export function traceContours(mask: PlaneMask): number[][] {
  const bounds = maskBounds(mask);
  if (!bounds) return [];
  const { data, width, height } = mask;
  const at = (u: number, v: number) => (u < 0 || v < 0 || u >= width || v >= height ? 0 : (data[v * width + u] ?? 0));
  // Edge points are keyed on a half-step lattice so that neighbouring cells find each other.
  const stride = 2 * width + 5;
  const key = (u2: number, v2: number) => (v2 + 2) * stride + (u2 + 2);
  const next = new Map<number, number>();
  for (let v = bounds.v0 - 1; v <= bounds.v1; v += 1) {
    for (let u = bounds.u0 - 1; u <= bounds.u1; u += 1) {
      const pattern = at(u, v) | (at(u + 1, v) << 1) | (at(u + 1, v + 1) << 2) | (at(u, v + 1) << 3);
      const keys = [key(2 * u + 1, 2 * v), key(2 * u + 2, 2 * v + 1), key(2 * u + 1, 2 * v + 2), key(2 * u, 2 * v + 1)];
      for (const [from, to] of SEGMENTS[pattern] ?? []) next.set(keys[from] ?? 0, keys[to] ?? 0);
    }
  }
  return joinSegments(next, stride);
}

function joinSegments(next: Map<number, number>, stride: number): number[][] {
  const polygons: number[][] = [];
  for (const start of next.keys()) {
    if (!next.has(start)) continue;
    const polygon: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && next.has(at)) {
      polygon.push(((at % stride) - 2) / 2, (Math.floor(at / stride) - 2) / 2);
      const following: number | undefined = next.get(at);
      next.delete(at);
      at = following;
    }
    polygons.push(polygon);
  }
  return polygons;
}

/** SVG path data in index units. */
export const pathOf = (polygons: readonly (readonly number[])[]): string =>
  polygons
    .map((polygon) => {
      const points: string[] = [];
      for (let n = 0; n < polygon.length; n += 2) points.push(`${polygon[n]} ${polygon[n + 1]}`);
      return `M${points.join('L')}Z`;
    })
    .join('');

/** The polygon with each corner drawn a quarter towards its neighbours. */
export function ease(polygon: readonly number[]): number[] {
  const size = polygon.length;
  return polygon.map((value, n) => {
    const before = polygon[(n - 2 + size) % size] ?? value;
    const after = polygon[(n + 2) % size] ?? value;
    return Math.round((before + 2 * value + after) * 250) / 1000;
  });
}
