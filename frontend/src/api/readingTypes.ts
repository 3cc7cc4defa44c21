/**
 * Names for the contract's reading and review. Array order is zyx; world points are LPS millimetres xyz; boxes are half-open.
 * As in types.ts, the shapes are the server's.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type SliceRuns = Schemas['SliceRuns'];
export type Box = Schemas['Box'];
export type Triple = Box['start_zyx'];
export type WindowPreset = Schemas['WindowPreset'];
export type Stack = Schemas['Stack'];

export type Suggestion = Schemas['Suggestion'];
export type Finding = Schemas['Finding'];
export type Measure = Schemas['Measure'];
export type MeasureValues = Schemas['MeasureValues'];
export type RejectReason = Schemas['RejectReason'];
export type DecisionState = Schemas['Decision'];
export type Draft = Schemas['Draft'];
export type LabelStatus = Draft['label_status'][string];

export type OperationKind = Schemas['OperationKind'];

interface MeasurePayload {
  finding_id: string;
  grid_id: number;
  tool: Measure['tool'];
  /** The acquisition slice it lies on; of its first point where it lies in another plane. */
  k: number;
  points_lps: Triple[];
  values: MeasureValues | null;
}

/** By hand: the document only says that a payload is an object; the journal judges it by the operation's kind. */
export interface OperationPayloads {
  paint: { finding_id: string; label_key: string; grid_id: number; tool: string; slices: SliceRuns[] };
  add_box: { finding_id: string; label_key: string; grid_id: number; start_zyx: Triple; stop_zyx: Triple };
  move_box: { finding_id: string; start_zyx: Triple; stop_zyx: Triple };
  add_length: { finding_id: string; label_key: string; grid_id: number; points_lps: [Triple, Triple] };
  move_length: { finding_id: string; points_lps: [Triple, Triple] };
  add_measure: MeasurePayload & { label_key: string };
  move_measure: MeasurePayload;
  rename_finding: { finding_id: string; name: string };
  delete_finding: { finding_id: string };
  decide: { suggestion_id: number; finding_id: string; verdict: 'accept' | 'reject'; reason?: RejectReason };
  state_label: { label_key: string; status: LabelStatus };
  set_tag: { label_key: string; value: string };
  set_form: { field: string; value: Draft['form'][string] };
  undo: Record<string, never>;
  redo: Record<string, never>;
}

type OfKind<Operation, K extends OperationKind> = Omit<Operation, 'kind' | 'payload'> & { kind: K; payload: OperationPayloads[K] };

export type NewOperation = { [K in OperationKind]: OfKind<Schemas['OperationInputRequest'], K> }[OperationKind];
export type StoredOperation = { [K in OperationKind]: OfKind<Schemas['StoredOperation'], K> }[OperationKind];

export type OperationsReceipt = Schemas['OperationsReceipt'];
export type JournalPage = Omit<Schemas['JournalPage'], 'operations'> & { operations: StoredOperation[] };

export type Comment = Schemas['Comment'];
export type CommentInput = Schemas['CommentInputRequest'];
export type ResolveInput = Schemas['PatchedResolveInputRequest'];
export type FindingComparison = Schemas['FindingComparison'];
export type Comparison = Schemas['Comparison'];
export type Reading = Schemas['Reading'];
export type SubmitCost = Required<Schemas['CostInputRequest']>;
export type SubmitInput = Schemas['SubmitInputRequest'];
export type MissingItem = Schemas['Missing'];
export type SubmitReceipt = Schemas['Submission'];
export type ReviewRow = Schemas['ReviewRow'];
export type ReviewList = Schemas['ReviewPage'];
export type ReviewInput = Schemas['ReviewInputRequest'];
export type ReviewOpened = Schemas['ReviewOpened'];
export type ReviewDecision = Schemas['DecisionInputRequest'];
export type DecisionReceipt = Schemas['DecisionReceipt'];
