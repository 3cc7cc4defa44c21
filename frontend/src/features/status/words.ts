/** What the page says about jobs and the server: pure, tested beside. Keys are of the `status` catalogue. */
import type { TFunction } from 'i18next';
import type { Job, QueueFacts, Status } from '@/api/types';
import type { Tone } from '@/ui/Chip';
import { formatBytes } from '@/ui/format';

export type T = TFunction<'status'>;

const KINDS = ['learning_train', 'suggestions_predict', 'archive_ingest', 'reading_export'] as const;
type KindKey = (typeof KINDS)[number];
const PAGES: Record<KindKey, string> = { learning_train: 'learning', suggestions_predict: 'learning', archive_ingest: 'data', reading_export: 'exports' };
const TONES: Record<Job['state'], Tone> = { running: 'action', queued: 'neutral', failed: 'rejected', succeeded: 'accepted', canceled: 'neutral' };
/** Queues that every installation serves; the interactive one may stand empty. */
const NEEDED: readonly string[] = ['light', 'batch'];
/** The sweep runs every 2 s: a lease that is overdue for longer was not looked at. */
const OVERDUE_SECONDS = 30;
/** A lease is renewed every 3 s and ends after 9. */
export const SILENT_SECONDS = 9;

export function kindKey(kind: string): KindKey | null {
  return KINDS.find((key) => key === kind.replace('.', '_')) ?? null;
}

export function kindText(t: T, kind: string): string {
  const key = kindKey(kind);
  return key ? t(`kind.${key}`) : kind;
}

export function targetText(t: T, job: Pick<Job, 'kind' | 'target'>): string {
  const key = kindKey(job.kind);
  if (!key) return job.kind;
  if (!job.target) return t('target.gone', { kind: t(`kind.${key}`) });
  const name = key === 'reading_export' ? t(`exports:format.${job.target.name}.name`) : job.target.name;
  return t(`target.${key}`, { name });
}

/** Where the target is shown; null when it is gone or of a kind without a page. */
export function targetPath(slug: string, job: Pick<Job, 'kind' | 'target' | 'target_id'>): string | null {
  const key = kindKey(job.kind);
  if (!key || !job.target) return null;
  return `/p/${slug}/${PAGES[key]}${key === 'archive_ingest' ? `?import=${job.target_id}` : ''}`;
}

export function stateOf(job: Pick<Job, 'state' | 'is_stopping'>): { key: string; tone: Tone } {
  return job.is_stopping ? { key: 'stopping', tone: 'uncertain' } : { key: job.state, tone: TONES[job.state] };
}

/** What to do about an error; null when there is none, or a person ended the job. */
export function adviceKey(job: Pick<Job, 'state' | 'error' | 'kind' | 'retryable' | 'allowed_events'>): string | null {
  if (job.error === '' || job.state === 'canceled' || job.state === 'succeeded') return null;
  if (job.state !== 'failed') return 'again';
  if (job.allowed_events.includes('retry')) return job.retryable ? 'retry' : 'mend';
  return kindKey(job.kind) ?? 'other';
}

/** < 1 s, 12 s, 4 min, 3.5 h, 2 d: whole numbers but for hours. */
export function span(seconds: number): { unit: 'seconds' | 'minutes' | 'hours' | 'days'; n: string } {
  if (seconds < 1) return { unit: 'seconds', n: '< 1' };
  if (seconds < 60) return { unit: 'seconds', n: String(Math.floor(seconds)) };
  if (seconds < 3600) return { unit: 'minutes', n: String(Math.floor(seconds / 60)) };
  if (seconds < 48 * 3600) return { unit: 'hours', n: String(Math.round(seconds / 360) / 10) };
  return { unit: 'days', n: String(Math.floor(seconds / 86_400)) };
}

export function spanText(t: T, seconds: number): string {
  const { unit, n } = span(seconds);
  return t(`span.${unit}`, { n });
}

/** "runs 3 min", "waits 12 s", "ran 40 s, waited 2 s". */
export function timeText(t: T, job: Pick<Job, 'state' | 'waited_seconds' | 'ran_seconds'>): string {
  const { waited_seconds: waited, ran_seconds: ran } = job;
  if (job.state === 'queued') return waited === null ? '' : t('time.waits', { time: spanText(t, waited) });
  if (job.state === 'running') return ran === null ? '' : t('time.runs', { time: spanText(t, ran) });
  const parts = [
    ran === null ? '' : t('time.ran', { time: spanText(t, ran) }),
    waited === null ? '' : t('time.waited', { time: spanText(t, waited) }),
  ];
  return parts.filter(Boolean).join(', ');
}

export interface Problem {
  key: string;
  tone: 'uncertain' | 'rejected';
  text: string;
  /** What an operator types. */
  command: string | null;
}

const workerCommand = (queue: string): string => `medreview worker --queues ${queue}`;

function queueProblem(t: T, queue: QueueFacts): Problem | null {
  const isNeeded = NEEDED.includes(queue.name) || queue.waiting > 0;
  if (queue.workers !== 0 || !isNeeded) return null;
  const words = { queue: queue.name, count: queue.waiting };
  return {
    key: `worker-${queue.name}`,
    tone: queue.waiting > 0 ? 'rejected' : 'uncertain',
    text: queue.waiting > 0 ? t('problem.workerWaiting', words) : t('problem.worker', words),
    command: workerCommand(queue.name),
  };
}

/** What a manager should know or pass on, the worst first. */
export function problemsOf(t: T, status: Status): Problem[] {
  const { disk, leases } = status;
  const bytes = { free: formatBytes(disk.free_bytes), minimum: formatBytes(disk.minimum_bytes) };
  const found: (Problem | null)[] = [
    status.broker_reachable ? null : { key: 'broker', tone: 'rejected', text: t('problem.broker'), command: null },
    disk.state === 'ample' ? null : { key: 'disk', tone: disk.state === 'full' ? 'rejected' : 'uncertain', text: t(`problem.disk_${disk.state}`, bytes), command: null },
    leases.overdue_seconds > OVERDUE_SECONDS
      ? { key: 'overdue', tone: 'rejected', text: t('problem.overdue', { time: spanText(t, leases.overdue_seconds) }), command: workerCommand('light') }
      : null,
    ...status.queues.map((queue) => queueProblem(t, queue)),
  ];
  const real = found.filter((problem): problem is Problem => problem !== null);
  return [...real.filter((one) => one.tone === 'rejected'), ...real.filter((one) => one.tone === 'uncertain')];
}

/** The unit that keeps the longest of these times readable on an axis. */
export function axisUnit(seconds: readonly number[]): { key: 'inSeconds' | 'inMinutes' | 'inHours'; divisor: number } {
  const longest = Math.max(0, ...seconds);
  if (longest < 180) return { key: 'inSeconds', divisor: 1 };
  return longest < 3 * 3600 ? { key: 'inMinutes', divisor: 60 } : { key: 'inHours', divisor: 3600 };
}

/** The middle one; of an even number the lower of the two, so that it is a time that really was waited. */
export function middle(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
