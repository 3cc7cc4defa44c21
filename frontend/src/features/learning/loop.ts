/** What the loop strip says at each step. Words and fractions only; LoopStrip draws them. */
import { clockText, durationText, type T } from '@/features/learning/text';
import type { Learning, Run } from '@/features/learning/types';
import { versionText } from '@/features/learning/verdict';

export type StepKey = 'reference' | 'approved' | 'since' | 'training' | 'decision';

export interface LoopStep {
  key: StepKey;
  name: string;
  value: string;
  sub: string;
  /** 0 … 1 of the step's own goal; null where it has none. */
  fraction: number | null;
  /** The manager is asked for something here. */
  isWaiting: boolean;
}

/** "4 of 10 read" while cases are missing; with more than enough, "14 read, 10 needed". */
export function referenceText({ read, needed }: Learning['reference'], t: T): string {
  return t(read > needed ? 'loop.reference_enough' : 'loop.reference_value', { read, needed });
}

function referenceStep({ reference }: Learning, t: T): LoopStep {
  return {
    key: 'reference',
    name: t('loop.reference'),
    value: referenceText(reference, t),
    sub: t('loop.reference_sub', { test: reference.test, val: reference.val }),
    fraction: reference.needed === 0 ? 1 : reference.read / reference.needed,
    isWaiting: false,
  };
}

function approvedStep({ approved }: Learning, t: T): LoopStep {
  const sub =
    approved.submitted > 0
      ? t('loop.approved_sub_waiting', { review: approved.in_review, submitted: approved.submitted })
      : t('loop.approved_sub', { count: approved.in_review });
  return { key: 'approved', name: t('loop.approved'), value: t('loop.approved_value', { count: approved.train }), sub, fraction: null, isWaiting: false };
}

function sinceStep({ active, since_active: count, policy }: Learning, t: T): LoopStep {
  const name = active === null ? t('loop.since_none') : t('loop.since', { version: versionText(active.version) });
  const every = policy.retrain_every;
  if (every <= 0) {
    return { key: 'since', name, value: t('loop.since_value_manual', { count }), sub: t('loop.since_manual'), fraction: null, isWaiting: false };
  }
  const left = Math.max(0, every - count);
  const sub = left === 0 ? t('loop.since_due') : t('loop.since_next', { count: left });
  return { key: 'since', name, value: t('loop.since_value', { count, every }), sub, fraction: count / every, isWaiting: false };
}

function openRunValue(run: Run, t: T): string {
  const progress = run.progress;
  if (progress?.phase === 'training' && progress.epoch > 0) {
    const key = progress.epochs > 0 ? 'loop.training_epoch' : 'loop.training_epoch_only';
    return t(key, { number: run.number, epoch: progress.epoch, epochs: progress.epochs });
  }
  return t('loop.training_phase', { number: run.number, phase: t(`phase.${progress?.phase ?? 'queued'}`) });
}

function openRunSub(run: Run, t: T): string {
  const left = run.progress?.seconds_left;
  if (typeof left === 'number') return t('duration.left', { duration: durationText(t, left) });
  const ahead = run.job?.ahead ?? 0;
  return run.state === 'queued' && ahead > 0 ? t('jobs.ahead', { count: ahead }) : run.phase_text;
}

function openRunText(run: Run, t: T): Pick<LoopStep, 'value' | 'sub' | 'fraction'> {
  return { value: openRunValue(run, t), sub: openRunSub(run, t), fraction: run.progress?.fraction ?? 0 };
}

function trainingStep(learning: Learning, t: T): LoopStep {
  const base = { key: 'training' as const, name: t('loop.training'), isWaiting: false };
  if (learning.running !== null) return { ...base, ...openRunText(learning.running, t) };
  const sub = learning.next_training.ready ? t('loop.training_ready') : t('loop.training_blocked');
  const last = learning.runs[0];
  const value = last === undefined ? t('loop.training_none') : t('loop.training_idle', { number: last.number, state: t(`run_state.${last.state}`) });
  return { ...base, value, sub, fraction: null };
}

function decisionStep({ candidate, policy }: Learning, t: T): LoopStep {
  const base = { key: 'decision' as const, name: t('loop.decision'), fraction: null };
  if (candidate === null) return { ...base, value: t('loop.decision_none'), sub: t('loop.decision_sub'), isWaiting: false };
  const version = versionText(candidate.version);
  const isDecidedAlone = policy.promotion_policy === 'auto' && candidate.gate === null;
  return {
    ...base,
    value: t(isDecidedAlone ? 'loop.decision_auto' : 'loop.decision_waits', { version }),
    sub: t('loop.decision_ready', { time: clockText(candidate.created_at) }),
    isWaiting: !isDecidedAlone,
  };
}

export function loopSteps(learning: Learning, t: T): LoopStep[] {
  return [referenceStep(learning, t), approvedStep(learning, t), sinceStep(learning, t), trainingStep(learning, t), decisionStep(learning, t)];
}
