/** From the plane of a view to the canvas and back, as one affine map that is measured after each render. */
import {
  axisVector,
  canvasPx,
  orientationLetters,
  planeUV,
  scale,
  spacingAlong,
  type AffineLps,
  type CanvasPx,
  type PlaneUV,
  type ViewAxis,
} from '@/domain/coordinates';
import { planeAxes } from '@/domain/planes';

export interface Projection {
  /** Canvas point of (u, v) = (0, 0). */
  readonly origin: CanvasPx;
  /** Canvas step of one u, of one v. */
  readonly du: readonly [number, number];
  readonly dv: readonly [number, number];
}

export const toCanvas = ({ origin, du, dv }: Projection, [u, v]: PlaneUV): CanvasPx =>
  canvasPx(origin[0] + u * du[0] + v * dv[0], origin[1] + u * du[1] + v * dv[1]);

export function toPlane({ origin, du, dv }: Projection, [x, y]: CanvasPx): PlaneUV {
  const determinant = du[0] * dv[1] - du[1] * dv[0];
  if (Math.abs(determinant) < 1e-12) return planeUV(0, 0);
  const [px, py] = [x - origin[0], y - origin[1]];
  return planeUV((px * dv[1] - py * dv[0]) / determinant, (du[0] * py - du[1] * px) / determinant);
}

/** For an SVG `transform` attribute: index units to CSS pixels. */
export const matrixOf = ({ origin, du, dv }: Projection): string =>
  `matrix(${du[0]} ${du[1]} ${dv[0]} ${dv[1]} ${origin[0]} ${origin[1]})`;

export const sameProjection = (p: Projection | null, q: Projection): boolean =>
  p !== null &&
  [p.origin, p.du, p.dv].every((vector, n) => {
    const other = [q.origin, q.du, q.dv][n];
    return Math.abs(vector[0] - (other?.[0] ?? 0)) < 1e-4 && Math.abs(vector[1] - (other?.[1] ?? 0)) < 1e-4;
  });

/** CSS pixels of one millimetre (or of one pixel where spacing is unknown). */
export function pixelsPerMm(projection: Projection, affine: AffineLps, axis: ViewAxis): number {
  const [uAxis] = planeAxes(axis);
  return Math.hypot(...projection.du) / spacingAlong(affine, uAxis);
}

export interface Letters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** What lies in the patient at each side of the screen: follows every flip and rotation, because it is measured. */
export function lettersOf(projection: Projection, affine: AffineLps, axis: ViewAxis): Letters {
  const [uAxis, vAxis] = planeAxes(axis);
  const zero = toPlane(projection, projection.origin);
  const direction = (x: number, y: number) => {
    const at = toPlane(projection, canvasPx(projection.origin[0] + x, projection.origin[1] + y));
    const [u, v] = [axisVector(affine, uAxis), axisVector(affine, vAxis)];
    const [a, b] = [at[0] - zero[0], at[1] - zero[1]];
    return [u[0] * a + v[0] * b, u[1] * a + v[1] * b, u[2] * a + v[2] * b] as const;
  };
  const [right, down] = [direction(100, 0), direction(0, 100)];
  return {
    right: orientationLetters(right),
    left: orientationLetters(scale(right, -1)),
    bottom: orientationLetters(down),
    top: orientationLetters(scale(down, -1)),
  };
}

const NICE_MM = [1, 2, 5, 10, 20, 40, 50, 100, 200, 500] as const;

/** The longest nice length that takes at most a fifth of the width. */
export function scaleBar(pxPerMm: number, widthPx: number): { mm: number; px: number } {
  const fitting = NICE_MM.filter((mm) => mm * pxPerMm <= Math.max(60, widthPx * 0.22));
  const mm = fitting.at(-1) ?? 1;
  return { mm, px: mm * pxPerMm };
}
