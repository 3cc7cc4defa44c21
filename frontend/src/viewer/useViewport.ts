/** One Cornerstone viewport on one element: the acquisition plane as a stack, the others cut from the volume. */
import { Enums, eventTarget, setVolumesForViewports, type Types } from '@cornerstonejs/core';
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Stack } from '@/api/readingTypes';
import { canvasPx, indexToWorld, planeUV, spacingAlong, type IndexIJK, type ViewAxis } from '@/domain/coordinates';
import { planeNumber, planeToIndex } from '@/domain/planes';
import { arrive } from './arrival';
import { planeCamera } from './camera';
import { describeStack, openVolume, startEngine, ViewerError, type StackViewport, type VolumeViewport } from './cornerstone';
import { sameProjection, type Projection } from './projection';

export interface ShownWindow {
  readonly center: number;
  readonly width: number;
}

export interface Shown {
  /** Number of the plane on the screen, which lags behind the wanted one while an image loads; null before the first. */
  readonly plane: number | null;
  readonly projection: Projection | null;
  readonly zoom: number;
  readonly window: ShownWindow | null;
  readonly size: readonly [number, number];
}

interface Failure {
  readonly error: ViewerError;
  /** The slice that failed; null when the whole series did. */
  readonly plane: number | null;
}

const asViewerError = (cause: unknown): ViewerError =>
  cause instanceof ViewerError ? cause : new ViewerError('frames', cause instanceof Error ? cause.message : String(cause));

/** The loader rejects with an Error, or with an object round one and the request. */
function frameError(cause: unknown): ViewerError {
  if (cause instanceof ViewerError) return cause;
  const { error, status, request } = (cause ?? {}) as { error?: Error; status?: number; request?: { status?: number } };
  const answered = status ?? request?.status;
  if (answered) return new ViewerError('frames', `HTTP ${answered}`);
  return asViewerError(error ?? cause);
}

const NOTHING: Shown = { plane: null, projection: null, zoom: 1, window: null, size: [0, 0] };

export interface ViewportControls {
  zoomBy(factor: number): void;
  panBy(dx: number, dy: number): void;
  reset(): void;
}

interface ViewportInput {
  stack: Stack;
  axis: ViewAxis;
  cursor: IndexIJK;
  window: ShownWindow | null;
  inverted: boolean;
}

type AnyViewport = StackViewport | VolumeViewport;
const isStack = (viewport: AnyViewport): viewport is StackViewport => 'setStack' in viewport;

let numberOfViewports = 0;

export function useViewport(elementRef: RefObject<HTMLDivElement | null>, input: ViewportInput) {
  const { stack, axis, cursor, window, inverted } = input;
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [attempt, setAttempt] = useState(0);
  const viewport = useRef<AnyViewport | null>(null);
  const latest = useRef(input);
  useEffect(() => {
    latest.current = input;
  });

  const measure = useCallback(() => {
    const now = viewport.current;
    if (!now) return;
    const { stack: of, axis: along } = latest.current;
    const plane = isStack(now) ? shownSlice(now, of) : planeNumber(along, latest.current.cursor);
    if (plane === null) return;
    const projection = measureProjection(now, of, along, plane);
    if (!projection) return;
    const size = [now.canvas.clientWidth, now.canvas.clientHeight] as const;
    const next = { plane, projection, zoom: zoomOf(now), window: windowOf(now), size };
    setShown((before) => (sameShown(before, next) ? before : next));
  }, []);

  useEffect(() => {
    const element = elementRef.current;
    if (!element) return undefined;
    numberOfViewports += 1;
    const id = `view-${numberOfViewports}`;
    let gone = false;
    let release: () => void = () => undefined;
    const fail = (cause: unknown) => {
      if (gone) return;
      setFailure({ error: frameError(cause), plane: null });
    };
    // A slice that is not on the screen may fail in silence: it is asked for again when the reader comes to it.
    const onLoadFailed = (event: Event) => {
      const { imageId, error: cause } = (event as CustomEvent<{ imageId: string; error: unknown }>).detail;
      const at = planeNumber('k', latest.current.cursor);
      if (axis === 'k' && stack.image_ids[at] === imageId && !gone) setFailure({ error: frameError(cause), plane: at });
    };
    element.addEventListener(Enums.Events.IMAGE_RENDERED, measure);
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_FAILED, onLoadFailed);
    const attach = async () => {
      const engine = startEngine();
      await describeStack(stack);
      if (gone) return;
      const arrival = arrive(stack, () => latest.current.cursor[2]);
      release = arrival.release;
      if (axis === 'k') {
        engine.enableElement({ viewportId: id, type: Enums.ViewportType.STACK, element });
        const found = engine.getViewport(id) as StackViewport;
        viewport.current = found;
        const first = latest.current.cursor[2];
        await found.setStack(stack.image_ids, first);
        if (gone) return;
        applyLook(found, latest.current);
        found.render();
        return;
      }
      await arrival.done;
      const volumeId = await openVolume(stack);
      if (gone) return;
      const camera = planeCamera(stack.affine_lps, axis);
      const orientation = { viewPlaneNormal: [...camera.viewPlaneNormal], viewUp: [...camera.viewUp] } as Types.OrientationVectors;
      engine.enableElement({ viewportId: id, type: Enums.ViewportType.ORTHOGRAPHIC, element, defaultOptions: { orientation } });
      const found = engine.getViewport(id) as VolumeViewport;
      await setVolumesForViewports(engine, [{ volumeId }], [id]);
      if (gone) return;
      viewport.current = found;
      applyLook(found, latest.current);
      showPlane(found, latest.current);
      found.render();
    };
    attach().catch(fail);
    const resize = new ResizeObserver(() => {
      if (viewport.current) startEngine().resize(true, true);
    });
    resize.observe(element);
    return () => {
      gone = true;
      release();
      resize.disconnect();
      element.removeEventListener(Enums.Events.IMAGE_RENDERED, measure);
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_FAILED, onLoadFailed);
      viewport.current = null;
      setShown(NOTHING);
      setFailure(null);
      try {
        startEngine().disableElement(id);
      } catch {
        // It was never enabled.
      }
    };
  }, [stack, axis, attempt, elementRef, measure]);

  const plane = planeNumber(axis, cursor);
  const wanted = useRef(plane);
  useEffect(() => {
    wanted.current = plane;
    const now = viewport.current;
    if (!now) return;
    if (isStack(now)) {
      // Only the newest wish counts: a slice that was skipped over is not drawn when it arrives late.
      if (now.getCurrentImageIdIndex() !== plane) void now.setImageIdIndex(plane).catch(() => undefined);
    } else {
      showPlane(now, latest.current);
      now.render();
    }
  }, [plane]);

  useEffect(() => {
    const now = viewport.current;
    if (!now) return;
    applyLook(now, latest.current);
    now.render();
  }, [window, inverted]);

  const controls = useRef<ViewportControls>({
    zoomBy(factor) {
      const now = viewport.current;
      if (!now) return;
      now.setZoom?.(Math.min(40, Math.max(0.2, zoomOf(now) * factor)));
      now.render();
    },
    panBy(dx, dy) {
      const now = viewport.current;
      if (!now) return;
      const [x, y] = now.getPan?.() ?? [0, 0];
      now.setPan?.([x + dx, y + dy]);
      now.render();
    },
    reset() {
      const now = viewport.current;
      now?.resetCamera();
      now?.render();
    },
  });

  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  const error = failure && (failure.plane === null || failure.plane === plane) ? failure.error : null;
  return { shown, error, retry, controls: controls.current };
}

