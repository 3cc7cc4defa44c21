/** Scales and ticks of the small charts: pure functions, tested beside. */

export interface Scale {
  (value: number): number;
  domain: [number, number];
}

export function linearScale(domain: [number, number], range: [number, number]): Scale {
  const span = domain[1] - domain[0] || 1;
  const scale = ((value: number) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0])) as Scale;
  scale.domain = domain;
  return scale;
}

/** At most `count` + 1 round ticks that cover the domain's inside. */
export function ticks([low, high]: [number, number], count = 4): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const result: number[] = [];
  for (let index = first; index * step <= high + step * 1e-6; index += 1) result.push(Number((index * step).toPrecision(12)));
  return result;
}

/** Smallest and largest finite value, widened by `pad` of the span; [0, 1] when there is none. */
export function extent(values: readonly (number | null | undefined)[], pad = 0): [number, number] {
  const finite = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (finite.length === 0) return [0, 1];
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const margin = (high - low || Math.abs(high) || 1) * pad;
  return [low - margin, high + margin];
}

/** Decimals that write every multiple of `step` truly: 1 for 0.2, 2 for 0.25. At most 4. */
export function digitsFor(step: number): number {
  const isWhole = (digits: number): boolean => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6 && step * 10 ** digits > 0.5;
  return [0, 1, 2, 3].find(isWhole) ?? 4;
}

export interface BarLayout {
  ticks: number[];
  /** The value at the upper end of the axis: the highest tick. */
  top: number;
  /** Width of one group, and of one bar in it, in px. */
  step: number;
  barWidth: number;
  /** Which groups have their label written. */
  labelled: number[];
}

/** Bars from zero: an axis of round numbers that ends above the highest, whole ones while the values are. */
export function barLayout(groups: readonly (readonly number[])[], widthPx: number): BarLayout {
  const highest = Math.max(0, ...groups.flat());
  const isWhole = groups.flat().every(Number.isInteger);
  const found = ticks([0, highest || 1], 4);
  const step = (found[1] ?? 1) - (found[0] ?? 0);
  const rounded = isWhole ? Math.max(1, Math.ceil(step - 1e-9)) : step;
  const count = Math.max(1, Math.ceil((highest || 1) / rounded - 1e-9));
  const marks = Array.from({ length: count + 1 }, (_, index) => Number((index * rounded).toPrecision(12)));
  const groupWidth = widthPx / Math.max(1, groups.length);
  const bars = Math.max(1, ...groups.map((group) => group.length));
  const last = groups.length - 1;
  return {
    ticks: marks,
    top: marks[marks.length - 1] ?? 1,
    step: groupWidth,
    barWidth: Math.min(24, (groupWidth * 0.75) / bars),
    labelled: [...new Set([0, Math.ceil(last / 2), last])].filter((at) => at >= 0 && at <= last),
  };
}
