/** Pointer and wheel of one view: decides which gesture a press begins, and feeds it. */
import { useCallback, useEffect, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from 'react';
import { canvasPx, planeUV, worldLps, worldToIndex, type CanvasPx } from '@/domain/coordinates';
import { isMeasureTool } from '@/domain/measures';
import { indexToPlane, planeNumber, planeToIndex, withPlaneNumber } from '@/domain/planes';
import {
  boxDrag,
  lengthDrag,
  moveBoxDrag,
  moveLengthDrag,
  panDrag,
  strokeDrag,
  windowDrag,
  zoomDrag,
  type Drag,
  type Drawing,
  type Scene,
} from './drags';
import type { Mark } from './marks';
import { clickDrag, scissorDrag } from './maskDrags';
import { measureDrag, moveMeasureDrag } from './measureDrags';
import { toPlane } from './projection';
import { isMaskTool, isStrokeTool, type StackViewProps } from './types';
import type { Shown, ViewportControls } from './useViewport';

interface GestureInput {
  root: RefObject<HTMLDivElement | null>;
  props: StackViewProps;
  shown: Shown;
  controls: ViewportControls;
  setLivePath: (path: string) => void;
  /** The brush tip follows the pointer without React; null hides it. */
  moveTip: (at: CanvasPx | null, erasing: boolean) => void;
}

const STILL_PX = 4;
const WHEEL_NOTCH = 40;

interface Press {
  readonly drag: Drag | null;
  readonly from: CanvasPx;
  readonly markKey: string | null;
  moved: boolean;
}

export function useGestures(input: GestureInput) {
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const press = useRef<Press | null>(null);
  const latest = useRef(input);
  const wheel = useRef(0);
  const waiting = useRef(drawing);
  useEffect(() => {
    latest.current = input;
    waiting.current = drawing;
  });

  // A first stroke that waits for its second belongs to its tool and plane.
  const { tool } = input.props;
  const { plane: shownPlane } = input.shown;
  useEffect(() => setDrawing((now) => (now?.kind === 'measure' ? null : now)), [tool, shownPlane]);

  const positionOf = useCallback((event: { clientX: number; clientY: number }): CanvasPx => {
    const rect = latest.current.root.current?.getBoundingClientRect();
    return canvasPx(event.clientX - (rect?.left ?? 0), event.clientY - (rect?.top ?? 0));
  }, []);

  const scene = useCallback((): Scene | null => {
    const { props, shown, controls, setLivePath } = latest.current;
    const { plane, projection } = shown;
    if (plane === null || !projection) return null;
    return { props, shown: { ...shown, plane, projection }, controls, drawing: waiting.current, setDrawing, setLivePath };
  }, []);

  const onPointerDown = (event: ReactPointerEvent<HTMLDivElement>) => {
    input.props.onActivate?.();
    const now = scene();
    if (!now || press.current) return;
    event.preventDefault();
    (document.activeElement as HTMLElement | null)?.blur?.();
    const from = positionOf(event);
    const target = event.target as Element;
    const drag = beginDrag(now, event, target, from);
    press.current = { drag, from, markKey: target.closest('[data-mark]')?.getAttribute('data-mark') ?? null, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };

  const onPointerMove = (event: ReactPointerEvent<HTMLDivElement>) => {
    const at = positionOf(event);
    const drawingTool = isStrokeTool(input.props.tool);
    input.moveTip(drawingTool ? at : null, event.ctrlKey || input.props.tool === 'eraser');
    const now = press.current;
    if (!now) {
      if (event.shiftKey) followCrosshair(at);
      return;
    }
    if (Math.hypot(at[0] - now.from[0], at[1] - now.from[1]) >= STILL_PX) now.moved = true;
    const positions = event.nativeEvent.getCoalescedEvents?.() ?? [];
    now.drag?.move(positions.length > 0 ? positions.map(positionOf) : [at], { shift: event.shiftKey });
  };

  const followCrosshair = (at: CanvasPx) => {
    const now = scene();
    if (!now) return;
    const { axis } = now.props;
    const [u, v] = toPlane(now.shown.projection, at);
    now.props.onCursor?.(planeToIndex(axis, now.shown.plane, planeUV(u, v)));
  };

  const onPointerUp = (event: ReactPointerEvent<HTMLDivElement>) => {
    const now = press.current;
    press.current = null;
    if (!now) return;
    if (event.currentTarget.hasPointerCapture(event.pointerId)) event.currentTarget.releasePointerCapture(event.pointerId);
    now.drag?.end();
    if (now.moved || event.button !== 0 || isMarking(input.props.tool)) return;
    if (now.markKey) input.props.onPick?.(now.markKey);
    followCrosshair(now.from);
  };

  const onPointerCancel = () => {
    press.current?.drag?.cancel();
    press.current = null;
  };

  useWheel(input.root, (event) => {
    const now = scene();
    if (!now) return;
    event.preventDefault();
    wheel.current += event.deltaY || event.deltaX;
    const notches = Math.trunc(wheel.current / WHEEL_NOTCH);
    if (notches === 0) return;
    wheel.current = 0;
    turnWheel(now, Math.sign(notches), event);
  });

  return {
    drawing,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel,
      onPointerLeave: () => input.moveTip(null, false),
      onContextMenu: (event: { preventDefault(): void }) => event.preventDefault(),
    },
  };
}

const isMarking = (tool: string | undefined): boolean => isMaskTool(tool) || isMeasureTool(tool) || tool === 'box' || tool === 'length';

function turnWheel({ props, controls }: Scene, direction: number, event: WheelEvent): void {
  if (event.ctrlKey || event.metaKey) {
    if (isStrokeTool(props.tool)) props.onBrushSize?.(-direction);
    else controls.zoomBy(direction > 0 ? 1 / 1.15 : 1.15);
    return;
  }
  const steps = direction * (event.shiftKey ? 5 : 1);
  props.onCursor?.(withPlaneNumber(props.axis, props.cursor, planeNumber(props.axis, props.cursor) + steps));
}

function useWheel(root: RefObject<HTMLDivElement | null>, listener: (event: WheelEvent) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const element = root.current;
    const onWheel = (event: WheelEvent) => latest.current(event);
    // React's own wheel listener is passive and cannot keep the page from zooming.
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [root]);
}

