/** The two charts of a run, as series. */
import type { LinePoint, LineSeries } from '@/ui/Charts';
import type { RunDetail, RunMetric } from '@/features/learning/types';

type Field = 'train_loss' | 'val_loss' | 'val_metric';

/** A line of one or two epochs is no line yet: then its points are dotted. */
function dotsOf(found: readonly LinePoint[]): Pick<LineSeries, 'dots'> {
  return found.filter((point) => point.y !== null).length < 3 ? { dots: 'circle' } : {};
}

function points(metrics: readonly RunMetric[], field: Field): LinePoint[] {
  return metrics.map((line) => ({ x: line.epoch, y: line[field] }));
}

/** Closer than this share of the axis, two numbers at the lines' ends would lie on each other. */
const LEAST_LABEL_GAP = 0.13;

export interface LossChart {
  series: LineSeries[];
  domain: [number, number];
  /** The last values, for the legend, when the ends lie too close for two numbers there. */
  legendValues: { train: number; validation: number } | null;
}

export function lossChart(metrics: readonly RunMetric[]): LossChart {
  const values = metrics.flatMap((line) => [line.train_loss, line.val_loss]).filter((value): value is number => value !== null && Number.isFinite(value));
  const top = Math.max(0.25, Math.ceil(Math.max(0, ...values) * 4) / 4);
  const low = Math.min(0, Math.floor(Math.min(0, ...values) * 4) / 4);
  const last = metrics.at(-1);
  const [train, validation] = [last?.train_loss ?? null, last?.val_loss ?? null];
  const [validations, trainings] = [points(metrics, 'val_loss'), points(metrics, 'train_loss')];
  const areClose = train !== null && validation !== null && Math.abs(train - validation) < LEAST_LABEL_GAP * (top - low);
  return {
    series: [
      { key: 'val', colour: 'var(--mr-text-2)', points: validations, dashed: true, endValue: !areClose, ...dotsOf(validations) },
      { key: 'train', colour: 'var(--mr-action)', points: trainings, endValue: !areClose, ...dotsOf(trainings) },
    ],
    domain: [low, top],
    legendValues: areClose ? { train, validation } : null,
  };
}

export function metricSeries(metrics: readonly RunMetric[]): LineSeries[] {
  return [{ key: 'metric', colour: 'var(--mr-accepted)', points: points(metrics, 'val_metric'), endValue: true }];
}

/** 0.2-steps around what is shown, never wider than 0 … 1; `level` is the active model's metric. */
export function metricDomain(metrics: readonly RunMetric[], level: number | null): [number, number] {
  const values = [...metrics.map((line) => line.val_metric), level].filter((value): value is number => value !== null && Number.isFinite(value));
  if (values.length === 0) return [0, 1];
  const low = Math.max(0, Math.floor(Math.min(...values) * 5) / 5);
  const high = Math.min(1, Math.ceil(Math.max(...values) * 5 + 0.25) / 5);
  return high > low ? [low, high] : [Math.max(0, low - 0.2), high];
}

const LEAST_EPOCHS = 4;

/** The last epoch of the horizontal axis. A run bounded by time knows no number of epochs: then it is the pace so far. */
export function lastEpoch(run: Pick<RunDetail, 'metrics' | 'progress' | 'state'>): number {
  const reached = Math.max(LEAST_EPOCHS, ...run.metrics.map((line) => line.epoch));
  if (run.state !== 'running' || run.progress === null) return reached;
  if (run.progress.epochs > 0) return Math.max(reached, run.progress.epochs);
  return run.progress.fraction > 0.05 ? Math.max(reached, Math.round(reached / run.progress.fraction)) : reached;
}

/** What the plan says about the input: "2D, patch 192 × 192"; null before the plan is written. */
export function planText(run: Pick<RunDetail, 'plan'> | undefined): string | null {
  const { dims, patch_zyx: patch } = run?.plan ?? {};
  if (typeof dims !== 'number' || !Array.isArray(patch)) return null;
  return `${String(dims)}D, ${patch.slice(-dims).join(' × ')}`;
}

/** The network's name: what the plan chose where "auto" was asked for. */
export function networkName(run: Pick<RunDetail, 'network' | 'plan'>, networks: readonly { key: string; name: string }[]): string {
  const planned = run.plan?.network;
  const key = typeof planned === 'string' && planned !== '' ? planned : run.network;
  return networks.find((network) => network.key === key)?.name ?? key;
}
