/**
 * What the hand does on a review viewport: wheel turns slices (or zooms a single image), Ctrl and wheel zoom, drag sets
 * the window, Shift or the middle button pans, a double click fits. Nothing here can change a reading.
 */
import { useEffect, useRef, type RefObject } from 'react';
import type { ShownWindow, ViewportControls } from '@/viewer/useViewport';

export interface PointerInput {
  slices: number;
  k: number;
  window: ShownWindow | null;
  controls: ViewportControls;
  onSlice: (k: number) => void;
  onWindow: (window: ShownWindow) => void;
}

const ZOOM_STEP = 1.1;
const LEAST_WIDTH = 1;
const WINDOW_PER_PIXEL = 1 / 400;

export function windowAfterDrag(start: ShownWindow, dx: number, dy: number): ShownWindow {
  const unit = Math.max(LEAST_WIDTH, start.width) * WINDOW_PER_PIXEL * 2;
  return { center: start.center + dy * unit, width: Math.max(LEAST_WIDTH, start.width + dx * unit) };
}

export function clampSlice(k: number, slices: number): number {
  return Math.min(slices - 1, Math.max(0, k));
}

function onWheel(event: WheelEvent, { slices, k, controls, onSlice }: PointerInput): void {
  event.preventDefault();
  const step = Math.sign(event.deltaY);
  if (event.ctrlKey || event.metaKey || slices === 1) controls.zoomBy(step > 0 ? 1 / ZOOM_STEP : ZOOM_STEP);
  else onSlice(clampSlice(k + step, slices));
}

/** Drags are followed on the window, so that one that leaves the viewport goes on. */
function onDown(event: PointerEvent, read: () => PointerInput): void {
  const { window: start } = read();
  const isPan = event.shiftKey || event.button === 1;
  if (event.button > 1 || (!isPan && start === null)) return;
  event.preventDefault();
  let [lastX, lastY] = [event.clientX, event.clientY];
  const [startX, startY] = [lastX, lastY];
  const move = (next: PointerEvent): void => {
    if (isPan) read().controls.panBy(next.clientX - lastX, next.clientY - lastY);
    else if (start !== null) read().onWindow(windowAfterDrag(start, next.clientX - startX, next.clientY - startY));
    [lastX, lastY] = [next.clientX, next.clientY];
  };
  const up = (): void => {
    globalThis.removeEventListener('pointermove', move);
    globalThis.removeEventListener('pointerup', up);
  };
  globalThis.addEventListener('pointermove', move);
  globalThis.addEventListener('pointerup', up);
}

export function usePointer(elementRef: RefObject<HTMLElement | null>, input: PointerInput): void {
  const latest = useRef(input);
  useEffect(() => {
    latest.current = input;
  });
  useEffect(() => {
    const element = elementRef.current;
    if (element === null) return undefined;
    const wheel = (event: WheelEvent): void => onWheel(event, latest.current);
    const down = (event: PointerEvent): void => onDown(event, () => latest.current);
    const fit = (): void => latest.current.controls.reset();
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointerdown', down);
    element.addEventListener('dblclick', fit);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('dblclick', fit);
    };
  }, [elementRef]);
}