function beginDrag(scene: Scene, event: ReactPointerEvent, target: Element, from: CanvasPx): Drag | null {
  if (event.button === 1) return panDrag(scene, from);
  if (event.button === 2) return zoomDrag(scene, from);
  const tool = scene.props.tool ?? 'window';
  const held = isMaskTool(tool) ? null : handleDrag(scene, target, from);
  if (held) return held;
  if (isStrokeTool(tool)) return strokeDrag(scene, event.ctrlKey || event.metaKey ? 'eraser' : tool, from);
  if (isMeasureTool(tool)) return measureDrag(scene, tool, from);
  const begin = { window: windowDrag, zoom: zoomDrag, pan: panDrag, box: boxDrag, length: lengthDrag, scissors: scissorDrag, fill: clickDrag, island: clickDrag, grow: clickDrag }[tool];
  return begin(scene, from);
}

/** Handles say what they are in `data-handle`: `box|<mark>|<sides>`, `length|<mark>|<end>` or `measure|<mark>|<number>`. */
function handleDrag(scene: Scene, target: Element, from: CanvasPx): Drag | null {
  const handle = target.getAttribute('data-handle');
  if (!handle) return null;
  const [kind = '', part = ''] = [handle.split('|')[0], handle.split('|')[2]];
  const mark = scene.props.marks.find(({ key }) => key === handle.split('|')[1]);
  if (!mark) return null;
  if (kind === 'measure') return moveMeasureDrag(scene, mark, Number(part));
  if (kind === 'box') return moveBoxDrag(scene, mark, part, from);
  const points = lengthInPlane(mark, scene);
  return points ? moveLengthDrag(scene, mark, part === '0' ? 0 : 1, points) : null;
}

function lengthInPlane(mark: Mark, { props }: Scene) {
  if (!mark.points) return null;
  const [p, q] = mark.points.map(([x, y, z]) =>
    indexToPlane(props.axis, worldToIndex(props.stack.affine_lps, worldLps(x, y, z))),
  );
  return p && q ? ([p, q] as const) : null;
}
