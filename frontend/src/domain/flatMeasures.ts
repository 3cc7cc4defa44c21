/** Drawing and changing measures on a plane, in millimetres (or pixels) of that plane: x to the right of the image, y downwards. */
import type { MeasureTool } from './measures';

export type Flat = readonly [number, number];

/** No axis can be drawn shorter than this. */
const MIN_LENGTH = 0.1;
/** A short axis begins as half the long one. */
const FIRST_SHORT_SHARE = 0.5;

const plus = (a: Flat, b: Flat): Flat => [a[0] + b[0], a[1] + b[1]];
const minus = (a: Flat, b: Flat): Flat => [a[0] - b[0], a[1] - b[1]];
const times = (a: Flat, factor: number): Flat => [a[0] * factor, a[1] * factor];
const dot = (a: Flat, b: Flat): number => a[0] * b[0] + a[1] * b[1];
const size = (a: Flat): number => Math.hypot(a[0], a[1]);
const unit = (a: Flat): Flat => times(a, 1 / Math.max(size(a), 1e-12));
const quarterTurn = (a: Flat): Flat => [-a[1], a[0]];

/** The ellipse that touches the sides of the rectangle between two corners; `round`: the circle of its longer side. */
export function drawnEllipse(from: Flat, to: Flat, round: boolean): Flat[] {
  let [w, h] = minus(to, from);
  if (round) {
    const side = Math.max(Math.abs(w), Math.abs(h));
    [w, h] = [Math.sign(w || 1) * side, Math.sign(h || 1) * side];
  }
  const centre = plus(from, [w / 2, h / 2]);
  const [a, b] = [Math.max(MIN_LENGTH, Math.abs(w)) / 2, Math.max(MIN_LENGTH, Math.abs(h)) / 2];
  return [centre, plus(centre, [a, 0]), plus(centre, [0, b])];
}

/** A long axis, and a short one across its middle. */
export function drawnAxes(from: Flat, to: Flat): Flat[] {
  const along = minus(to, from);
  const middle = plus(from, times(along, 0.5));
  const across = times(quarterTurn(along), FIRST_SHORT_SHARE / 2);
  return [from, to, plus(middle, across), minus(middle, across)];
}

/** Where a measure can be taken hold of. An ellipse: its centre and the four ends of its axes. */
export function handlesOf(tool: MeasureTool, points: readonly Flat[]): readonly Flat[] {
  const [centre, a, b] = points;
  if (tool !== 'ellipse' || !centre || !a || !b) return points;
  return [centre, a, b, minus(times(centre, 2), a), minus(times(centre, 2), b)];
}

/** The points after one handle was dragged; the points as they were when nothing would be left of a line. */
export function withHandleAt(tool: MeasureTool, points: readonly Flat[], handle: number, to: Flat, round = false): readonly Flat[] {
  if (tool === 'ellipse') return ellipseWithHandleAt(points, handle, to, round);
  if (tool === 'bidirectional') return axesWithHandleAt(points, handle, to);
  const moved = points.map((point, n) => (n === handle ? to : point));
  return isDrawable(tool, moved) ? moved : points;
}

/** False while a line of it has no length. */
export function isDrawable(tool: MeasureTool, points: readonly Flat[]): boolean {
  const apart = (p: number, q: number) => {
    const [a, b] = [points[p], points[q]];
    return !a || !b || size(minus(a, b)) >= MIN_LENGTH;
  };
  if (tool === 'angle') return apart(0, 1) && apart(1, 2);
  if (tool === 'cobb' || tool === 'bidirectional') return apart(0, 1) && apart(2, 3);
  return tool !== 'arrow' || apart(0, 1);
}

function ellipseWithHandleAt(points: readonly Flat[], handle: number, to: Flat, round: boolean): readonly Flat[] {
  const [centre, a, b] = points;
  if (!centre || !a || !b) return points;
  if (handle === 0) return points.map((point) => plus(point, minus(to, centre)));
  const isFirst = handle === 1 || handle === 3;
  const [end, other] = isFirst ? [a, b] : [b, a];
  const outwards = times(unit(minus(end, centre)), handle > 2 ? -1 : 1);
  // The opposite end stays where it is.
  const still = minus(centre, times(outwards, size(minus(end, centre))));
  const length = Math.max(MIN_LENGTH, dot(minus(to, still), outwards));
  const middle = plus(still, times(outwards, length / 2));
  const half = times(unit(minus(end, centre)), length / 2);
  const otherHalf = round ? times(unit(minus(other, centre)), length / 2) : minus(other, centre);
  return isFirst ? [middle, plus(middle, half), plus(middle, otherHalf)] : [middle, plus(middle, otherHalf), plus(middle, half)];
}

/** Long ends turn the whole cross; short ends move along and across the long axis. The two stay perpendicular. */
function axesWithHandleAt(points: readonly Flat[], handle: number, to: Flat): readonly Flat[] {
  const [p, q, s, r] = points;
  if (!p || !q || !s || !r) return points;
  const along = minus(q, p);
  const foot = dot(minus(s, p), along) / Math.max(dot(along, along), 1e-12);
  const away = (point: Flat) => dot(minus(point, p), unit(quarterTurn(along)));
  if (handle < 2) {
    const [from, end] = handle === 0 ? [to, q] : [p, to];
    return size(minus(end, from)) < MIN_LENGTH ? points : cross(from, end, foot, away(s), away(r));
  }
  const share = Math.min(1, Math.max(0, dot(minus(to, p), along) / Math.max(dot(along, along), 1e-12)));
  const [first, second] = handle === 2 ? [away(to), away(r)] : [away(s), away(to)];
  return Math.abs(first - second) < MIN_LENGTH ? points : cross(p, q, share, first, second);
}

/** A long axis and its perpendicular, given where it crosses (0 to 1 along) and how far it reaches to either side. */
function cross(p: Flat, q: Flat, foot: number, first: number, second: number): Flat[] {
  const along = minus(q, p);
  const at = plus(p, times(along, foot));
  const across = unit(quarterTurn(along));
  return [p, q, plus(at, times(across, first)), plus(at, times(across, second))];
}
