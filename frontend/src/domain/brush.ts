/** The brush: a round tip of a given radius in millimetres, swept along the pointer without gaps, in the plane of a view. */
import type { PlaneUV } from './coordinates';
import type { PlaneMask } from './contours';

export interface Tip {
  readonly radiusMm: number;
  /** Millimetres (or pixels) of one step in u and in v. */
  readonly spacing: readonly [number, number];
}

export const MIN_RADIUS_MM = 0.5;
export const MAX_RADIUS_MM = 60;
/** One press of a bracket key: 20 per cent. */
export const SIZE_STEP = 1.2;

export const resizeTip = (radiusMm: number, steps: number): number =>
  Math.min(MAX_RADIUS_MM, Math.max(MIN_RADIUS_MM, Math.round(radiusMm * SIZE_STEP ** steps * 10) / 10));

/** Calls `visit` once with the flat number of each voxel whose centre the tip passes over between two pointer positions.
 * The voxels nearest to the two ends always count, so a tip smaller than a voxel still draws. */
export function sweep(
  tip: Tip,
  from: PlaneUV,
  to: PlaneUV,
  size: { readonly width: number; readonly height: number },
  visit: (voxel: number) => void,
): void {
  const [su, sv] = tip.spacing;
  const [reachU, reachV] = [tip.radiusMm / su, tip.radiusMm / sv];
  const u0 = Math.max(0, Math.floor(Math.min(from[0], to[0]) - reachU));
  const u1 = Math.min(size.width - 1, Math.ceil(Math.max(from[0], to[0]) + reachU));
  const v0 = Math.max(0, Math.floor(Math.min(from[1], to[1]) - reachV));
  const v1 = Math.min(size.height - 1, Math.ceil(Math.max(from[1], to[1]) + reachV));
  const near = [from, to].map(([u, v]) => Math.round(v) * size.width + Math.round(u));
  const [du, dv] = [(to[0] - from[0]) * su, (to[1] - from[1]) * sv];
  const lengthSquared = du * du + dv * dv;
  const radiusSquared = tip.radiusMm * tip.radiusMm;
  for (let v = v0; v <= v1; v += 1) {
    for (let u = u0; u <= u1; u += 1) {
      const [pu, pv] = [(u - from[0]) * su, (v - from[1]) * sv];
      const along = lengthSquared === 0 ? 0 : Math.min(1, Math.max(0, (pu * du + pv * dv) / lengthSquared));
      const [ou, ov] = [pu - along * du, pv - along * dv];
      const voxel = v * size.width + u;
      if (ou * ou + ov * ov <= radiusSquared || near.includes(voxel)) visit(voxel);
    }
  }
}

export interface ValueRange {
  readonly lower: number;
  readonly upper: number;
}

/** One stroke in one plane: starts from a copy, ends as a mask to compare with the first one. */
export class Stroke {
  readonly before: Uint8Array;
  readonly mask: PlaneMask;
  private last: PlaneUV | null = null;

  constructor(
    before: PlaneMask,
    private readonly tip: Tip,
    private readonly value: 0 | 1,
    /** Paint only voxels for which this holds (threshold brush). */
    private readonly allows: ((voxel: number) => boolean) | null = null,
  ) {
    this.before = before.data;
    this.mask = { ...before, data: before.data.slice() };
  }

  moveTo(point: PlaneUV): void {
    const { data } = this.mask;
    sweep(this.tip, this.last ?? point, point, this.mask, (voxel) => {
      if (!this.allows || this.allows(voxel)) data[voxel] = this.value;
    });
    this.last = point;
  }
}

/** Values accepted by the threshold brush: those within `tolerance` of the value where the stroke began. */
export const rangeAround = (seed: number, tolerance: number): ValueRange => ({ lower: seed - tolerance, upper: seed + tolerance });
