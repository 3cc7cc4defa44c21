/** Bars side by side, for counts per day or one bar a job: no frame, four grid lines, the last value of a single series written above it. */
import { useElementSize } from '@mantine/hooks';
import { barLayout, digitsFor, linearScale } from './charts';
import { formatNumber } from './format';

export interface BarGroup {
  /** Under the axis; only the first, the middle and the last are written. */
  label: string;
  /** What a pointer reads. */
  title: string;
  bars: readonly { value: number; colour: string }[];
}

const MARGIN = { top: 16, right: 8, bottom: 20, left: 34 };
const CAPTION = { fontSize: 11, fill: 'var(--mr-text-3)' } as const;
const FALLBACK_PX = 400;

export function BarChart({ groups, height, unit = '', ariaLabel }: { groups: readonly BarGroup[]; height: number; unit?: string; ariaLabel: string }) {
  const { ref, width: measured } = useElementSize();
  const width = measured || FALLBACK_PX;
  const plotWidth = width - MARGIN.left - MARGIN.right;
  const { ticks, top, step, barWidth, labelled } = barLayout(groups.map((group) => group.bars.map((bar) => bar.value)), plotWidth);
  const y = linearScale([0, top], [height - MARGIN.bottom, MARGIN.top]);
  const digits = digitsFor(ticks[1] ?? 1);
  const bottom = height - MARGIN.bottom;
  const isSingle = groups.every((group) => group.bars.length === 1);
  return (
    <div ref={ref} style={{ width: '100%', minWidth: 0 }}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={ariaLabel} style={{ display: 'block', maxWidth: '100%' }}>
        {ticks.map((tick, index) => (
          <g key={tick}>
            <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} stroke="var(--mr-line)" />
            <text x={MARGIN.left - 7} y={y(tick) + 4} textAnchor="end" {...CAPTION}>
              {`${formatNumber(tick, digits)}${unit && index === ticks.length - 1 ? ` ${unit}` : ''}`}
            </text>
          </g>
        ))}
        {groups.map((group, at) => {
          const left = MARGIN.left + at * step + (step - barWidth * group.bars.length) / 2;
          return (
            <g key={at}>
              <title>{group.title}</title>
              <rect x={MARGIN.left + at * step} y={MARGIN.top} width={step} height={bottom - MARGIN.top} fill="transparent" />
              {group.bars.map((bar, index) => {
                const high = bar.value > 0 ? Math.max(1, bottom - y(bar.value)) : 0;
                return <rect key={index} x={left + index * barWidth} y={bottom - high} width={Math.max(1, barWidth - 1)} height={high} rx={1} fill={bar.colour} />;
              })}
              {isSingle && at === groups.length - 1 ? (
                <text x={MARGIN.left + (at + 0.5) * step} y={y(group.bars[0]?.value ?? 0) - 5} textAnchor="middle" fontSize={11} fontWeight={600} fill="var(--mr-text)">
                  {formatNumber(group.bars[0]?.value ?? 0, digits)}
                </text>
              ) : null}
              {labelled.includes(at) && group.label ? (
                <text x={MARGIN.left + (at + 0.5) * step} y={height - 4} textAnchor={at === groups.length - 1 ? 'end' : at === 0 ? 'start' : 'middle'} dx={at === groups.length - 1 ? step / 2 : at === 0 ? -step / 2 : 0} {...CAPTION}>
                  {group.label}
                </text>
              ) : null}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** A legend entry: a small square in the bars' colour. */
export function LegendSquare({ colour, children }: { colour: string; children: string }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 6, fontSize: 12, lineHeight: '16px', color: 'var(--mr-text-2)' }}>
      <span aria-hidden style={{ width: 8, height: 8, borderRadius: 2, background: colour }} />
      {children}
    </span>
  );
}
