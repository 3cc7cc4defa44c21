/** One measure over the image, as SVG in CSS pixels: its lines, what it says, and the handles it can be changed by. */
import { canvasPx, type CanvasPx } from '@/domain/coordinates';
import { handlesOf } from '@/domain/flatMeasures';
import type { MeasureTool } from '@/domain/measures';
import classes from './viewer.module.css';

type DrawnTool = MeasureTool | 'length';

interface MeasureShapeProps {
  readonly tool: DrawnTool;
  /** On the canvas. An affine map keeps ellipses ellipses, so they are drawn from their axes here. */
  readonly points: readonly CanvasPx[];
  readonly colour: string;
  readonly lines: readonly string[];
  readonly current?: boolean;
  /** The mark that its handles change; null where it cannot be changed. */
  readonly handleOf?: string | null;
}

const TEXT_GAP_PX = 10;
const LINE_PX = 16;
const ELLIPSE_STEPS = 72;

export function MeasureShape({ tool, points, colour, lines, current = false, handleOf = null }: MeasureShapeProps) {
  const path = pathOf(tool, points);
  const handles = handlesAt(tool, points);
  const at = textPlace(tool, points);
  return (
    <>
      <path className={classes.halo} d={path} fill="none" />
      <path className={classes.line} d={path} fill="none" stroke={colour} style={{ strokeWidth: current ? 2 : 1.5 }} />
      {handleOf === null
        ? null
        : handles.map(([x, y], n) => (
            <circle key={n} className={classes.handle} cx={x} cy={y} r={tool === 'ellipse' && n === 0 ? 3.5 : 4.5} data-handle={`measure|${handleOf}|${n}`} />
          ))}
      {lines.map((line, n) => (
        <text key={n} className={classes.lengthText} style={{ fill: colour }} x={at[0] + TEXT_GAP_PX} y={at[1] + 4 + n * LINE_PX}>
          {line}
        </text>
      ))}
    </>
  );
}

const handlesAt = (tool: DrawnTool, points: readonly CanvasPx[]): readonly CanvasPx[] =>
  tool === 'length' ? points : handlesOf(tool, points).map(([x, y]) => canvasPx(x, y));

const join = (...points: readonly (CanvasPx | undefined)[]): string =>
  points.map((point, n) => (point ? `${n === 0 ? 'M' : 'L'}${point[0]} ${point[1]}` : '')).join('');

function pathOf(tool: DrawnTool, points: readonly CanvasPx[]): string {
  const [a, b, c, d] = points;
  if (tool === 'ellipse') return ellipsePath(points);
  if (tool === 'probe') return a ? crossPath(a) : '';
  if (tool === 'angle') return join(a, b, c);
  if (tool === 'arrow') return arrowPath(a, b);
  return join(a, b) + (c && d ? join(c, d) : '');
}

function ellipsePath([centre, a, b]: readonly CanvasPx[]): string {
  if (!centre || !a || !b) return '';
  const at = (n: number) => {
    const turn = (2 * Math.PI * n) / ELLIPSE_STEPS;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    return canvasPx(centre[0] + (a[0] - centre[0]) * cos + (b[0] - centre[0]) * sin, centre[1] + (a[1] - centre[1]) * cos + (b[1] - centre[1]) * sin);
  };
  return `${join(...Array.from({ length: ELLIPSE_STEPS }, (_, n) => at(n)))}Z`;
}

/** Open in the middle: the voxel that is asked for stays visible. */
function crossPath([x, y]: CanvasPx): string {
  const arm = (dx: number, dy: number) => join(canvasPx(x + 4 * dx, y + 4 * dy), canvasPx(x + 11 * dx, y + 11 * dy));
  return arm(1, 0) + arm(-1, 0) + arm(0, 1) + arm(0, -1);
}

const HEAD_PX = 11;

function arrowPath(tip: CanvasPx | undefined, tail: CanvasPx | undefined): string {
  if (!tip || !tail) return '';
  const way = Math.atan2(tail[1] - tip[1], tail[0] - tip[0]);
  const barb = (turn: number) => canvasPx(tip[0] + HEAD_PX * Math.cos(way + turn), tip[1] + HEAD_PX * Math.sin(way + turn));
  return join(tail, tip) + join(barb(0.45), tip, barb(-0.45));
}

/** Beside the rightmost point; an arrow is spoken of at its tail, an angle at its corner. */
function textPlace(tool: DrawnTool, points: readonly CanvasPx[]): CanvasPx {
  const named = tool === 'arrow' || tool === 'angle' ? points[1] : undefined;
  return named ?? [...handlesAt(tool, points)].sort((p, q) => q[0] - p[0])[0] ?? canvasPx(0, 0);
}
