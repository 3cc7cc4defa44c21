import { describe, expect, it } from 'vitest';
import { baselineRows, patientRows } from '@/features/learning/patientRows';

const score = (caseId: string, values: Record<string, number | null>) => ({ case_id: caseId, patient_key: `patient-${caseId}`, values });

describe('patients of a report', () => {
  it('come with the largest loss first and those without a pair last', () => {
    const rows = patientRows({
      candidate_scores: [score('1', { lung: 0.9 }), score('2', { lung: 0.7 }), score('3', { lung: 0.8 })],
      active_scores: [score('1', { lung: 0.8 }), score('2', { lung: 0.9 })],
    });
    expect(rows.map((row) => row.caseId)).toEqual(['2', '1', '3']);
    expect(rows[0]?.change).toBeCloseTo(-0.2);
    expect(rows[2]?.change).toBeNull();
  });

  it('leave out a label that was not assessed', () => {
    expect(patientRows({ candidate_scores: [score('1', { lung: null, heart: 0.5 })], active_scores: [] }).map((row) => row.labelKey)).toEqual(['heart']);
  });
});

describe('baselines', () => {
  it('are grouped by label, the best first', () => {
    expect(baselineRows({ 'nothing/lesion': 0.1, 'mean_shape/lesion': 0.3, mean_shape: 0.2 })).toEqual([
      { labelKey: '', name: 'mean shape', value: 0.2 },
      { labelKey: 'lesion', name: 'mean shape', value: 0.3 },
      { labelKey: 'lesion', name: 'nothing', value: 0.1 },
    ]);
  });
});
