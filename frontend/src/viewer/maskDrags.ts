/** Pointer gestures of the mask tools: a click on a voxel, and a shape to cut along. */
import { pathOf } from '@/domain/contours';
import { planeUV, spacingAlong, type CanvasPx, type PlaneUV } from '@/domain/coordinates';
import { planeAxes, planeSize } from '@/domain/planes';
import { scissorOutline } from '@/domain/scissors';
import type { Drag, Scene } from './drags';
import { toPlane } from './projection';

const STILL_PX = 4;

/** Reports the voxel that was pressed and let go of; outside of the image nothing happens. */
export function clickDrag(scene: Scene, from: CanvasPx): Drag {
  const { props, shown } = scene;
  const [u, v] = toPlane(shown.projection, from).map(Math.round) as [number, number];
  const { width, height } = planeSize(props.stack.shape_zyx, props.axis);
  const inside = u >= 0 && v >= 0 && u < width && v < height;
  let still = true;
  return {
    move(points) {
      if (points.some((point) => Math.hypot(point[0] - from[0], point[1] - from[1]) >= STILL_PX)) still = false;
    },
    end() {
      if (still && inside) props.onVoxel?.(shown.plane, planeUV(u, v), shown.window?.width ?? 1);
    },
    cancel: () => undefined,
  };
}

export function scissorDrag(scene: Scene, from: CanvasPx): Drag {
  const { props, shown } = scene;
  const [uAxis, vAxis] = planeAxes(props.axis);
  const spacing = [spacingAlong(props.stack.affine_lps, uAxis), spacingAlong(props.stack.affine_lps, vAxis)] as const;
  const path: PlaneUV[] = [toPlane(shown.projection, from)];
  let moved = false;
  const outline = () => scissorOutline(props.scissors ?? 'rectangle', path, spacing);
  const clear = () => {
    scene.setDrawing(null);
    scene.setLivePath('');
  };
  // The mask that is cut stays on the screen beneath the shape.
  scene.setDrawing({ kind: 'stroke', replaces: null });
  return {
    move(points) {
      path.push(...points.map((point) => toPlane(shown.projection, point)));
      moved ||= points.some((point) => Math.hypot(point[0] - from[0], point[1] - from[1]) >= STILL_PX);
      scene.setLivePath(pathOf([outline()]));
    },
    end() {
      clear();
      if (moved) props.onCut?.(shown.plane, outline());
    },
    cancel: clear,
  };
}
