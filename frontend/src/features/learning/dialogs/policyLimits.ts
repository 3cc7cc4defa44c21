/** What the policy's numbers may be. */
import type { ProjectSettings } from '@/api/types';

export type LimitedField = 'retrain_every' | 'random_share' | 'gate_margin' | 'min_reference_cases';

export interface Limit {
  min: number;
  max: number;
  step: number;
  /** What is stored times this is what is shown: 100 for shares in per cent. */
  shownFactor: number;
  isWhole: boolean;
}

export const LIMITS: Readonly<Record<LimitedField, Limit>> = {
  retrain_every: { min: 0, max: 1000, step: 1, shownFactor: 1, isWhole: true },
  random_share: { min: 0, max: 1, step: 0.05, shownFactor: 100, isWhole: false },
  gate_margin: { min: 0, max: 0.5, step: 0.005, shownFactor: 1, isWhole: false },
  min_reference_cases: { min: 2, max: 1000, step: 1, shownFactor: 1, isWhole: true },
};

export function isPolicyValid(policy: Pick<ProjectSettings, LimitedField>): boolean {
  return (Object.keys(LIMITS) as LimitedField[]).every((field) => {
    const { min, max, isWhole } = LIMITS[field];
    const value = policy[field];
    return value >= min && value <= max && (!isWhole || Number.isInteger(value));
  });
}
