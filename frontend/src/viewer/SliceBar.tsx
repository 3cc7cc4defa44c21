/** The right edge of the acquisition view: which slices were displayed, where the findings are, and where the reader is. */
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { markSlices, type Mark } from './marks';
import classes from './viewer.module.css';

interface SliceBarProps {
  depth: number;
  plane: number;
  marks: readonly Mark[];
  height: number;
  onSlice: (k: number) => void;
  label: string;
}

const TICK = 3;
const LANES = 3;

export function SliceBar({ depth, plane, marks, height, onSlice, label }: SliceBarProps) {
  const seen = useRef(new Set<number>());
  const [, redraw] = useState(0);
  useEffect(() => {
    if (seen.current.has(plane)) return;
    seen.current.add(plane);
    redraw((count) => count + 1);
  }, [plane]);
  const step = height / depth;
  const gap = step > 6 ? 2 : step > 3 ? 1 : 0;
  const lanes = useMemo(() => lanesOf(marks), [marks]);
  const all = useMemo(() => Array.from({ length: depth }, (_, k) => k), [depth]);
  const pick = (event: PointerEvent<SVGSVGElement>) => {
    event.stopPropagation();
    if (event.type !== 'pointerdown' && event.buttons !== 1) return;
    const rect = event.currentTarget.getBoundingClientRect();
    onSlice(Math.max(0, Math.min(depth - 1, Math.floor((event.clientY - rect.top) / step))));
  };
  return (
    <svg
      className={classes.sliceBar}
      width={24}
      height={height}
      onPointerDown={pick}
      onPointerMove={pick}
      role="img"
      aria-label={label}
      data-testid="slice-bar"
    >
      <path className={classes.unseen} d={ticks(all.filter((k) => !seen.current.has(k)), 15, TICK + 1, step, gap)} />
      <path className={classes.seen} d={ticks([...seen.current], 15, TICK + 1, step, gap)} />
      {lanes.map(({ key, colour, lane, slices }) => (
        <path key={key} fill={colour} d={ticks(slices, 10 - lane * 4, TICK, step, gap)} />
      ))}
      <rect className={classes.here} x={12.5} y={plane * step - 1} width={9} height={Math.max(4, step - gap + 2)} rx={2} />
    </svg>
  );
}

/** One path for many ticks: hundreds of elements would cost a frame at each slice. */
const ticks = (slices: readonly number[], x: number, width: number, step: number, gap: number): string =>
  slices.map((k) => `M${x} ${(k * step).toFixed(2)}h${width}v${Math.max(1, step - gap).toFixed(2)}h${-width}z`).join('');

/** Up to three lanes of ticks: findings that share slices stand side by side. */
function lanesOf(marks: readonly Mark[]) {
  const ends: Set<number>[] = Array.from({ length: LANES }, () => new Set());
  return marks.flatMap((mark) => {
    const slices = markSlices(mark);
    if (slices.length === 0) return [];
    const free = ends.findIndex((taken) => slices.every((k) => !taken.has(k)));
    const lane = free < 0 ? LANES - 1 : free;
    for (const k of slices) ends[lane]?.add(k);
    return [{ key: mark.key, colour: mark.colour, lane, slices }];
  });
}
