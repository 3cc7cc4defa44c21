/** Numbers, sizes and times as the look writes them: unit always, true minus, dates 2026-11-18. Locale-free on purpose. */

export function minus(text: string): string {
  return text.replace(/^-/, '−');
}

export function formatNumber(value: number, digits = 0): string {
  return minus(value.toFixed(digits)).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
}

export function formatSigned(value: number, digits = 3): string {
  const text = minus(value.toFixed(digits));
  return value > 0 ? `+${text}` : text;
}

export function formatScore(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(2);
}

export function formatPercent(fraction: number, digits = 0): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit >= 2 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** A DICOM date (20261118), an ISO date or time; empty for nothing. Dates without a time are never shifted by zones. */
export function formatDate(value: string | null | undefined): string {
  if (!value) return '–';
  if (/^\d{8}$/.test(value)) return `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}`;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '–';
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function formatTime(value: string | number | Date | null | undefined): string {
  if (value === null || value === undefined || value === '') return '–';
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '–';
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function formatDateTime(value: string | null | undefined): string {
  return value ? `${formatDate(value)} ${formatTime(value).slice(0, 5)}` : '–';
}

/** Today as 10:42, any other day as 2026-11-18: fits a narrow column. */
export function formatMoment(value: string | null | undefined, now: Date = new Date()): string {
  if (!value) return '–';
  return formatDate(value) === formatDate(now.toISOString()) ? formatTime(value).slice(0, 5) : formatDate(value);
}

/** 275 s as 4:35. */
export function formatClock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Parts for "about 1 h 10 min": rounded up to five minutes above ten, so that it never pretends to be exact. */
export function roughDuration(seconds: number): { hours: number; minutes: number; seconds: number } {
  if (seconds < 60) return { hours: 0, minutes: 0, seconds: Math.max(5, Math.ceil(seconds / 5) * 5) };
  let minutes = Math.ceil(seconds / 60);
  if (minutes > 10) minutes = Math.ceil(minutes / 5) * 5;
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60, seconds: 0 };
}
