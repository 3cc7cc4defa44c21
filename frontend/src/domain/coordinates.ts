/** Coordinates and the affine map between a voxel grid and the patient.
 *
 * Index: (column i, row j, slice k), zero-based, voxel centres at whole numbers. World: LPS millimetres. Canvas: CSS pixels
 * from the top left corner of one viewport. The three brands cannot be mixed by accident; conversion lives here and in `viewer/`.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type IndexIJK = Branded<readonly [number, number, number], 'IndexIJK'>;
export type WorldLps = Branded<readonly [number, number, number], 'WorldLps'>;
export type CanvasPx = Branded<readonly [number, number], 'CanvasPx'>;
/** In-plane index of a view: (u to the viewer's right before any flip, v downwards). */
export type PlaneUV = Branded<readonly [number, number], 'PlaneUV'>;
/** 4×4, row by row, takes (column, row, slice, 1) to LPS millimetres. */
export type AffineLps = readonly (readonly number[])[];
/** The grid axis that a view cuts across: k is the acquisition plane. */
export type ViewAxis = 'i' | 'j' | 'k';

export const indexIJK = (i: number, j: number, k: number): IndexIJK => [i, j, k] as unknown as IndexIJK;
export const worldLps = (x: number, y: number, z: number): WorldLps => [x, y, z] as unknown as WorldLps;
export const canvasPx = (x: number, y: number): CanvasPx => [x, y] as unknown as CanvasPx;
export const planeUV = (u: number, v: number): PlaneUV => [u, v] as unknown as PlaneUV;

type Vector = readonly [number, number, number];

function entry(affine: AffineLps, row: number, column: number): number {
  const value = affine[row]?.[column];
  if (value === undefined || !Number.isFinite(value)) throw new RangeError(`affine_lps[${row}][${column}] is not a number`);
  return value;
}

export function indexToWorld(affine: AffineLps, [i, j, k]: IndexIJK): WorldLps {
  const at = (row: number) =>
    entry(affine, row, 0) * i + entry(affine, row, 1) * j + entry(affine, row, 2) * k + entry(affine, row, 3);
  return worldLps(at(0), at(1), at(2));
}

/** Throws a RangeError for a degenerate grid (two axes parallel or of length zero). */
export function worldToIndex(affine: AffineLps, world: WorldLps): IndexIJK {
  const [a, b, c] = [axisVector(affine, 'i'), axisVector(affine, 'j'), axisVector(affine, 'k')];
  const determinant = dot(a, cross(b, c));
  if (Math.abs(determinant) < 1e-12) throw new RangeError('affine_lps cannot be inverted');
  const d: Vector = [world[0] - entry(affine, 0, 3), world[1] - entry(affine, 1, 3), world[2] - entry(affine, 2, 3)];
  return indexIJK(dot(d, cross(b, c)) / determinant, dot(a, cross(d, c)) / determinant, dot(a, cross(b, d)) / determinant);
}

/** Step of one index along an axis, in LPS millimetres. */
export function axisVector(affine: AffineLps, axis: ViewAxis): Vector {
  const column = axis === 'i' ? 0 : axis === 'j' ? 1 : 2;
  return [entry(affine, 0, column), entry(affine, 1, column), entry(affine, 2, column)];
}

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const lengthOf = (a: Vector): number => Math.sqrt(dot(a, a));
export const scale = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];
export function unit(a: Vector): Vector {
  const length = lengthOf(a);
  if (length < 1e-12) throw new RangeError('an axis of the grid has no length');
  return scale(a, 1 / length);
}

/** Length of one index step along an axis in millimetres. */
export const spacingAlong = (affine: AffineLps, axis: ViewAxis): number => lengthOf(axisVector(affine, axis));

const LETTERS: readonly (readonly [string, string])[] = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
];

/** Letters for a direction in the patient, the strongest first; a second one from about 20 degrees off axis. */
export function orientationLetters(direction: Vector): string {
  const d = unit(direction);
  return [0, 1, 2]
    .filter((axis) => Math.abs(d[axis] ?? 0) > 0.34)
    .sort((p, q) => Math.abs(d[q] ?? 0) - Math.abs(d[p] ?? 0))
    .slice(0, 2)
    .map((axis) => LETTERS[axis]?.[(d[axis] ?? 0) > 0 ? 0 : 1] ?? '')
    .join('');
}

export type PlaneName = 'AX' | 'COR' | 'SAG' | 'OBL' | '2D';

/** The anatomical plane whose normal is nearest to this axis of the grid; OBL beyond 30 degrees. */
export function planeAcross(affine: AffineLps, axis: ViewAxis): PlaneName {
  const [p, q] = axis === 'k' ? (['i', 'j'] as const) : axis === 'j' ? (['i', 'k'] as const) : (['j', 'k'] as const);
  const normal = unit(cross(axisVector(affine, p), axisVector(affine, q)));
  const size = normal.map(Math.abs);
  const strongest = size.indexOf(Math.max(...size));
  if ((size[strongest] ?? 0) < 0.866) return 'OBL';
  return strongest === 0 ? 'SAG' : strongest === 1 ? 'COR' : 'AX';
}

/** "H 38.2 mm": where along an axis of the patient a plane lies. */
export function positionText(affine: AffineLps, axis: ViewAxis, world: WorldLps): string {
  const plane = planeAcross(affine, axis);
  const component = plane === 'SAG' ? 0 : plane === 'COR' ? 1 : 2;
  const value = world[component];
  const letter = LETTERS[component]?.[value >= 0 ? 0 : 1] ?? '';
  return `${letter} ${Math.abs(value).toFixed(1)} mm`;
}
