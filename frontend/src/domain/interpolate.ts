/** Shape-based interpolation between slices that were drawn by hand.
 *
 * Source: S. P. Raya, J. K. Udupa, "Shape-based interpolation of multidimensional objects", IEEE Transactions on Medical
 * Imaging 9 (1990) 32–42: each drawn slice becomes a map of signed distances to its outline, the maps are mixed linearly
 * along z, and what is not negative is inside. Here the distances are exact and in millimetres.
 *
 * Several parts: parts of two neighbouring drawn slices belong together where they overlap (also over several steps), and
 * each such group is interpolated by itself, so that one part never pulls at another. Of what overlaps nothing, a single
 * part on each side is carried from one place to the other along the line of their centres; the rest ends where it was drawn.
 */
import type { Triple } from '@/api/readingTypes';
import { blockOf, slicesOf, unpackInto, type Block, type MaskGrid } from './block';
import { labelParts } from './components';
import { signedDistances } from './distance';
import type { SliceRuns } from './runs';

/** The voxels between the drawn slices, ordered by k; the drawn ones themselves are not repeated. Empty when no slice lies
 * between two drawn ones, or no part has a partner. */
export function interpolateSlices(slices: readonly SliceRuns[], grid: MaskGrid): SliceRuns[] {
  const keyed = slices.filter(({ runs }) => runs.length > 0).sort((p, q) => p.k - q.k);
  return keyed.flatMap((upper, n) => {
    const lower = keyed[n + 1];
    return lower && lower.k - upper.k > 1 ? between(upper, lower, grid) : [];
  });
}

interface Side {
  readonly labels: Int32Array;
  readonly sizes: readonly number[];
}

function between(a: SliceRuns, b: SliceRuns, grid: MaskGrid): SliceRuns[] {
  const frame = blockOf([{ k: 0, runs: a.runs }, { k: 1, runs: b.runs }], [2, grid.shape[1], grid.shape[2]], [0, 1, 1]);
  if (!frame) return [];
  const [, rows, columns] = frame.shape;
  const flat: Triple = [1, rows, columns];
  const [first, second] = [a, b].map(({ runs }): Side => {
    const block: Block = { data: new Uint8Array(rows * columns), shape: flat, origin: [0, frame.origin[1], frame.origin[2]] };
    unpackInto(block, { k: 0, runs }, grid.shape[2]);
    return labelParts(block.data, flat, 'slices');
  }) as [Side, Side];
  const steps = b.k - a.k;
  const data = new Uint8Array((steps - 1) * rows * columns);
  for (const pair of pairsOf(first, second, columns)) mix(data, steps, pair, first, second, flat, grid.spacing);
  return slicesOf({ data, shape: [steps - 1, rows, columns], origin: [a.k + 1, frame.origin[1], frame.origin[2]] }, grid.shape);
}

interface Pair {
  readonly first: ReadonlySet<number>;
  readonly second: ReadonlySet<number>;
  /** Rows and columns from the first to the second; 0 for parts that overlap. */
  readonly shift: readonly [number, number];
}

function pairsOf(first: Side, second: Side, columns: number): Pair[] {
  const pairs = overlapGroups(first, second);
  const free = (side: Side, taken: (pair: Pair) => ReadonlySet<number>) =>
    side.sizes.flatMap((_, label) => (label > 0 && !pairs.some((pair) => taken(pair).has(label)) ? [label] : []));
  const [left, right] = [free(first, (pair) => pair.first), free(second, (pair) => pair.second)];
  const [p, q] = [left[0], right[0]];
  if (left.length !== 1 || right.length !== 1 || p === undefined || q === undefined) return pairs;
  const [from, to] = [centre(first.labels, p, columns), centre(second.labels, q, columns)];
  return [...pairs, { first: new Set([p]), second: new Set([q]), shift: [to[0] - from[0], to[1] - from[1]] }];
}

/** Parts joined by overlap, directly or through others. */
function overlapGroups(first: Side, second: Side): Pair[] {
  const groups: { first: Set<number>; second: Set<number>; shift: readonly [number, number] }[] = [];
  const seen = new Set<number>();
  for (let at = 0; at < first.labels.length; at += 1) {
    const [p, q] = [first.labels[at] ?? 0, second.labels[at] ?? 0];
    const key = p * second.sizes.length + q;
    if (p === 0 || q === 0 || seen.has(key)) continue;
    seen.add(key);
    const met = groups.filter((group) => group.first.has(p) || group.second.has(q));
    const group = met[0] ?? { first: new Set<number>(), second: new Set<number>(), shift: [0, 0] as const };
    if (met.length === 0) groups.push(group);
    for (const other of met.slice(1)) {
      other.first.forEach((label) => group.first.add(label));
      other.second.forEach((label) => group.second.add(label));
      groups.splice(groups.indexOf(other), 1);
    }
    group.first.add(p);
    group.second.add(q);
  }
  return groups;
}

function centre(labels: Int32Array, label: number, columns: number): readonly [number, number] {
  let [count, row, column] = [0, 0, 0];
  for (let at = 0; at < labels.length; at += 1) {
    if (labels[at] !== label) continue;
    count += 1;
    row += Math.floor(at / columns);
    column += at % columns;
  }
  return [row / count, column / count];
}

function mix(data: Uint8Array, steps: number, pair: Pair, first: Side, second: Side, shape: Triple, spacing: Triple): void {
  const [, rows, columns] = shape;
  const distances = (side: Side, chosen: ReadonlySet<number>) => {
    const wanted = side.sizes.map((_, label) => (chosen.has(label) ? 1 : 0));
    return signedDistances(Uint8Array.from(side.labels, (label) => wanted[label] ?? 0), shape, spacing);
  };
  const [near, far] = [distances(first, pair.first), distances(second, pair.second)];
  for (let step = 1; step < steps; step += 1) {
    const share = step / steps;
    const offset = (step - 1) * rows * columns;
    if (pair.shift[0] === 0 && pair.shift[1] === 0) {
      for (let at = 0; at < near.length; at += 1) {
        if ((1 - share) * (near[at] ?? 0) + share * (far[at] ?? 0) >= 0) data[offset + at] = 1;
      }
      continue;
    }
    mixShifted(data, offset, share, pair.shift, near, far, rows, columns);
  }
}

/** Both shapes are moved to where the centre is at this share of the way, and mixed there. */
function mixShifted(
  data: Uint8Array, offset: number, share: number, shift: readonly [number, number], near: Float32Array, far: Float32Array, rows: number, columns: number,
): void {
  const [dr, dc] = [Math.round(share * shift[0]), Math.round(share * shift[1])];
  const [er, ec] = [Math.round(shift[0]) - dr, Math.round(shift[1]) - dc];
  const at = (field: Float32Array, row: number, column: number) =>
    row < 0 || column < 0 || row >= rows || column >= columns ? -Infinity : (field[row * columns + column] ?? -Infinity);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const mixed = (1 - share) * at(near, row - dr, column - dc) + share * at(far, row + er, column + ec);
      if (mixed >= 0) data[offset + row * columns + column] = 1;
    }
  }
}
