/** Words that several cards share: durations, metric names, who started a run. */
import type { TFunction } from 'i18next';
import { roughDuration } from '@/features/learning/format';
import type { Run } from '@/features/learning/types';

export type T = TFunction<'learning'>;

export function durationText(t: T, seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return t('duration.unknown');
  const { unit, count } = roughDuration(seconds);
  return t(`duration.${unit}`, { count });
}

export function metricName(t: T, name: string): string {
  return t(`metric.${name.toLowerCase()}`, { defaultValue: name });
}

export function starterName(run: Pick<Run, 'created_by'>): string {
  return run.created_by?.display_name ?? '–';
}

/** "12 Nov", or with the year when it is another one. The zone is the browser's. */
export function dayText(iso: string | null, language: string): string {
  if (iso === null) return '–';
  const date = new Date(iso);
  const otherYear = date.getFullYear() !== new Date().getFullYear();
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric', month: 'short', ...(otherYear ? { year: 'numeric' } : {}),
  }).format(date);
}

export function clockText(iso: string | null): string {
  if (iso === null) return '–';
  const date = new Date(iso);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}
