/**
 * Small charts by hand: no frame, four or five grid lines, the value at the line's end, band 16 %, dashed = validation or forecast.
 * Widths are in CSS pixels; the SVG keeps its drawn size so that lines stay sharp.
 */
import { digitsFor, extent, linearScale, ticks, type Scale } from './charts';
import { minus } from './format';

export interface LinePoint {
  x: number;
  y: number | null;
  /** 95 % interval; drawn as a band. */
  low?: number | null;
  high?: number | null;
  /** Words beside the point, for example v7. */
  label?: string;
  /** Open circle instead of a filled one: a candidate. */
  open?: boolean;
}

export interface LineSeries {
  key: string;
  colour: string;
  points: LinePoint[];
  dashed?: boolean;
  dots?: 'none' | 'circle' | 'square';
  /** Whiskers instead of a band for low and high. */
  whiskers?: boolean;
  endValue?: boolean;
}

export interface LineChartProps {
  series: LineSeries[];
  width: number;
  height: number;
  xLabel?: string;
  ariaLabel: string;
  xDomain?: [number, number];
  yDomain?: [number, number];
  yDigits?: number;
  /** A dashed horizontal line with words at its right end. */
  reference?: { y: number; label: string };
  /** A dotted vertical line: now. */
  marker?: number;
}

const MARGIN = { top: 12, right: 36, bottom: 34, left: 34 };
const CAPTION = { fontSize: 11, fill: 'var(--mr-text-3)' } as const;

function known(points: LinePoint[]): (LinePoint & { y: number })[] {
  return points.filter((point): point is LinePoint & { y: number } => point.y !== null && Number.isFinite(point.y));
}

function path(points: { x: number; y: number }[], x: Scale, y: Scale): string {
  return points.map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join('');
}

function band(points: LinePoint[], x: Scale, y: Scale): string {
  const whole = points.filter((point) => typeof point.low === 'number' && typeof point.high === 'number');
  if (whole.length < 2) return '';
  const upper = whole.map((point) => ({ x: point.x, y: point.high ?? 0 }));
  const lower = whole.map((point) => ({ x: point.x, y: point.low ?? 0 })).reverse();
  return `${path(upper, x, y)}${path(lower, x, y).replace('M', 'L')}Z`;
}

function Dot({ point, colour, kind, x, y }: { point: LinePoint & { y: number }; colour: string; kind: 'circle' | 'square'; x: Scale; y: Scale }) {
  const cx = x(point.x);
  const cy = y(point.y);
  const fill = point.open ? 'var(--mr-surface)' : colour;
  if (kind === 'square') return <rect x={cx - 3} y={cy - 3} width={6} height={6} fill={fill} stroke={colour} />;
  return <circle cx={cx} cy={cy} r={point.open ? 3.5 : 4} fill={fill} stroke={colour} strokeWidth={point.open ? 2 : 0} />;
}

function Whiskers({ points, colour, x, y }: { points: LinePoint[]; colour: string; x: Scale; y: Scale }) {
  return (
    <g stroke={colour} strokeWidth={1.5}>
      {points.map((point) =>
        typeof point.low === 'number' && typeof point.high === 'number' ? (
          <line key={point.x} x1={x(point.x)} x2={x(point.x)} y1={y(point.low)} y2={y(point.high)} />
        ) : null,
      )}
    </g>
  );
}

function SeriesMarks({ series, x, y, digits }: { series: LineSeries; x: Scale; y: Scale; digits: number }) {
  const points = known(series.points);
  const last = points[points.length - 1];
  const dots = series.dots ?? 'none';
  return (
    <g>
      {series.whiskers ? <Whiskers points={points} colour={series.colour} x={x} y={y} /> : <path d={band(points, x, y)} fill={series.colour} opacity={0.16} />}
      <path d={path(points, x, y)} fill="none" stroke={series.colour} strokeWidth={1.8} strokeLinejoin="round" {...(series.dashed ? { strokeDasharray: '4 3' } : {})} />
      {dots === 'none' ? null : points.map((point, index) => <Dot key={index} point={point} colour={series.colour} kind={dots} x={x} y={y} />)}
      {points.map((point) =>
        point.label ? (
          <text key={`${point.x}-${point.label}`} x={x(point.x)} y={y(point.y) - 10} textAnchor="middle" {...CAPTION} fill="var(--mr-text-2)">
            {point.label}
          </text>
        ) : null,
      )}
      {series.endValue && last ? (
        <g>
          <circle cx={x(last.x)} cy={y(last.y)} r={3.5} fill={series.colour} />
          <text x={x(last.x) + 7} y={y(last.y) + 4} fontSize={11} fontWeight={600} fill="var(--mr-text)">
            {minus(last.y.toFixed(digits))}
          </text>
        </g>
      ) : null}
    </g>
  );
}

function Grid({ x, y, width, digits, xTicks, yTicks, xLabel, height }: { x: Scale; y: Scale; width: number; height: number; digits: number; xTicks: number[]; yTicks: number[]; xLabel: string | undefined }) {
  return (
    <g>
      {yTicks.map((tick) => (
        <g key={`y${tick}`}>
          <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} stroke="var(--mr-line)" />
          <text x={MARGIN.left - 7} y={y(tick) + 4} textAnchor="end" {...CAPTION}>
            {minus(tick.toFixed(digits))}
          </text>
        </g>
      ))}
      {xTicks.map((tick) => (
        <text key={`x${tick}`} x={x(tick)} y={height - MARGIN.bottom + 16} textAnchor="middle" {...CAPTION}>
          {minus(String(tick))}
        </text>
      ))}
      {xLabel ? (
        <text x={MARGIN.left} y={height - 4} {...CAPTION}>
          {xLabel}
        </text>
      ) : null}
    </g>
  );
}

