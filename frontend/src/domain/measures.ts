/** Measures that readers draw: what the points of each tool mean, and the numbers that follow from them.
 *
 * Points are LPS mm (px where the grid's spacing is unknown: its affine then counts pixels). The server has the same rules in
 * `medreview/reading/journal/measures.py`; both answer to `tests/contract/journal`.
 */
import type { Measure, MeasureValues, Triple } from '@/api/readingTypes';

export type MeasureTool = Measure['tool'];

/** Points that a tool stores. ellipse: centre, end of one half axis, end of the other. bidirectional: both ends of the long
 * axis, both of the short one. angle: end, corner, end. cobb: one line, the other line. arrow: tip, tail. */
export const MEASURE_POINTS: Readonly<Record<MeasureTool, number>> = {
  ellipse: 3,
  probe: 1,
  bidirectional: 4,
  angle: 3,
  cobb: 4,
  arrow: 2,
};
export const MEASURE_TOOLS = Object.keys(MEASURE_POINTS) as readonly MeasureTool[];
export const isMeasureTool = (tool: string | undefined): tool is MeasureTool => MEASURE_TOOLS.includes(tool as MeasureTool);
/** Defined on one slice of the acquisition plane; the others may lie in any plane. */
export const IN_SLICE: readonly MeasureTool[] = ['ellipse', 'bidirectional'];

const LINES: Readonly<Record<MeasureTool, readonly (readonly [number, number])[]>> = {
  ellipse: [[0, 1], [0, 2]],
  probe: [],
  bidirectional: [[0, 1], [2, 3]],
  angle: [[1, 0], [1, 2]],
  cobb: [[0, 1], [2, 3]],
  arrow: [[0, 1]],
};

export interface DrawnMeasure {
  readonly tool: MeasureTool;
  readonly points_lps: readonly Triple[];
  readonly values: MeasureValues | null;
}

/** A measure as the draft shows it. */
export function measured({ tool, points_lps: points, values }: DrawnMeasure, spacingKnown: boolean): Measure {
  const [first, second] = LINES[tool].map(([a, b]) => between(points[a], points[b]));
  const found: Measure = {
    tool,
    points_lps: points.map((point): Triple => [...point]),
    values,
    unit: spacingKnown ? 'mm' : 'px',
    area: null,
    long_axis: null,
    short_axis: null,
    angle_deg: null,
  };
  if (!first || !second) return found;
  if (tool === 'ellipse') {
    return { ...found, area: rounded(Math.PI * size(crossed(first, second))), ...axes(2 * size(first), 2 * size(second)) };
  }
  if (tool === 'bidirectional') return { ...found, ...axes(size(first), size(second)) };
  return { ...found, angle_deg: rounded(angle(first, second, tool === 'cobb')) };
}

const between = (a: Triple | undefined, b: Triple | undefined): Triple =>
  a && b ? [b[0] - a[0], b[1] - a[1], b[2] - a[2]] : [0, 0, 0];

const axes = (first: number, second: number) => ({
  long_axis: rounded(Math.max(first, second)),
  short_axis: rounded(Math.min(first, second)),
});

/** Degrees between two directions, 0 to 180; between two lines, 0 to 90. */
function angle(first: Triple, second: Triple, acute: boolean): number {
  const degrees = Math.atan2(size(crossed(first, second)), dotted(first, second)) * (180 / Math.PI);
  return acute ? Math.min(degrees, 180 - degrees) : degrees;
}

const dotted = (a: Triple, b: Triple): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const crossed = (a: Triple, b: Triple): Triple => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const size = (a: Triple): number => Math.sqrt(dotted(a, a));
/** To a millionth, so that two languages give the same number. */
const rounded = (value: number): number => Math.floor(value * 1e6 + 0.5) / 1e6;
