/** Exact Euclidean distances in a box of voxels, with the spacing of each axis.
 *
 * Source: P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8 (2012): one
 * pass of lower envelopes of parabolas for each axis.
 */
import type { Triple } from '@/api/readingTypes';

/** Squared distance (mm² or px²) from each voxel to the nearest whose value is `to`, centre to centre; Infinity without any. */
export function squaredDistances(mask: Uint8Array, shape: Triple, spacing: Triple, to: 0 | 1): Float32Array {
  const field = new Float32Array(mask.length);
  for (let at = 0; at < mask.length; at += 1) field[at] = (mask[at] ? 1 : 0) === to ? 0 : Infinity;
  const [depth, rows, columns] = shape;
  const envelope = new Envelope(Math.max(depth, rows, columns));
  for (let line = 0; line < depth * rows; line += 1) scanRow(field, line * columns, columns, spacing[2]);
  if (rows > 1) {
    for (let z = 0; z < depth; z += 1) {
      for (let x = 0; x < columns; x += 1) envelope.pass(field, z * rows * columns + x, columns, rows, spacing[1]);
    }
  }
  if (depth > 1) {
    for (let at = 0; at < rows * columns; at += 1) envelope.pass(field, at, rows * columns, depth, spacing[0]);
  }
  return field;
}

/** Along the first axis the values are 0 or Infinity, and two scans do. */
function scanRow(field: Float32Array, offset: number, size: number, spacing: number): void {
  let steps = Infinity;
  for (let x = 0; x < size; x += 1) {
    steps = field[offset + x] === 0 ? 0 : steps + 1;
    field[offset + x] = steps;
  }
  steps = Infinity;
  for (let x = size - 1; x >= 0; x -= 1) {
    const before = field[offset + x] ?? 0;
    steps = before === 0 ? 0 : steps + 1;
    const mm = Math.min(before, steps) * spacing;
    field[offset + x] = mm * mm;
  }
}

class Envelope {
  private readonly values: Float64Array;
  private readonly tops: Int32Array;
  private readonly borders: Float64Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.tops = new Int32Array(size);
    this.borders = new Float64Array(size + 1);
  }

  /** One line of the field, in place. */
  pass(field: Float32Array, offset: number, stride: number, size: number, spacing: number): void {
    const { values, tops, borders } = this;
    const square = spacing * spacing;
    let last = -1;
    for (let q = 0; q < size; q += 1) {
      const value = field[offset + q * stride] as number;
      values[q] = value;
      if (value !== Infinity) last = this.add(q, value, square, last);
    }
    if (last < 0) return;
    for (let q = 0, n = 0; q < size; q += 1) {
      while (n < last && (borders[n + 1] as number) < q) n += 1;
      const p = tops[n] as number;
      field[offset + q * stride] = (q - p) * (q - p) * square + (values[p] as number);
    }
  }

  /** One more parabola: those that it hides go; the number of the last one is returned. */
  private add(q: number, value: number, square: number, last: number): number {
    const { values, tops, borders } = this;
    let at = last;
    let border = -Infinity;
    while (at >= 0) {
      const p = tops[at] as number;
      border = ((value - (values[p] as number)) / square + q * q - p * p) / (2 * (q - p));
      if (border > (borders[at] as number)) break;
      at -= 1;
    }
    tops[at + 1] = q;
    borders[at + 1] = at < 0 ? -Infinity : border;
    return at + 1;
  }
}

/** Distance to the border, positive inside and negative outside. Without any border (all or nothing set): ±Infinity. */
export function signedDistances(mask: Uint8Array, shape: Triple, spacing: Triple): Float32Array {
  const outside = squaredDistances(mask, shape, spacing, 1);
  const inside = squaredDistances(mask, shape, spacing, 0);
  for (let at = 0; at < mask.length; at += 1) {
    outside[at] = mask[at] ? Math.sqrt(inside[at] ?? 0) : -Math.sqrt(outside[at] ?? 0);
  }
  return outside;
}
