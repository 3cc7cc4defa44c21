/** Numbers as people read them: a true minus, a sign where a change is meant, a unit, and a dash for "no number". */
export const NO_NUMBER = '–';

export function metric(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_NUMBER;
  return value.toFixed(digits).replace('-', '−');
}

/** With sign; what rounds to zero has none, so that "−0.000" is never shown. */
export function signed(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_NUMBER;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? '−' : '+') + text;
}

export function interval(low: number | null, high: number | null, digits = 3): string {
  if (low === null || high === null) return '';
  return `${signed(low, digits)} … ${signed(high, digits)}`;
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NO_NUMBER;
  return `${String(Math.round(share * 100))} %`;
}

/** Axis numbers: as few digits as tell the ticks apart. */
export function tickText(value: number): string {
  if (value === 0) return '0';
  const digits = [1, 2, 3].find((count) => Math.abs(Number(value.toFixed(count)) - value) < 1e-9) ?? 3;
  return signed(value, Math.max(2, digits));
}

export interface DurationParts {
  unit: 'seconds' | 'minutes' | 'hours';
  count: number;
}

/** Rough on purpose: an estimate of 251 s is "about 4 min". */
export function roughDuration(seconds: number): DurationParts {
  if (seconds < 55) return { unit: 'seconds', count: Math.max(5, Math.round(seconds / 5) * 5) };
  if (seconds < 90 * 60) return { unit: 'minutes', count: Math.max(1, Math.round(seconds / 60)) };
  return { unit: 'hours', count: Math.round(seconds / 360) / 10 };
}
