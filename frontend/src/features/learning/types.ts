/** What the learning endpoints answer. Shapes of the server's contract; nothing here decides anything. */

export type Verdict = 'better' | 'not_worse' | 'worse' | 'cannot_tell';
export type ModelState = 'candidate' | 'active' | 'retired' | 'declined';
export type RunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';
export type PromotionPolicy = 'auto' | 'ask' | 'refuse';

export interface LabelComparison {
  label_key: string;
  active_mean: number | null;
  candidate_mean: number | null;
  gain: number | null;
  low: number | null;
  high: number | null;
  n: number;
  verdict: Verdict;
  needed_n: number | null;
}

export interface CaseScore {
  case_id: string;
  patient_key: string;
  values: Record<string, number | null>;
}

export interface GateReport {
  metric_name: string;
  verdict: Verdict;
  overall: LabelComparison;
  labels: LabelComparison[];
  candidate_scores: CaseScore[];
  active_scores: CaseScore[];
  refusals: string[];
  floor: number | null;
  baseline: Record<string, number>;
  seed: number;
  test_set_number: number | null;
  times_used: number;
}

export interface Regression {
  case_id: number | string;
  pseudonym: string;
  label_key: string;
  active: number | null;
  candidate: number | null;
  delta: number;
  images: { active_url: string; candidate_url: string } | null;
}

export interface SecondLook {
  case_id: number;
  pseudonym: string;
  reading_id: number;
  label_key: string;
}

export interface Model {
  id: number;
  version: string | number;
  task: string;
  network: string;
  state: ModelState;
  created_at: string;
  promoted_at: string | null;
  metric_name: string;
  metric: number | null;
  label_keys: string[];
  weights_sha256: string;
  gate: GateReport | null;
  allowed_events: string[];
  promote_needs_reason: boolean;
  /** Version that a roll back of this model returns to. */
  rollback_to: number | null;
  rolled_back_at: string | null;
  /** After a roll back: what readers had accepted unchanged from this model. */
  second_look: SecondLook[];
  regressions: Regression[];
  training_run_id: number | null;
  parameters: number;
  snapshot_sha256: string;
}

export interface Progress {
  phase: 'preparing' | 'training' | 'validating' | 'scoring' | 'predicting' | 'done';
  fraction: number;
  message: string;
  epoch: number;
  epochs: number;
  seconds_left: number | null;
  metrics: Record<string, number>;
}

export interface Run {
  id: number;
  number: number;
  task: string;
  network: string;
  state: RunState;
  trigger: 'manual' | 'policy';
  created_by: { id: number; display_name: string } | string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  progress: Progress | null;
  error: string;
  cases_used: number;
  cases_excluded: number;
  job: { state: string; attempt: number; ahead: number } | null;
  model_id: number | null;
  phase_text: string;
}

export interface RunMetric {
  epoch: number;
  train_loss: number | null;
  val_loss: number | null;
  val_metric: number | null;
  per_label?: Record<string, number | null>;
  seconds?: number;
}

export interface RunDetail extends Run {
  metrics: RunMetric[];
  plan: Record<string, unknown> | null;
}

export interface ExcludedCase {
  case_id: number;
  pseudonym: string;
  reason_code: string;
  reason: string;
}

export interface NextTraining {
  task: string;
  cases: { case_id: number; pseudonym: string }[];
  count: number;
  excluded: ExcludedCase[];
  labels: { key: string; name: string; marked: number; searched_none: number; not_assessed: number }[];
  estimate_seconds: number | null;
  networks: { key: string; name: string; default: boolean }[];
  ready: boolean;
  blockers: string[];
}

export interface CurvePoint {
  model_version: string | number;
  approved: number;
  metric: number;
  low: number | null;
  high: number | null;
  state: ModelState;
}

export interface RandomSharePoint {
  model_version: string | number;
  accepted_unchanged: number;
  n: number;
  low: number | null;
  high: number | null;
}

export interface QueueReason {
  code: string;
  share: number;
  edited_share: number | null;
  n: number;
}

export interface Learning {
  reference: { read: number; needed: number; total: number; val: number; test: number };
  approved: { train: number; in_review: number; submitted: number };
  since_active: number;
  policy: { retrain_every: number; promotion_policy: PromotionPolicy };
  next_training: NextTraining;
  active: Model | null;
  candidate: Model | null;
  models: Model[];
  runs: Run[];
  running: Run | null;
  curve: CurvePoint[];
  random_share: RandomSharePoint[];
  reasons: QueueReason[];
  benefit: string;
}

export interface Job {
  id: number;
  kind: string;
  state: string;
  attempt: number;
  progress: Progress | null;
  error: string;
  created_at: string;
  ahead: number;
}
