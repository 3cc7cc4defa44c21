/** The contract's shapes for reading and review. Array order is zyx; world points are LPS millimetres xyz; boxes are half-open. */
import type { LabelSet, Reason } from './types';

export type Triple = [number, number, number];

export interface Person {
  id: number;
  display_name: string;
}

/** Runs over the C-order flattened slice (rows × columns): start, length, start, length … */
export interface SliceRuns {
  k: number;
  runs: number[];
}

export interface Box {
  start_zyx: Triple;
  stop_zyx: Triple;
}

export interface StackWarning {
  rule: string;
  text: string;
  blocks_training: boolean;
}

export interface WindowPreset {
  key: string;
  name: string;
  center: number;
  width: number;
}

export interface Stack {
  /** Also the grid id. */
  id: number;
  series_uid: string;
  study_uid: string;
  series_description: string;
  modality: string;
  shape_zyx: Triple;
  spacing_mm: Triple;
  affine_lps: number[][];
  frame_of_reference_uid: string;
  spacing_known: boolean;
  orientation_known: boolean;
  plane: 'AX' | 'COR' | 'SAG' | 'OBL' | '2D';
  warnings: StackWarning[];
  window_presets: WindowPreset[];
  rescale_is_hu: boolean;
  photometric: string;
  image_ids: string[];
  metadata_url: string;
  thumbnail_url: string;
}

export type FindingKind = 'segment' | 'box' | 'length';
export type Provenance = 'MANUAL' | 'SEMIAUTOMATIC' | 'AUTOMATIC';

export interface Suggestion {
  id: number;
  label_key: string;
  kind: 'segment' | 'box';
  score: number;
  state: 'offered' | 'expired' | 'withdrawn';
  model_version: number | string;
  grid_id: number;
  largest_slice: number;
  voxel_count: number;
  volume_ml: number | null;
  box: Box | null;
  slices: SliceRuns[];
}

export interface Finding {
  id: string;
  label_key: string;
  kind: FindingKind;
  grid_id: number;
  provenance: Provenance;
  suggestion_id: number | null;
  slices: SliceRuns[];
  box: Box | null;
  points_lps: [Triple, Triple] | null;
  voxel_count: number;
  volume_ml: number | null;
  /** Millimetres, or pixels when the spacing is unknown. */
  length_mm: number | null;
  largest_slice: number;
  created_seq: number;
}

export type LabelStatus = 'marked' | 'searched_none' | 'not_assessed';
export type Verdict = 'accept' | 'edit' | 'reject';
export type RejectReason = 'not_a_lesion' | 'wrong_label' | 'bad_outline' | 'duplicate' | 'other';

export interface DecisionState {
  suggestion_id: number;
  finding_id: string | null;
  verdict: Verdict;
  reason: RejectReason | '' | null;
}

export interface Draft {
  findings: Finding[];
  label_status: Record<string, LabelStatus>;
  tags: Record<string, string>;
  form: Record<string, unknown>;
  decisions: DecisionState[];
  can_undo: boolean;
  can_redo: boolean;
}

export interface OperationPayloads {
  paint: { finding_id: string; label_key: string; grid_id: number; tool: string; slices: SliceRuns[] };
  add_box: { finding_id: string; label_key: string; grid_id: number; start_zyx: Triple; stop_zyx: Triple };
  move_box: { finding_id: string; start_zyx: Triple; stop_zyx: Triple };
  add_length: { finding_id: string; label_key: string; grid_id: number; points_lps: [Triple, Triple] };
  move_length: { finding_id: string; points_lps: [Triple, Triple] };
  delete_finding: { finding_id: string };
  decide: { suggestion_id: number; finding_id: string; verdict: 'accept' | 'reject'; reason?: RejectReason };
  state_label: { label_key: string; status: LabelStatus };
  set_tag: { label_key: string; value: string };
  set_form: { field: string; value: unknown };
  undo: Record<string, never>;
  redo: Record<string, never>;
}

export type OperationKind = keyof OperationPayloads;

export type NewOperation = {
  [K in OperationKind]: { op_id: string; kind: K; payload: OperationPayloads[K] };
}[OperationKind];

export type StoredOperation = NewOperation & { seq: number; actor: number | Person; at: string };

export interface OperationResult {
  op_id: string;
  seq: number;
  status: 'stored' | 'known';
}

export interface OperationsReceipt {
  seq: number;
  results: OperationResult[];
  saved_at: string;
}

/** The body beside `error` in a 412 answer. */
export interface StaleJournal {
  seq: number;
  operations: StoredOperation[];
}

export interface Comment {
  id: number;
  author: Person;
  text: string;
  created_at: string;
  point: { grid_id: number; k: number; row: number; column: number } | null;
  resolved: boolean;
}

export type ReviewOutcome = '' | 'approved' | 'edited_approved' | 'returned' | 'rejected';

export interface Review {
  id: number;
  reviewer: Person;
  outcome: ReviewOutcome;
  reasons: string[];
  note: string;
  decided_at: string | null;
}

export interface FindingComparison {
  finding_id: string | null;
  label_key: string;
  state: 'accepted' | 'edited' | 'rejected' | 'added';
  suggestion_id: number | null;
  dice: number | null;
  hd95_mm?: number | null;
  hd95_px?: number | null;
  voxels_added: number;
  voxels_removed: number;
  seconds: number | null;
}

export interface Comparison {
  findings: FindingComparison[];
  mean_dice: number | null;
}

export type ReadingState = 'in_progress' | 'submitted' | 'returned' | 'approved' | 'rejected' | 'superseded' | 'canceled';

export interface ReadingCase {
  id: number;
  pseudonym: string;
  description: string;
  modality: string;
  study_date: string;
  sex: string;
  age: string | number | null;
  patient: string;
  prior_case_ids: number[];
  is_demo: boolean;
}

export interface Reading {
  id: number;
  case: ReadingCase;
  project_id: number;
  project_slug: string;
  reader: Person;
  state: ReadingState;
  round: number;
  allowed_events: string[];
  editable: boolean;
  why: Reason;
  label_set: LabelSet;
  stacks: Stack[];
  suggestions: Suggestion[];
  journal: { seq: number; etag: string; draft: Draft };
  reviews: Review[];
  comments: Comment[];
  position: { index: number; of: number };
  elapsed_seconds: number;
  submitted_at: string | null;
  /** Reviewers only. */
  comparison?: Comparison;
}

export interface SubmitCost {
  suggestion_id: number;
  strokes: number;
  seconds: number;
}

export interface MissingItem {
  label_key?: string;
  suggestion_id?: number;
  text: string;
}

export interface SubmitReceipt {
  reading_id: number;
  state: ReadingState;
  next_reading_id: number | null;
  missing: MissingItem[];
}

export interface ReviewRow {
  reading_id: number;
  case_id: number;
  pseudonym: string;
  description: string;
  modality: string;
  reader: Person;
  submitted_at: string;
  round: number;
  summary: string;
  flags: {
    edited: boolean | number;
    added: boolean | number;
    rejected: boolean | number;
    untouched: boolean | number;
    new_reader: boolean;
    second_round: boolean;
  };
  own: boolean;
}

export interface ReviewDecision {
  outcome: 'approve' | 'return' | 'reject';
  reasons: string[];
  note: string;
}

export interface DecisionReceipt {
  state: ReadingState;
  next_reading_id: number | null;
}
