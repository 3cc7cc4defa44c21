import { describe, expect, it } from 'vitest';
import type { GateReport, LabelComparison, Model, Verdict } from '@/features/learning/types';
import { isFirstModelGate, promoteLook, rollbackTarget, titleVerdict, verdictTone, versionText } from '@/features/learning/verdict';

function comparison(verdict: Verdict, activeMean: number | null = 0.8): LabelComparison {
  return { label_key: 'lesion', active_mean: activeMean, candidate_mean: 0.9, gain: 0.1, low: 0.05, high: 0.15, n: 8, verdict, needed_n: null };
}

function gate(verdict: Verdict, refusals: string[] = [], activeMean: number | null = 0.8): GateReport {
  const overall = comparison(verdict, activeMean);
  return {
    metric_name: 'dice', verdict, overall, labels: [overall], candidate_scores: [], active_scores: [],
    refusals, notes: [], floor: 0.5, baseline: {}, seed: 0, test_set_number: 1, times_used: 1,
  };
}

function candidate(verdict: Verdict, refusals: string[] = [], promoteNeedsReason = verdict !== 'better'): Pick<Model, 'gate' | 'allowed_events' | 'promote_needs_reason'> {
  return { gate: gate(verdict, refusals), allowed_events: ['promote', 'decline'], promote_needs_reason: promoteNeedsReason };
}

describe('promote', () => {
  it('is the blue button only for a better candidate', () => {
    const verdicts: Verdict[] = ['better', 'not_worse', 'worse', 'cannot_tell'];
    expect(verdicts.filter((verdict) => promoteLook(candidate(verdict)).isPrimary)).toEqual(['better']);
  });

  it('asks for a reason whenever the verdict is not better, even if the server forgot to', () => {
    expect(promoteLook(candidate('cannot_tell', [], false)).needsReason).toBe(true);
    expect(promoteLook(candidate('better')).needsReason).toBe(false);
  });

  it('is neither blue nor allowed while something stands against the candidate, however good its numbers', () => {
    const look = promoteLook(candidate('better', ['weights contain NaN']));
    expect(look).toMatchObject({ isPrimary: false, isAllowed: false, refusals: ['weights contain NaN'] });
  });

  it('is not allowed where the server does not offer it', () => {
    expect(promoteLook({ ...candidate('better'), allowed_events: ['decline'] }).isAllowed).toBe(false);
  });
});

describe('verdicts', () => {
  it('never share a tone, so that one is not taken for another', () => {
    const tones = (['better', 'not_worse', 'worse', 'cannot_tell'] as const).map((verdict) => verdictTone(verdict));
    expect(new Set(tones).size).toBe(4);
  });

  it('say "refused" beside the title when something hard stands against a better candidate', () => {
    expect(titleVerdict(gate('better', ['label keys differ'])).textKey).toBe('verdict.title.refused');
    expect(titleVerdict(gate('better')).textKey).toBe('verdict.title.better');
  });

  it('call a worse candidate worse, although that alone refuses it', () => {
    expect(titleVerdict(gate('worse', ['It is worse than the active model.'])).textKey).toBe('verdict.title.worse');
  });

  it('speak of the floor for a first model', () => {
    expect(titleVerdict(gate('worse', [], null)).textKey).toBe('verdict.first.worse');
  });

  it('knows a first model by the missing pair', () => {
    expect(isFirstModelGate(gate('better', [], null))).toBe(true);
    expect(isFirstModelGate(gate('better'))).toBe(false);
  });
});

describe('versions', () => {
  it('are written with one v', () => {
    expect(versionText(7)).toBe('v7');
  });

  it('roll back to the version the server names, of the same task', () => {
    const model = (id: number, version: number, task: string): Model => ({ id, version, task }) as Model;
    const models = [model(1, 3, 'detection'), model(2, 3, 'segmentation'), model(3, 5, 'segmentation')];
    expect(rollbackTarget(models, { rollback_to: 3, task: 'segmentation' })?.id).toBe(2);
    expect(rollbackTarget(models, { rollback_to: null, task: 'segmentation' })).toBeNull();
  });
});
