/** Geometry of the learning curve: approved readings to the right, 0 … 1 upwards. Pixels out. */
import type { CurvePoint, RandomSharePoint } from '@/features/learning/types';
import { versionText } from '@/features/learning/verdict';

export interface Plotted {
  x: number;
  y: number;
  lowY: number;
  highY: number;
  version: string;
  value: number;
  approved: number;
  isCandidate: boolean;
}

export interface CurveLayout {
  points: Plotted[];
  random: Plotted[];
  band: string;
  line: string;
  randomLine: string;
  /** Versions whose name has room above its point. */
  named: ReadonlySet<string>;
  yTicks: { y: number; text: string }[];
  xTicks: { x: number; text: string }[];
}

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

const MIN_X_TICK_GAP_PX = 36;
const MIN_NAME_GAP_PX = 24;

/** The lowest shown value, a multiple of 0.2, so that small differences near the top stay readable. */
export function floorOfAxis(values: readonly number[]): number {
  const least = Math.min(1, ...values);
  return Math.max(0, Math.min(0.8, Math.floor(least * 5 + 1e-9) / 5));
}

function path(points: readonly { x: number; y: number }[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function bandPath(points: readonly Plotted[]): string {
  if (points.length < 2) return '';
  const upper = points.map(({ x, highY }) => ({ x, y: highY }));
  const lower = [...points].reverse().map(({ x, lowY }) => ({ x, y: lowY }));
  return `${path(upper)}${path(lower).replace('M', 'L')}Z`;
}

function spacedTicks(points: readonly Plotted[]): { x: number; text: string }[] {
  const ticks: { x: number; text: string }[] = [];
  for (const point of points) {
    const last = ticks.at(-1);
    if (last === undefined || point.x - last.x >= MIN_X_TICK_GAP_PX) ticks.push({ x: point.x, text: String(point.approved) });
  }
  return ticks;
}

/** From the newest backwards, so that the newest is always named. */
function namedVersions(points: readonly Plotted[]): Set<string> {
  const named = new Set<string>();
  let lastX = Number.POSITIVE_INFINITY;
  for (const point of [...points].reverse()) {
    if (lastX - point.x < MIN_NAME_GAP_PX) continue;
    named.add(point.version);
    lastX = point.x;
  }
  return named;
}

export function curveLayout(curve: readonly CurvePoint[], random: readonly RandomSharePoint[], frame: Frame): CurveLayout {
  const sorted = [...curve].sort((a, b) => a.approved - b.approved);
  const approvedOf = new Map(sorted.map((point) => [versionText(point.model_version), point.approved]));
  const sharePoints = random.filter((point) => point.n > 0 && approvedOf.has(versionText(point.model_version)));
  const low = floorOfAxis([...sorted.flatMap((p) => [p.low ?? p.metric, p.metric]), ...sharePoints.map((p) => p.low ?? p.accepted_unchanged)]);
  const approved = sorted.map((point) => point.approved);
  const [first, last] = [Math.min(...approved), Math.max(...approved)];
  const span = Math.max(1, last - first);
  const x = (value: number): number =>
    first === last ? frame.left + frame.width / 2 : frame.left + 10 + ((value - first) / span) * (frame.width - 34);
  const y = (value: number): number => frame.top + frame.height - ((Math.min(1, Math.max(low, value)) - low) / (1 - low)) * frame.height;

  const plot = (version: string, value: number, lowValue: number | null, highValue: number | null, isCandidate: boolean): Plotted => {
    const count = approvedOf.get(version) ?? first;
    return { x: x(count), y: y(value), lowY: y(lowValue ?? value), highY: y(highValue ?? value), version, value, approved: count, isCandidate };
  };
  const points = sorted.map((p) => plot(versionText(p.model_version), p.metric, p.low, p.high, p.state === 'candidate'));
  const shares = sharePoints.map((p) => plot(versionText(p.model_version), p.accepted_unchanged, p.low, p.high, false)).sort((a, b) => a.x - b.x);
  const steps = Math.round((1 - low) * 5);
  const yTicks = Array.from({ length: steps + 1 }, (_, index) => 1 - index * 0.2).map((value) => ({ y: y(value), text: value.toFixed(1) }));
  return { points, random: shares, named: namedVersions(points), band: bandPath(points), line: path(points), randomLine: path(shares), yTicks, xTicks: spacedTicks(points) };
}
