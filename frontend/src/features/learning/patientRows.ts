/** The gate's per-patient scores as rows, the largest loss first; patients without a pair follow, lowest score first. Baselines too. */
import type { GateReport } from '@/features/learning/types';

export interface PatientRow {
  caseId: string;
  patient: string;
  labelKey: string;
  active: number | null;
  candidate: number | null;
  change: number | null;
}

function byChange(a: PatientRow, b: PatientRow): number {
  if (a.change !== null && b.change !== null) return a.change - b.change;
  if (a.change === null && b.change === null) return (a.candidate ?? 0) - (b.candidate ?? 0);
  return a.change === null ? 1 : -1;
}

export function patientRows(gate: Pick<GateReport, 'candidate_scores' | 'active_scores'>): PatientRow[] {
  const activeOf = new Map(gate.active_scores.map((score) => [score.case_id, score.values]));
  const rows = gate.candidate_scores.flatMap((score) =>
    Object.entries(score.values)
      .filter(([, candidate]) => candidate !== null)
      .map(([labelKey, candidate]) => {
        const active = activeOf.get(score.case_id)?.[labelKey] ?? null;
        const change = active === null || candidate === null ? null : candidate - active;
        return { caseId: score.case_id, patient: score.patient_key, labelKey, active, candidate, change };
      }),
  );
  return rows.sort(byChange);
}

export interface BaselineRow {
  labelKey: string;
  name: string;
  value: number;
}

/** Keys come as "mean_shape/lesion" or, over all labels, "mean_shape". Sorted by label, best baseline first. */
export function baselineRows(baseline: Readonly<Record<string, number>>): BaselineRow[] {
  const rows = Object.entries(baseline).map(([key, value]) => {
    const [name = '', labelKey = ''] = key.split('/');
    return { labelKey, name: name.replaceAll('_', ' '), value };
  });
  return rows.sort((a, b) => a.labelKey.localeCompare(b.labelKey) || b.value - a.value);
}
