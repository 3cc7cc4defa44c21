/** What is drawn over the image, and its outline in a plane. Line says who, colour says what. */
import type { Box, SliceRuns, Triple } from '@/api/readingTypes';
import type { MeasureTool } from '@/domain/measures';
import { ease, pathOf, traceContours, type PlaneMask } from '@/domain/contours';
import type { PlaneUV, ViewAxis } from '@/domain/coordinates';
import { slicesInPlane } from '@/domain/planes';

export interface MarkTag {
  readonly name: string;
  /** "AI v12", or empty for a person's own. */
  readonly source: string;
  readonly score: string;
}

export interface Mark {
  readonly key: string;
  readonly gridId: number;
  readonly kind: 'segment' | 'box' | 'length' | 'measure';
  readonly colour: string;
  /** A suggestion nobody has decided on. */
  readonly dashed: boolean;
  readonly current: boolean;
  readonly slices: readonly SliceRuns[];
  readonly box: Box | null;
  readonly points: readonly [Triple, Triple] | null;
  readonly tag: MarkTag | null;
  readonly measure?: { readonly tool: MeasureTool; readonly points: readonly Triple[]; readonly lines: readonly string[] } | null;
  /** "20.6 mm" for a length. */
  readonly text?: string;
  /** Whose id a change goes to; null for what cannot be changed. */
  readonly editable: boolean;
}

/** Outlines are remembered per finding version (its `slices` array is never changed in place), plane and axis. */
const outlines = new WeakMap<readonly SliceRuns[], Map<string, string>>();

export function outlineOf(slices: readonly SliceRuns[], shape: Triple, axis: ViewAxis, plane: number): string {
  let known = outlines.get(slices);
  if (!known) outlines.set(slices, (known = new Map()));
  const key = `${axis}${plane}`;
  let path = known.get(key);
  if (path === undefined) {
    const mask = slicesInPlane(slices, shape, axis, plane);
    path = mask ? outlineOfMask(mask) : '';
    known.set(key, path);
  }
  return path;
}

/** Drawn with its corners eased by at most a quarter of a voxel; the voxels themselves are never changed. */
export const outlineOfMask = (mask: PlaneMask): string => pathOf(traceContours(mask).map(ease));

export interface PlaneBox {
  /** Edges in index units, half a voxel outside the outermost centres. */
  readonly u0: number;
  readonly v0: number;
  readonly u1: number;
  readonly v1: number;
}

const AXIS_ZYX = { k: 0, j: 1, i: 2 } as const;

/** A half-open box where it crosses a plane; null elsewhere. */
export function boxInPlane({ start_zyx: start, stop_zyx: stop }: Box, axis: ViewAxis, plane: number): PlaneBox | null {
  const across = AXIS_ZYX[axis];
  if (plane < (start[across] ?? 0) || plane >= (stop[across] ?? 0)) return null;
  const [u, v] = axis === 'k' ? ([2, 1] as const) : axis === 'j' ? ([2, 0] as const) : ([1, 0] as const);
  return { u0: start[u] - 0.5, v0: start[v] - 0.5, u1: stop[u] - 0.5, v1: stop[v] - 0.5 };
}

/** The box with its two visible extents changed; the third stays. */
export function boxFromPlane(box: Box, axis: ViewAxis, shape: Triple, { u0, v0, u1, v1 }: PlaneBox): Box {
  const [u, v] = axis === 'k' ? ([2, 1] as const) : axis === 'j' ? ([2, 0] as const) : ([1, 0] as const);
  const start: Triple = [...box.start_zyx];
  const stop: Triple = [...box.stop_zyx];
  [start[u], stop[u]] = extent(u0, u1, shape[u]);
  [start[v], stop[v]] = extent(v0, v1, shape[v]);
  return { start_zyx: start, stop_zyx: stop };
}

function extent(p: number, q: number, size: number): [number, number] {
  const start = Math.min(size - 1, Math.max(0, Math.round(Math.min(p, q) + 0.5)));
  return [start, Math.min(size, Math.max(start + 1, Math.round(Math.max(p, q) + 0.5)))];
}

/** A new box drawn between two points of one plane: one plane thick. */
export function drawnBox(from: PlaneUV, to: PlaneUV, axis: ViewAxis, plane: number, shape: Triple): Box {
  const flat: Box = { start_zyx: [0, 0, 0], stop_zyx: [1, 1, 1] };
  const across = AXIS_ZYX[axis];
  flat.start_zyx[across] = plane;
  flat.stop_zyx[across] = plane + 1;
  const edges = {
    u0: Math.floor(Math.min(from[0], to[0]) + 0.5) - 0.5,
    v0: Math.floor(Math.min(from[1], to[1]) + 0.5) - 0.5,
    u1: Math.floor(Math.max(from[0], to[0]) + 0.5) + 0.5,
    v1: Math.floor(Math.max(from[1], to[1]) + 0.5) + 0.5,
  };
  return boxFromPlane(flat, axis, shape, edges);
}

/** Slices a mark reaches, for the slice bar. */
export function markSlices(mark: Mark): readonly number[] {
  if (mark.box) {
    const { start_zyx: start, stop_zyx: stop } = mark.box;
    return Array.from({ length: stop[0] - start[0] }, (_, n) => start[0] + n);
  }
  return mark.slices.map(({ k }) => k);
}
