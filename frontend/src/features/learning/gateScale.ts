/**
 * The horizontal scale of the gate's dot-and-whisker column. Pure arithmetic: metric units in, pixels out.
 * Zero and the margin are always inside, so that a reader can see on which side of both an interval lies.
 */
import type { LabelComparison } from '@/features/learning/types';

export interface Tick {
  value: number;
  x: number;
  isMargin: boolean;
}

export interface GateScale {
  low: number;
  high: number;
  widthPx: number;
  x: (value: number) => number;
  ticks: Tick[];
  /** The margin's place, for its dotted line; drawn even where its number would not fit beside zero. */
  marginX: number;
  zeroX: number;
  /** Gains carry a sign; levels of a first model do not. */
  isSigned: boolean;
}

const STEPS = [0.005, 0.01, 0.02, 0.04, 0.05, 0.1, 0.2, 0.25, 0.5] as const;
const MIN_TICK_GAP_PX = 40;
/** Zero is one narrow digit, so the margin's number may stand closer to it than to any other. */
const MIN_MARGIN_TO_ZERO_PX = 26;

type Interval = Pick<LabelComparison, 'gain' | 'low' | 'high'>;

function finite(values: readonly (number | null)[]): number[] {
  return values.filter((value): value is number => value !== null && Number.isFinite(value));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

export function gateScale(rows: readonly Interval[], margin: number, widthPx: number): GateScale {
  const values = finite(rows.flatMap((row) => [row.gain, row.low, row.high]));
  const least = Math.min(-margin, 0, ...values);
  const most = Math.max(0, margin, ...values);
  const room = (most - least) * 0.06 || 0.01;
  const low = least - room;
  const high = most + room;
  const x = (value: number): number => ((value - low) / (high - low)) * widthPx;
  return { low, high, widthPx, x, ticks: gateTicks(low, high, margin, widthPx, x), marginX: x(-margin), zeroX: x(0), isSigned: true };
}

function gateTicks(low: number, high: number, margin: number, widthPx: number, x: (value: number) => number): Tick[] {
  const step = STEPS.find((candidate) => (candidate / (high - low)) * widthPx >= MIN_TICK_GAP_PX) ?? 1;
  const ticks: Tick[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) {
    ticks.push({ value: round(k * step), x: x(k * step), isMargin: false });
  }
  const marginX = x(-margin);
  if (Math.abs(marginX - x(0)) < MIN_MARGIN_TO_ZERO_PX) return ticks;
  const clear = ticks.filter((tick) => tick.value === 0 || Math.abs(tick.x - marginX) >= MIN_TICK_GAP_PX);
  return [{ value: -margin, x: marginX, isMargin: true }, ...clear].sort((a, b) => a.x - b.x);
}

/** The scale for a first model, which has no pair: plain metric values from 0 to 1 with the plan's floor as the line. */
export function floorScale(floor: number, widthPx: number): GateScale {
  const x = (value: number): number => value * (widthPx - 8) + 4;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, x: x(value), isMargin: false }));
  return { low: 0, high: 1, widthPx, x, ticks, marginX: x(floor), zeroX: x(0), isSigned: false };
}