const zoomOf = (viewport: AnyViewport): number => viewport.getZoom?.() ?? 1;

function shownSlice(viewport: StackViewport, stack: Stack): number | null {
  const image = viewport.getCornerstoneImage();
  const at = image ? stack.image_ids.indexOf(image.imageId) : -1;
  return at < 0 ? null : at;
}

function showPlane(viewport: VolumeViewport, { stack, axis, cursor }: ViewportInput): void {
  const world = indexToWorld(stack.affine_lps, cursor);
  const { focalPoint, position, viewPlaneNormal } = viewport.getCamera();
  if (!focalPoint || !position || !viewPlaneNormal) return;
  const away = focalPoint.map((value, n) => (world[n] ?? 0) - value);
  const along = away.reduce((sum, value, n) => sum + value * (viewPlaneNormal[n] ?? 0), 0);
  if (Math.abs(along) < spacingAlong(stack.affine_lps, axis) * 1e-3) return;
  const move = (point: Types.Point3) => point.map((value, n) => value + along * (viewPlaneNormal[n] ?? 0)) as Types.Point3;
  viewport.setCamera({ focalPoint: move(focalPoint), position: move(position) });
}

function applyLook(viewport: AnyViewport, { stack, window, inverted }: ViewportInput): void {
  const chosen = window ?? defaultWindow(stack);
  const voiRange = chosen ? { lower: chosen.center - chosen.width / 2, upper: chosen.center + chosen.width / 2 } : undefined;
  const look = { invert: inverted !== (stack.photometric === 'MONOCHROME1'), ...(voiRange ? { voiRange } : {}) };
  // The two kinds take different properties; these they share.
  (viewport as StackViewport).setProperties(look);
}

/** The first preset is the one to begin with; without presets the header's own window stays. */
export const defaultWindow = (stack: Stack): ShownWindow | null => stack.window_presets[0] ?? null;

function windowOf(viewport: AnyViewport): ShownWindow | null {
  const range = viewport.getProperties?.()?.voiRange;
  return range ? { center: (range.lower + range.upper) / 2, width: range.upper - range.lower } : null;
}

/** Voxels between the points that the map is measured from: a long lever keeps rounding out of it. */
const LEVER = 128;

function measureProjection(viewport: AnyViewport, stack: Stack, axis: ViewAxis, plane: number): Projection | null {
  const world = isStack(viewport) ? stackWorld(viewport) : (u: number, v: number) => indexToWorld(stack.affine_lps, planeToIndex(axis, plane, planeUV(u, v)));
  if (!world) return null;
  const at = (u: number, v: number) => {
    const [x, y] = viewport.worldToCanvas([...world(u, v)] as Types.Point3);
    return canvasPx(x, y);
  };
  const origin = at(0, 0);
  const step = (end: readonly [number, number]) =>
    [(end[0] - origin[0]) / LEVER, (end[1] - origin[1]) / LEVER] as const;
  const [du, dv] = [step(at(LEVER, 0)), step(at(0, LEVER))];
  return [...origin, ...du, ...dv].every(Number.isFinite) ? { origin, du, dv } : null;
}

/** A stack viewport places the slice by its own header; where that lacks an orientation it has its own idea of the world. */
function stackWorld(viewport: StackViewport) {
  const imageData = viewport.getImageData()?.imageData;
  const toWorld = imageData?.indexToWorld?.bind(imageData);
  if (!toWorld) return null;
  return (u: number, v: number) => toWorld([u, v, 0]) as [number, number, number];
}

const sameWindow = (p: ShownWindow | null, q: ShownWindow | null): boolean =>
  p?.center === q?.center && p?.width === q?.width;

const sameShown = (p: Shown, q: Shown): boolean =>
  p.plane === q.plane &&
  q.projection !== null &&
  sameProjection(p.projection, q.projection) &&
  sameWindow(p.window, q.window) &&
  p.size.every((value, n) => value === q.size[n]);
