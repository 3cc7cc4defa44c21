/** Turns pointer positions into a stroke on a plane, and a finished stroke into deltas of acquisition slices. */
import type { SliceRuns, Stack } from '@/api/readingTypes';
import { rangeAround, Stroke } from '@/domain/brush';
import { planeUV, spacingAlong, type PlaneUV, type ViewAxis } from '@/domain/coordinates';
import { planeAxes, planeDelta, planeSize, planeToIndex, slicesInPlane } from '@/domain/planes';
import { valueSampler } from './cornerstone';
import type { ViewBrush } from './types';

export interface LiveStroke {
  readonly tool: 'brush' | 'eraser' | 'threshold';
  readonly stroke: Stroke;
  finish(): SliceRuns[];
}

interface Place {
  readonly stack: Stack;
  readonly axis: ViewAxis;
  readonly plane: number;
}

/** Null when a threshold stroke has no value to start from (its slice is still loading). */
export function beginStroke(
  tool: LiveStroke['tool'],
  { stack, axis, plane }: Place,
  brush: ViewBrush,
  windowWidth: number,
  at: PlaneUV,
): LiveStroke | null {
  const { width, height } = planeSize(stack.shape_zyx, axis);
  const before = slicesInPlane(brush.target, stack.shape_zyx, axis, plane) ?? { data: new Uint8Array(width * height), width, height };
  const [uAxis, vAxis] = planeAxes(axis);
  const spacing = [spacingAlong(stack.affine_lps, uAxis), spacingAlong(stack.affine_lps, vAxis)] as const;
  const sample = valueSampler(stack);
  const value = (u: number, v: number) => sample(planeToIndex(axis, plane, planeUV(u, v)));
  let allows: ((voxel: number) => boolean) | null = null;
  if (tool === 'threshold') {
    const seed = value(clamp(at[0], width), clamp(at[1], height));
    if (seed === null) return null;
    const { lower, upper } = rangeAround(seed, brush.tolerance * windowWidth);
    allows = (voxel) => {
      const found = value(voxel % width, Math.floor(voxel / width));
      return found !== null && found >= lower && found <= upper;
    };
  }
  const stroke = new Stroke(before, { radiusMm: brush.radiusMm, spacing }, tool === 'eraser' ? 0 : 1, allows);
  return { tool, stroke, finish: () => planeDelta(stroke.before, stroke.mask.data, stack.shape_zyx, axis, plane) };
}

const clamp = (value: number, size: number): number => Math.min(size - 1, Math.max(0, Math.round(value)));
