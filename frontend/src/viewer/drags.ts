/** What a pressed pointer does, one small object per gesture: every gesture ends in `end` or in `cancel`. */
import { indexToWorld, planeUV, type CanvasPx, type PlaneUV } from '@/domain/coordinates';
import { planeToIndex } from '@/domain/planes';
import type { Box, Triple } from '@/api/readingTypes';
import type { MeasureTool } from '@/domain/measures';
import { boxFromPlane, boxInPlane, drawnBox, outlineOfMask, type Mark, type PlaneBox } from './marks';
import { toPlane, type Projection } from './projection';
import { beginStroke } from './strokes';
import type { StackViewProps } from './types';
import type { Shown, ShownWindow, ViewportControls } from './useViewport';

/** A box, length or measure while it is drawn or moved. */
export type Drawing =
  | { kind: 'box'; box: PlaneBox; replaces: string | null }
  | { kind: 'length'; points: readonly [PlaneUV, PlaneUV]; replaces: string | null }
  | { kind: 'measure'; tool: MeasureTool; points: readonly PlaneUV[]; plane: number; replaces: string | null }
  | { kind: 'stroke'; replaces: string | null };

export interface Scene {
  readonly props: StackViewProps;
  readonly shown: Shown & { plane: number; projection: Projection };
  readonly controls: ViewportControls;
  /** What is being drawn, or waits for its second stroke. */
  readonly drawing: Drawing | null;
  setDrawing(drawing: Drawing | null): void;
  /** Path data of the stroke so far, drawn without React. */
  setLivePath(path: string): void;
}

export interface Drag {
  /** All positions since the last call, oldest first. */
  move(points: readonly CanvasPx[], keys?: { readonly shift: boolean }): void;
  end(): void;
  cancel(): void;
}

const nothing = (): void => undefined;
const planeAt = (scene: Scene, point: CanvasPx): PlaneUV => toPlane(scene.shown.projection, point);

/** Left and right for width, up and down for level; as fast as the window is wide. */
export function windowDrag(scene: Scene, from: CanvasPx): Drag {
  const start = scene.shown.window;
  if (!start) return { move: nothing, end: nothing, cancel: nothing };
  const speed = Math.max(start.width, 1e-3) / 300;
  const set = (window: ShownWindow) => scene.props.onWindow?.(window);
  return {
    move(points) {
      const last = points.at(-1);
      if (!last) return;
      const width = Math.max(start.width / 100, start.width + (last[0] - from[0]) * speed);
      set({ width, center: start.center + (last[1] - from[1]) * speed });
    },
    end: nothing,
    cancel: () => set(start),
  };
}

function stepping(from: CanvasPx, step: (dx: number, dy: number) => void): Drag {
  let at = from;
  return {
    move(points) {
      const last = points.at(-1);
      if (!last) return;
      step(last[0] - at[0], last[1] - at[1]);
      at = last;
    },
    end: nothing,
    cancel: nothing,
  };
}

export const zoomDrag = (scene: Scene, from: CanvasPx): Drag =>
  stepping(from, (_dx, dy) => scene.controls.zoomBy(Math.exp(-dy / 150)));

export const panDrag = (scene: Scene, from: CanvasPx): Drag => stepping(from, (dx, dy) => scene.controls.panBy(dx, dy));

export function strokeDrag(scene: Scene, tool: 'brush' | 'eraser' | 'threshold', from: CanvasPx): Drag | null {
  const { props, shown } = scene;
  if (!props.brush) return null;
  const place = { stack: props.stack, axis: props.axis, plane: shown.plane };
  const live = beginStroke(tool, place, props.brush, shown.window?.width ?? 1, planeAt(scene, from));
  if (!live) return null;
  const draw = (points: readonly CanvasPx[]) => {
    for (const point of points) live.stroke.moveTo(planeAt(scene, point));
    scene.setLivePath(outlineOfMask(live.stroke.mask));
  };
  const clear = () => {
    scene.setDrawing(null);
    scene.setLivePath('');
  };
  scene.setDrawing({ kind: 'stroke', replaces: props.brush.targetKey });
  draw([from]);
  return {
    move: draw,
    end() {
      props.onStroke?.(tool, live.finish());
      clear();
    },
    cancel: clear,
  };
}

