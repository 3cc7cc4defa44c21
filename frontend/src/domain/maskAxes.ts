/** Long and short axis of a mask on one acquisition slice, as RECIST 1.1 measures a lesion.
 *
 * The long axis is the exact farthest pair among the corners of the voxels (a voxel is a small rectangle, not a point), so a
 * row of ten 1 mm voxels is about 10 mm long. The short axis is the longest chord at right angles to it that stays inside.
 */
import type { SliceRuns } from '@/api/readingTypes';
import type { Flat } from './flatMeasures';

export interface MaskAxes {
  readonly k: number;
  /** Ends of both axes in plane coordinates (column, row), voxel centres at whole numbers. */
  readonly long: readonly [Flat, Flat];
  readonly short: readonly [Flat, Flat];
  /** Millimetres, or pixels where the spacing counts pixels. */
  readonly longLength: number;
  readonly shortLength: number;
}

/** `spacing`: (column, row) step. The slice with the longest long axis, the first of equals; null for an empty mask. */
export function maskAxes(slices: readonly SliceRuns[], columns: number, spacing: Flat): MaskAxes | null {
  let best: { k: number; runs: readonly number[]; pair: Pair } | null = null;
  for (const { k, runs } of slices) {
    const pair = farthestPair(hull(outerCorners(runs, columns, spacing)));
    if (pair && (!best || pair.length > best.pair.length + 1e-9)) best = { k, runs, pair };
  }
  if (!best) return null;
  const { k, runs, pair } = best;
  const short = longestChord(runs, columns, spacing, pair);
  const toPlane = ([x, y]: Flat): Flat => [x / spacing[0], y / spacing[1]];
  return {
    k,
    long: [toPlane(pair.ends[0]), toPlane(pair.ends[1])],
    short: [toPlane(short.ends[0]), toPlane(short.ends[1])],
    longLength: pair.length,
    shortLength: short.length,
  };
}

interface Pair {
  readonly ends: readonly [Flat, Flat];
  readonly length: number;
}

/** Corners of the first and last voxel of each row, in mm: the hull of the mask's corners needs no others. */
function outerCorners(runs: readonly number[], columns: number, [du, dv]: Flat): Flat[] {
  const rows = new Map<number, [number, number]>();
  eachRowRun(runs, columns, (row, from, to) => {
    const known = rows.get(row);
    rows.set(row, known ? [Math.min(known[0], from), Math.max(known[1], to)] : [from, to]);
  });
  const corners: Flat[] = [];
  for (const [row, [from, to]] of rows) {
    for (const v of [row - 0.5, row + 0.5]) corners.push([(from - 0.5) * du, v * dv], [(to - 0.5) * du, v * dv]);
  }
  return corners;
}

/** Calls with (row, first column, column after the last) for each piece of each run: a run may go round the end of a row. */
function eachRowRun(runs: readonly number[], columns: number, call: (row: number, from: number, to: number) => void): void {
  for (let n = 0; n < runs.length; n += 2) {
    let at = runs[n] ?? 0;
    const end = at + (runs[n + 1] ?? 0);
    while (at < end) {
      const row = Math.floor(at / columns);
      const stop = Math.min(end, (row + 1) * columns);
      call(row, at - row * columns, stop - row * columns);
      at = stop;
    }
  }
}

const turn = (o: Flat, a: Flat, b: Flat): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);

function hull(points: readonly Flat[]): Flat[] {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const half = (side: readonly Flat[]): Flat[] => {
    const chain: Flat[] = [];
    for (const point of side) {
      for (let a = chain.at(-2), b = chain.at(-1); a && b && turn(a, b, point) <= 0; a = chain.at(-2), b = chain.at(-1)) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

function farthestPair(points: readonly Flat[]): Pair | null {
  let best: Pair | null = null;
  points.forEach((p, n) => {
    for (const q of points.slice(n + 1)) {
      const length = Math.hypot(q[0] - p[0], q[1] - p[1]);
      if (!best || length > best.length) best = { ends: [p, q], length };
    }
  });
  return best;
}

/** How far beside a corner a chord is tried: its length changes linearly between corners and may jump at one. */
const BESIDE = 1e-9;
/** Voxels that touch at a corner hold together, so a chord may pass from one to the other there. */
const GAP = 1e-6;

/** The longest stretch inside the mask on any line at right angles to `along`. */
function longestChord(runs: readonly number[], columns: number, spacing: Flat, along: Pair): Pair {
  const [p, q] = along.ends;
  const d: Flat = [(q[0] - p[0]) / along.length, (q[1] - p[1]) / along.length];
  const inside = new Set<number>();
  const places = new Set<number>();
  eachRowRun(runs, columns, (row, from, to) => {
    for (let column = from; column < to; column += 1) inside.add(row * columns + column);
    for (const u of [from - 0.5, to - 0.5]) {
      for (const v of [row - 0.5, row + 0.5]) places.add((u * spacing[0] - p[0]) * d[0] + (v * spacing[1] - p[1]) * d[1]);
    }
  });
  let best: Pair = { ends: [p, p], length: 0 };
  for (const corner of places) {
    for (const at of [corner - BESIDE, corner + BESIDE]) {
      const chord = chordAt(inside, columns, spacing, [p[0] + d[0] * at, p[1] + d[1] * at], [-d[1], d[0]], along.length);
      if (chord && chord.length > best.length) best = chord;
    }
  }
  return best;
}

/** The longest stretch inside on the line through `o` in direction `n`, looked for `reach` to both sides. */
function chordAt(inside: ReadonlySet<number>, columns: number, spacing: Flat, o: Flat, n: Flat, reach: number): Pair | null {
  const cuts = [-reach, reach, ...cutsAlong(o[0], n[0], spacing[0], reach), ...cutsAlong(o[1], n[1], spacing[1], reach)].sort((a, b) => a - b);
  let [from, best, bestFrom] = [NaN, 0, 0];
  for (let c = 0; c + 1 < cuts.length; c += 1) {
    const [s, t] = [cuts[c] ?? 0, cuts[c + 1] ?? 0];
    if (t - s < GAP) continue;
    const middle = (s + t) / 2;
    if (!holds(inside, columns, (o[0] + n[0] * middle) / spacing[0], (o[1] + n[1] * middle) / spacing[1])) from = NaN;
    else {
      if (Number.isNaN(from)) from = s;
      if (t - from > best) [best, bestFrom] = [t - from, from];
    }
  }
  const at = (s: number): Flat => [o[0] + n[0] * s, o[1] + n[1] * s];
  return best > 0 ? { ends: [at(bestFrom), at(bestFrom + best)], length: best } : null;
}

function holds(inside: ReadonlySet<number>, columns: number, u: number, v: number): boolean {
  const [column, row] = [Math.round(u), Math.round(v)];
  return column >= 0 && column < columns && inside.has(row * columns + column);
}

/** Where a line crosses the borders between voxels along one direction. */
function cutsAlong(origin: number, direction: number, step: number, reach: number): number[] {
  if (Math.abs(direction) < 1e-12) return [];
  const [a, b] = [(origin - direction * reach) / step, (origin + direction * reach) / step];
  const cuts: number[] = [];
  for (let edge = Math.ceil(Math.min(a, b) - 0.5) + 0.5; edge <= Math.max(a, b); edge += 1) cuts.push((edge * step - origin) / direction);
  return cuts;
}