export function LineChart({ series, width, height, xLabel, ariaLabel, xDomain, yDomain, yDigits, reference, marker }: LineChartProps) {
  const all = series.flatMap((one) => one.points);
  const domainX = xDomain ?? extent(all.map((point) => point.x));
  const domainY = yDomain ?? extent([...all.flatMap((point) => [point.y, point.low, point.high]), reference?.y], 0.08);
  const x = linearScale(domainX, [MARGIN.left, width - MARGIN.right]);
  const y = linearScale(domainY, [height - MARGIN.bottom, MARGIN.top]);
  const yTicks = ticks(domainY, 4);
  const digits = yDigits ?? digitsFor((yTicks[1] ?? 1) - (yTicks[0] ?? 0));
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={ariaLabel} style={{ display: 'block', maxWidth: '100%' }}>
      <Grid x={x} y={y} width={width} height={height} digits={digits} xTicks={ticks(domainX, 3)} yTicks={yTicks} xLabel={xLabel} />
      {marker === undefined ? null : (
        <line x1={x(marker)} x2={x(marker)} y1={MARGIN.top} y2={height - MARGIN.bottom} stroke="var(--mr-control-line)" strokeDasharray="2 3" />
      )}
      {reference ? (
        <g>
          <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(reference.y)} y2={y(reference.y)} stroke="var(--mr-text-3)" strokeDasharray="3 3" />
          <text x={width - MARGIN.right} y={y(reference.y) - 5} textAnchor="end" {...CAPTION}>
            {reference.label}
          </text>
        </g>
      ) : null}
      {series.map((one) => (
        <SeriesMarks key={one.key} series={one} x={x} y={y} digits={Math.max(2, digits)} />
      ))}
    </svg>
  );
}

export interface IntervalDotProps {
  /** null draws an empty axis: nothing to compare. */
  value: number | null;
  low: number | null;
  high: number | null;
  domain: [number, number];
  /** The dotted red line, usually −margin. */
  margin?: number;
  colour?: string;
  width: number;
  height?: number;
  ariaLabel: string;
}

/** Dot and whiskers on a shared axis with a zero line. */
export function IntervalDot({ value, low, high, domain, margin, colour = 'var(--mr-text-2)', width, height = 40, ariaLabel }: IntervalDotProps) {
  const x = linearScale(domain, [4, width - 4]);
  const middle = height / 2;
  const clamp = (number: number) => x(Math.min(domain[1], Math.max(domain[0], number)));
  return (
    <svg width={width} height={height} role="img" aria-label={ariaLabel} style={{ display: 'block' }}>
      <line x1={x(0)} x2={x(0)} y1={0} y2={height} stroke="var(--mr-control-line)" strokeWidth={1.5} />
      {margin === undefined ? null : <line x1={x(margin)} x2={x(margin)} y1={0} y2={height} stroke="var(--mr-rejected)" strokeDasharray="2 2.5" strokeWidth={1.5} />}
      {low !== null && high !== null ? (
        <g stroke={colour} strokeWidth={1.5}>
          <line x1={clamp(low)} x2={clamp(high)} y1={middle} y2={middle} />
          <line x1={clamp(low)} x2={clamp(low)} y1={middle - 4} y2={middle + 4} />
          <line x1={clamp(high)} x2={clamp(high)} y1={middle - 4} y2={middle + 4} />
        </g>
      ) : null}
      {value === null ? null : <circle cx={clamp(value)} cy={middle} r={4} fill={colour} />}
    </svg>
  );
}

export interface BarPart {
  /** 0..1 of the whole width. */
  fraction: number;
  colour: string;
}

/** A thin bar. Give one fraction, or several parts that lie side by side. */
export function Bar({ value, colour = 'var(--mr-action)', parts, height = 4, ariaLabel }: { value?: number; colour?: string; parts?: BarPart[]; height?: number; ariaLabel?: string }) {
  const shown = parts ?? [{ fraction: value ?? 0, colour }];
  const total = shown.reduce((sum, part) => sum + part.fraction, 0);
  return (
    <div
      style={{ position: 'relative', display: 'flex', gap: 1, height, borderRadius: height / 2, background: 'var(--mr-selected)', overflow: 'hidden', minWidth: 32 }}
      {...(ariaLabel
        ? { role: 'progressbar', 'aria-label': ariaLabel, 'aria-valuenow': Math.round(total * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 }
        : { 'aria-hidden': true })}
    >
      {shown.map((part, index) => (
        <div key={index} style={{ width: `${Math.min(1, Math.max(0, part.fraction)) * 100}%`, background: part.colour }} />
      ))}
    </div>
  );
}

/** A legend entry: a short line, dashed where the chart's is. */
export function LegendLine({ colour, dashed = false, children }: { colour: string; dashed?: boolean; children: string }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 6, fontSize: 12, lineHeight: '16px', color: 'var(--mr-text-2)' }}>
      <svg width={14} height={4} aria-hidden="true">
        <line x1={0} x2={14} y1={2} y2={2} stroke={colour} strokeWidth={2} {...(dashed ? { strokeDasharray: '4 2.5' } : {})} />
      </svg>
      {children}
    </span>
  );
}
