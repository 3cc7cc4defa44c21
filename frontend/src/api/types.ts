/**
 * The shapes of the HTTP contract, version 1, field names exact.
 * Times are ISO-8601 UTC strings; ids are integers unless said. No behaviour lives here.
 */

export type Role = 'annotator' | 'reviewer' | 'adjudicator' | 'manager';
export type TaskKind = 'segmentation' | 'detection';
export type ThemeChoice = 'dark' | 'light' | 'auto';

export interface Page<T> {
  results: T[];
  next: string | null;
  count: number;
}

// ── People ────────────────────────────────────────────────────────────────────────────────────────
export interface ProjectSettings {
  allow_self_review: boolean;
  min_reference_cases: number;
  retrain_every: number;
  promotion_policy: 'auto' | 'ask' | 'refuse';
  random_share: number;
  gate_margin: number;
  readings_per_case: number;
  split_ratio: [number, number, number];
}

export interface ProjectCounts {
  worklist: number;
  review: number;
  /** Managers only. */
  learning_ready?: number;
}

export interface Project {
  id: number;
  slug: string;
  name: string;
  description: string;
  is_demo: boolean;
  roles: Role[];
  task_kinds: TaskKind[];
  counts: ProjectCounts;
  settings: ProjectSettings;
}

export interface Member {
  user_id: number;
  username?: string;
  display_name: string;
  roles: Role[];
}

export interface ProjectDetail extends Project {
  label_set: LabelSet;
  members: Member[];
}

export interface Me {
  id: number;
  username: string;
  display_name: string;
  initials: string;
  locale: string;
  theme: ThemeChoice;
  timezone: string;
  projects: Project[];
  keymap?: Record<string, string>;
}

export interface DemoUser {
  username: string;
  password: string;
  role: string;
  display_name: string;
  /** What this person does, in a few words. */
  does?: string;
}

// ── Labels ────────────────────────────────────────────────────────────────────────────────────────
export type LabelKind = 'segment' | 'box' | 'tag';

export interface Label {
  key: string;
  name: string;
  kind: LabelKind;
  scheme: string;
  value: string;
  meaning: string;
  colour: string;
  order: number;
  findings: 'one' | 'many';
  options: string[];
  hotkey: number | null;
}

export interface LabelInput {
  key: string;
  name: string;
  kind: LabelKind;
  scheme?: string;
  value?: string;
  meaning?: string;
  colour?: string;
  order?: number;
  findings?: 'one' | 'many';
  options?: string[];
}

export interface LabelSet {
  id: number;
  version: number;
  labels: Label[];
}

// ── Data in ───────────────────────────────────────────────────────────────────────────────────────
export type ImportOutcome = 'accepted' | 'warning' | 'duplicate' | 'quarantined' | 'refused' | 'reading';
export type ImportState = 'receiving' | 'queued' | 'running' | 'done' | 'failed';

export interface ImportItem {
  id: number;
  outcome: ImportOutcome;
  name: string;
  files: number;
  bytes: number;
  modality: string;
  rule: string;
  reason: string;
  patient: string;
  case_id: number | null;
  blocks_training: boolean;
}

export interface Import {
  id: number;
  project_id: number;
  state: ImportState;
  created_at: string;
  files_received: number;
  bytes_received: number;
  files_done: number;
  files_total: number;
  counts: Record<ImportOutcome, number>;
  patients_new: number;
  patients_known: number;
  cases_made: number;
  /** Kept out because the patient or the pixels are on the other side of the split. */
  cases_excluded?: number;
  learning_patients: number;
  reference_patients: number;
  error: string;
  /** Absent in lists. */
  items?: ImportItem[];
}

export interface UploadReceipt {
  received: number;
  bytes: number;
}

export type CaseStatus = 'unread' | 'in_progress' | 'submitted' | 'returned' | 'approved' | 'rejected';

export interface CaseRow {
  id: number;
  pseudonym: string;
  patient: string;
  modality: string;
  study_date: string;
  description: string;
  series_count: number;
  lane: 'reference' | 'learning';
  status: CaseStatus;
  warnings: string[];
  /** Why the case is kept out of queue and training; empty when it is not. */
  excluded_reason?: string;
  model_score: number | null;
  suggestions: number | null;
}

export type ExportFormat = 'dicom-seg' | 'nifti' | 'coco';

export interface Export {
  id: number;
  state: 'queued' | 'running' | 'done' | 'succeeded' | 'failed';
  format: ExportFormat;
  files: number;
  bytes: number;
  error: string;
  url: string | null;
  created_at: string;
  verified: boolean;
}

// ── Work list ─────────────────────────────────────────────────────────────────────────────────────
export type ReasonCode = 'model_unsure' | 'random_share' | 'returned' | 'new' | 'second_look' | 'first_batch';

export interface Reason {
  code: ReasonCode;
  text: string;
  detail: string;
  values: { entropy?: number; rank?: number; pool?: number; model_version?: number | string };
}

export type WorklistStatus = 'new' | 'open' | 'returned' | 'submitted' | 'approved' | 'rejected' | 'superseded' | 'skipped';
export type AiState = 'ready' | 'queued' | 'running' | 'none';

export interface WorklistRow {
  case_id: number;
  reading_id: number | null;
  pseudonym: string;
  description: string;
  modality: string;
  study_date: string;
  reason: Reason;
  suggestions: { count: number; unsure: number } | null;
  ai: { state: AiState; model_version: number | string | null; progress: number | null };
  status: WorklistStatus;
  updated_at: string;
  has_prior: boolean;
  thumbnail_url: string | null;
}

export type WorklistGroupKey = 'returned' | 'open' | 'queue' | 'submitted';

export interface WorklistGroup {
  key: WorklistGroupKey;
  title_key: string;
  /** May be larger than the number of items sent. */
  count?: number;
  items: WorklistRow[];
}

export interface WorklistProgress {
  read_today: number;
  target: number;
  approved: number;
  in_review: number;
  returned: number;
  median_seconds: number | null;
  left: number;
}

export interface Worklist {
  groups: WorklistGroup[];
  progress: WorklistProgress;
}
