/** The dot-and-whisker column of the gate: zero line, dotted red margin, one interval per row. */
import classes from '@/features/learning/learning.module.css';
import { tickText } from '@/features/learning/format';
import type { GateScale } from '@/features/learning/gateScale';

export const PLOT_WIDTH_PX = 224;
const ROW_HEIGHT_PX = 39;
const HEAD_HEIGHT_PX = 28;
const CAP_PX = 4;

export function PlotHead({ scale }: { scale: GateScale }) {
  return (
    <svg width={PLOT_WIDTH_PX} height={HEAD_HEIGHT_PX} aria-hidden="true" className={classes.plot}>
      {scale.ticks.map((tick) => (
        <text key={tick.value} x={tick.x} y={18} textAnchor="middle" className={classes.tick}>
          {scale.isSigned ? tickText(tick.value) : tick.value.toFixed(2)}
        </text>
      ))}
    </svg>
  );
}

export interface PlotRowProps {
  scale: GateScale;
  /** Where the dot stands, in the scale's units; null draws the lines only. */
  dot: number | null;
  low: number | null;
  high: number | null;
  colour: string;
  description: string;
  note?: string | undefined;
}

function Whisker({ scale, low, high, colour }: { scale: GateScale; low: number; high: number; colour: string }) {
  const y = ROW_HEIGHT_PX / 2;
  const [left, right] = [scale.x(low), scale.x(high)];
  return (
    <g stroke={colour} strokeWidth={1.5}>
      <line x1={left} x2={right} y1={y} y2={y} />
      <line x1={left} x2={left} y1={y - CAP_PX} y2={y + CAP_PX} />
      <line x1={right} x2={right} y1={y - CAP_PX} y2={y + CAP_PX} />
    </g>
  );
}

export function PlotRow({ scale, dot, low, high, colour, description, note }: PlotRowProps) {
  const y = ROW_HEIGHT_PX / 2;
  return (
    <svg width={PLOT_WIDTH_PX} height={ROW_HEIGHT_PX} role="img" aria-label={description} className={classes.plot}>
      <line x1={scale.zeroX} x2={scale.zeroX} y1={1} y2={ROW_HEIGHT_PX - 1} className={classes.zeroLine} />
      <line x1={scale.marginX} x2={scale.marginX} y1={1} y2={ROW_HEIGHT_PX - 1} className={classes.marginLine} />
      {low === null || high === null ? null : <Whisker scale={scale} low={low} high={high} colour={colour} />}
      {dot === null ? null : <circle cx={scale.x(dot)} cy={y} r={4} fill={colour} className={classes.dot} />}
      {note === undefined ? null : (
        <text x={scale.zeroX + 8} y={y + 4} className={classes.plotNote}>
          {note}
        </text>
      )}
    </svg>
  );
}
