/** How a reformatted plane is looked at: from the usual side, along the axes of the grid. */
import { axisVector, cross, dot, planeAcross, scale, unit, type AffineLps, type ViewAxis } from '@/domain/coordinates';
import { planeAxes } from '@/domain/planes';

type Vector = readonly [number, number, number];

/** Towards the viewer, and up on the screen, for each anatomical plane (LPS). */
const USUAL: Readonly<Record<string, { normal: Vector; up: Vector }>> = {
  AX: { normal: [0, 0, -1], up: [0, -1, 0] },
  COR: { normal: [0, -1, 0], up: [0, 0, 1] },
  SAG: { normal: [1, 0, 0], up: [0, 0, 1] },
};

export interface PlaneCamera {
  readonly viewPlaneNormal: Vector;
  readonly viewUp: Vector;
}

const towards = (vector: Vector, wanted: Vector): Vector => (dot(vector, wanted) < 0 ? scale(vector, -1) : vector);

/** The nearest usual way to look across `axis`; an oblique grid is shown along its own axes, so voxels stay square-on. */
export function planeCamera(affine: AffineLps, axis: ViewAxis): PlaneCamera {
  const [uAxis, vAxis] = planeAxes(axis);
  const [u, v] = [unit(axisVector(affine, uAxis)), unit(axisVector(affine, vAxis))];
  const normal = unit(cross(u, v));
  const usual = USUAL[planeAcross(affine, axis)] ?? USUAL[nearest(normal)];
  if (!usual) return { viewPlaneNormal: normal, viewUp: scale(v, -1) };
  const up = Math.abs(dot(v, usual.up)) >= Math.abs(dot(u, usual.up)) ? v : u;
  return { viewPlaneNormal: towards(normal, usual.normal), viewUp: towards(up, usual.up) };
}

function nearest(normal: Vector): string {
  const size = normal.map(Math.abs);
  return ['SAG', 'COR', 'AX'][size.indexOf(Math.max(...size))] ?? 'AX';
}