const MIN_BOX_PX = 4;

export function boxDrag(scene: Scene, from: CanvasPx): Drag {
  const { props, shown } = scene;
  const start = planeAt(scene, from);
  let last = from;
  const boxTo = (point: CanvasPx): Box => drawnBox(start, planeAt(scene, point), props.axis, shown.plane, props.stack.shape_zyx);
  return {
    move(points) {
      last = points.at(-1) ?? last;
      const box = boxInPlane(boxTo(last), props.axis, shown.plane);
      if (box) scene.setDrawing({ kind: 'box', box, replaces: null });
    },
    end() {
      scene.setDrawing(null);
      if (Math.hypot(last[0] - from[0], last[1] - from[1]) >= MIN_BOX_PX) props.onBox?.(boxTo(last));
    },
    cancel: () => scene.setDrawing(null),
  };
}

/** `handle`: any of n, s, w, e together, or `move`. */
export function moveBoxDrag(scene: Scene, mark: Mark, handle: string, from: CanvasPx): Drag | null {
  const { props, shown } = scene;
  const whole = mark.box;
  const flat = whole && boxInPlane(whole, props.axis, shown.plane);
  if (!whole || !flat) return null;
  const start = planeAt(scene, from);
  let edges = flat;
  return {
    move(points) {
      const last = points.at(-1);
      if (!last) return;
      const at = planeAt(scene, last);
      edges = movedEdges(flat, handle, at[0] - start[0], at[1] - start[1]);
      scene.setDrawing({ kind: 'box', box: edges, replaces: mark.key });
    },
    end() {
      scene.setDrawing(null);
      if (edges !== flat) props.onMoveBox?.(mark.key, boxFromPlane(whole, props.axis, props.stack.shape_zyx, edges));
    },
    cancel: () => scene.setDrawing(null),
  };
}

export function movedEdges({ u0, v0, u1, v1 }: PlaneBox, handle: string, du: number, dv: number): PlaneBox {
  const [su, sv] = [Math.round(du), Math.round(dv)];
  const all = handle === 'move';
  const moves = (side: string) => all || handle.includes(side);
  return {
    u0: moves('w') ? u0 + su : u0,
    u1: moves('e') ? u1 + su : u1,
    v0: moves('n') ? v0 + sv : v0,
    v1: moves('s') ? v1 + sv : v1,
  };
}

const MIN_LENGTH_PX = 4;

export function lengthDrag(scene: Scene, from: CanvasPx): Drag {
  let last = from;
  const points = (): [PlaneUV, PlaneUV] => [planeAt(scene, from), planeAt(scene, last)];
  return {
    move(moved) {
      last = moved.at(-1) ?? last;
      scene.setDrawing({ kind: 'length', points: points(), replaces: null });
    },
    end() {
      scene.setDrawing(null);
      if (Math.hypot(last[0] - from[0], last[1] - from[1]) < MIN_LENGTH_PX) return;
      const [p, q] = points();
      scene.props.onLength?.([worldAt(scene, p), worldAt(scene, q)]);
    },
    cancel: () => scene.setDrawing(null),
  };
}

export function moveLengthDrag(scene: Scene, mark: Mark, end: 0 | 1, points: readonly [PlaneUV, PlaneUV]): Drag | null {
  if (!mark.points) return null;
  let moved: [PlaneUV, PlaneUV] = [...points];
  let changed = false;
  return {
    move(positions) {
      const last = positions.at(-1);
      if (!last) return;
      changed = true;
      moved = end === 0 ? [planeAt(scene, last), points[1]] : [points[0], planeAt(scene, last)];
      scene.setDrawing({ kind: 'length', points: moved, replaces: mark.key });
    },
    end() {
      scene.setDrawing(null);
      if (changed) scene.props.onMoveLength?.(mark.key, [worldAt(scene, moved[0]), worldAt(scene, moved[1])]);
    },
    cancel: () => scene.setDrawing(null),
  };
}

function worldAt({ props, shown }: Scene, [u, v]: PlaneUV): Triple {
  const [x, y, z] = indexToWorld(props.stack.affine_lps, planeToIndex(props.axis, shown.plane, planeUV(u, v)));
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return [round(x), round(y), round(z)];
}
