/** Drawing and changing measures with the pointer. A measure of two strokes (angle, Cobb) waits in `drawing` between them. */
import { indexToWorld, planeUV, spacingAlong, worldLps, worldToIndex, type CanvasPx, type PlaneUV } from '@/domain/coordinates';
import { drawnAxes, drawnEllipse, isDrawable, withHandleAt, type Flat } from '@/domain/flatMeasures';
import { IN_SLICE, type MeasureTool } from '@/domain/measures';
import { ellipseValues, probeValues, type Values } from '@/domain/roiValues';
import { indexToPlane, planeAxes, planeNumber, planeSize, planeToIndex } from '@/domain/planes';
import type { MeasureValues, Stack, Triple } from '@/api/readingTypes';
import { valueSampler, valueUnit } from './cornerstone';
import type { Drag, Scene } from './drags';
import type { Mark } from './marks';
import { toPlane } from './projection';
import type { StackViewProps } from './types';

/** What a finished drawing is, ready for the journal. */
export interface MeasureDrawn {
  readonly tool: MeasureTool;
  readonly k: number;
  readonly points: Triple[];
  readonly values: MeasureValues | null;
}

const MIN_DRAG_PX = 4;

/** Millimetres of one step of u and of v (pixels where the affine counts pixels). */
export function planeSpacing({ stack, axis }: Pick<StackViewProps, 'stack' | 'axis'>): Flat {
  const [u, v] = planeAxes(axis);
  return [spacingAlong(stack.affine_lps, u), spacingAlong(stack.affine_lps, v)];
}

const flatOf = ([u, v]: PlaneUV, [du, dv]: Flat): Flat => [u * du, v * dv];
const planeOf = ([x, y]: Flat, [du, dv]: Flat): PlaneUV => planeUV(x / du, y / dv);
const planeAt = (scene: Scene, point: CanvasPx): PlaneUV => toPlane(scene.shown.projection, point);

/** The points of a mark in the plane of a view; null where one of them lies outside it. */
export function measureInPlane(points: readonly Triple[], { stack, axis }: Pick<StackViewProps, 'stack' | 'axis'>, plane: number): PlaneUV[] | null {
  const indices = points.map(([x, y, z]) => worldToIndex(stack.affine_lps, worldLps(x, y, z)));
  return indices.every((index) => Math.abs(planeNumber(axis, index) - plane) < 0.5) ? indices.map((index) => indexToPlane(axis, index)) : null;
}

export function drawnMeasure(stack: Stack, axis: StackViewProps['axis'], plane: number, tool: MeasureTool, points: readonly PlaneUV[]): MeasureDrawn {
  const world = points.map(([u, v]): Triple => {
    const [x, y, z] = indexToWorld(stack.affine_lps, planeToIndex(axis, plane, planeUV(u, v)));
    const round = (value: number) => Math.round(value * 10000) / 10000;
    return [round(x), round(y), round(z)];
  });
  const [first] = points;
  const k = first ? Math.round(planeToIndex(axis, plane, first)[2]) : 0;
  const last = stack.shape_zyx[0] - 1;
  return { tool, k: Math.min(last, Math.max(0, k)), points: world, values: readValues(stack, axis, plane, tool, points) };
}

/** From the voxels themselves, at their full depth; null where they are not loaded or none lies inside. */
function readValues(stack: Stack, axis: StackViewProps['axis'], plane: number, tool: MeasureTool, points: readonly PlaneUV[]): MeasureValues | null {
  const sampler = valueSampler(stack);
  const sample = (u: number, v: number) => sampler(planeToIndex(axis, plane, planeUV(u, v)));
  const { width, height } = planeSize(stack.shape_zyx, axis);
  const [a, b, c] = points;
  let found: Values | null = null;
  if (tool === 'ellipse' && a && b && c) found = ellipseValues([a, b, c], width, height, sample);
  else if (tool === 'probe' && a) found = probeValues(a, width, height, sample);
  return found && { ...found, unit: valueUnit(stack) };
}

/** The points that a drag makes of where it began and is now. `before`: what the stroke before it left. */
function pointsOf(tool: MeasureTool, before: readonly Flat[], from: Flat, to: Flat, round: boolean): readonly Flat[] {
  if (tool === 'probe') return [to];
  if (tool === 'ellipse') return drawnEllipse(from, to, round);
  if (tool === 'bidirectional') return drawnAxes(from, to);
  if (tool === 'angle' && before.length === 2) return [...before, to];
  return tool === 'cobb' && before.length === 2 ? [...before, from, to] : [from, to];
}

const NEEDS_TWO: readonly MeasureTool[] = ['angle', 'cobb'];

export function measureDrag(scene: Scene, tool: MeasureTool, from: CanvasPx): Drag | null {
  const { props, shown, drawing } = scene;
  if (IN_SLICE.includes(tool) && props.axis !== 'k') {
    props.onRefused?.('inSlice');
    return null;
  }
  const spacing = planeSpacing(props);
  const waiting = drawing?.kind === 'measure' && drawing.tool === tool && drawing.plane === shown.plane ? drawing.points : [];
  const before = waiting.map((point) => flatOf(point, spacing));
  const start = flatOf(planeAt(scene, from), spacing);
  let [last, round] = [from, false];
  const points = (): PlaneUV[] => pointsOf(tool, before, start, flatOf(planeAt(scene, last), spacing), round).map((point) => planeOf(point, spacing));
  const show = () => scene.setDrawing({ kind: 'measure', tool, points: points(), plane: shown.plane, replaces: null });
  const leave = () => scene.setDrawing(before.length > 0 ? { kind: 'measure', tool, points: waiting, plane: shown.plane, replaces: null } : null);
  show();
  return {
    move(moved, keys) {
      last = moved.at(-1) ?? last;
      round = keys?.shift ?? false;
      show();
    },
    end() {
      const isStill = tool !== 'probe' && Math.hypot(last[0] - from[0], last[1] - from[1]) < MIN_DRAG_PX;
      // The second leg of an angle may be a click: it ends where the pointer is.
      if (isStill && !(tool === 'angle' && before.length === 2)) return leave();
      if (NEEDS_TWO.includes(tool) && before.length === 0) return show();
      if (!isDrawable(tool, points().map((point) => flatOf(point, spacing)))) return leave();
      scene.setDrawing(null);
      props.onMeasure?.(drawnMeasure(props.stack, props.axis, shown.plane, tool, points()));
    },
    cancel: () => scene.setDrawing(null),
  };
}

export function moveMeasureDrag(scene: Scene, mark: Mark, handle: number): Drag | null {
  const { props, shown } = scene;
  const { measure } = mark;
  const start = measure ? measureInPlane(measure.points, props, shown.plane) : null;
  if (!measure || !start) return null;
  const spacing = planeSpacing(props);
  const before = start.map((point) => flatOf(point, spacing));
  let points: readonly Flat[] = before;
  const inPlane = () => points.map((point) => planeOf(point, spacing));
  return {
    move(positions, keys) {
      const last = positions.at(-1);
      if (!last) return;
      points = withHandleAt(measure.tool, before, handle, flatOf(planeAt(scene, last), spacing), keys?.shift);
      scene.setDrawing({ kind: 'measure', tool: measure.tool, points: inPlane(), plane: shown.plane, replaces: mark.key });
    },
    end() {
      scene.setDrawing(null);
      if (points !== before) props.onMoveMeasure?.(mark.key, drawnMeasure(props.stack, props.axis, shown.plane, measure.tool, inPlane()));
    },
    cancel: () => scene.setDrawing(null),
  };
}
