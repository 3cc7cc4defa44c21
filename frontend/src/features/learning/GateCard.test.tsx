// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GateCard } from '@/features/learning/GateCard';
import type { GateReport, LabelComparison, Learning, Model, Verdict } from '@/features/learning/types';
import { buttonClass } from '@/ui/Button';

beforeEach(() => vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));

let unmount: () => void = () => undefined;
afterEach(() => unmount());

function row(key: string, parts: Partial<LabelComparison>): LabelComparison {
  return { label_key: key, active_mean: 0.86, candidate_mean: 0.88, gain: 0.02, low: 0.01, high: 0.03, n: 8, verdict: 'better', needed_n: null, ...parts };
}

function gate(verdict: Verdict, refusals: string[] = []): GateReport {
  return {
    metric_name: 'dice', verdict, overall: row('', { verdict }), labels: [row('lung', {}), row('new', { active_mean: null, gain: null, low: null, high: null, verdict: 'cannot_tell', needed_n: 14 })],
    candidate_scores: [], active_scores: [], refusals, notes: [], floor: 0.8, baseline: {}, seed: 0, test_set_number: 3, times_used: 2,
  };
}

function model(version: number, state: Model['state'], report: GateReport | null): Model {
  const events: Record<string, string[]> = { candidate: ['promote', 'decline'], active: ['rollback'] };
  return {
    id: version, version, state, gate: report, allowed_events: events[state] ?? [], promote_needs_reason: report?.verdict !== 'better', metric_name: 'dice',
    promoted_at: state === 'candidate' ? null : '2026-11-01T00:00:00Z', regressions: [],
  } as unknown as Model;
}

function learning(candidate: Model | null, active: Model | null = model(7, 'active', null)): Learning {
  return {
    candidate, active, models: [candidate, active].filter((item) => item !== null), running: null, runs: [],
    reference: { read: 4, needed: 10, total: 12, val: 4, test: 8 }, next_training: { ready: false, blockers: ['Not enough.'], labels: [] },
  } as unknown as Learning;
}

function draw(state: Learning): HTMLElement {
  const host = document.createElement('div');
  const root = createRoot(host);
  act(() =>
    root.render(
      <MantineProvider>
        <GateCard learning={state} margin={0.02} labelName={(key) => key} onAction={() => undefined} onRetrain={() => undefined} />
      </MantineProvider>,
    ),
  );
  unmount = () => act(() => root.unmount());
  return host;
}

const PRIMARY = buttonClass('primary').split(' ').at(-1) ?? '';
const promote = (host: HTMLElement): HTMLButtonElement => host.querySelector('[data-testid="promote"]') ?? expect.fail('no promote button');

describe('gate card', () => {
  it('says what the gate could not compare', () => {
    const report = { ...gate('better'), notes: ['new labels, not compared: vessel'] };
    expect(draw(learning(model(8, 'candidate', report))).textContent).toContain('new labels, not compared: vessel');
  });

  it('has a blue Promote only for a better candidate; otherwise the button says that it wants a reason', () => {
    const better = promote(draw(learning(model(8, 'candidate', gate('better')))));
    expect(better.className).toContain(PRIMARY);
    unmount();
    const unsure = promote(draw(learning(model(8, 'candidate', gate('cannot_tell')))));
    expect(unsure.className).not.toContain(PRIMARY);
    expect(unsure.textContent).toContain('with a reason');
  });

  it('lists every refusal and lets nobody promote', () => {
    const host = draw(learning(model(8, 'candidate', gate('better', ['weights hold NaN', 'label keys differ']))));
    expect(host.textContent).toContain('weights hold NaN');
    expect(host.textContent).toContain('label keys differ');
    expect(promote(host).disabled).toBe(true);
  });

  it('shows a label without a pair as such, with the patients it needs', () => {
    const host = draw(learning(model(8, 'candidate', gate('better'))));
    const cells = host.querySelector('tr[data-label="new"]')?.textContent ?? '';
    expect(cells).toContain('new label, v7 has no pair');
    expect(cells).toContain('about 14 patients needed');
  });

  it('before the first model says how many reference cases are missing', () => {
    expect(draw(learning(null, null)).textContent).toContain('Reference 4 of 10 read: 6 more');
  });
});
