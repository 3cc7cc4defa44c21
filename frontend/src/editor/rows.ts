/** What the findings list, the label rows and the submit line show: all derived from the draft, nothing stored. */
import type { DecisionState, Draft, Finding, FindingComparison, LabelStatus, Reading, Stack, Suggestion, Triple } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { indexIJK, worldLps, worldToIndex, type IndexIJK } from '@/domain/coordinates';
import { runsCentre } from '@/domain/runs';

export type RowState = 'to_decide' | FindingComparison['state'];

export interface FindingRow {
  /** `s:12` for a suggestion, `f:f-ab12` for a finding of the reader's own. */
  readonly key: string;
  readonly state: RowState;
  readonly label: Label | null;
  readonly suggestion: Suggestion | null;
  readonly finding: Finding | null;
  readonly decision: DecisionState | null;
  /** Which of several rows with the same label, from 1; 0 when it is the only one. */
  readonly ordinal: number;
}

const STATE_OF = { accept: 'accepted', edit: 'edited', reject: 'rejected' } as const;

export const suggestionRowKey = (id: number): string => `s:${id}`;
export const findingRowKey = (finding: Finding): string =>
  finding.suggestion_id === null ? `f:${finding.id}` : suggestionRowKey(finding.suggestion_id);

/** Suggestions first, as offered; then what the reader added, oldest first. */
export function findingRows(reading: Reading, draft: Draft): FindingRow[] {
  const labels = new Map(reading.label_set.labels.map((label) => [label.key, label]));
  const decisions = new Map(draft.decisions.map((decision) => [decision.suggestion_id, decision]));
  const rows: Omit<FindingRow, 'ordinal'>[] = [];
  for (const suggestion of reading.suggestions) {
    const decision = decisions.get(suggestion.id) ?? null;
    if (!decision && suggestion.state !== 'offered') continue;
    const finding = draft.findings.find((one) => one.suggestion_id === suggestion.id) ?? null;
    rows.push({
      key: suggestionRowKey(suggestion.id),
      state: decision ? STATE_OF[decision.verdict] : 'to_decide',
      label: labels.get(suggestion.label_key) ?? null,
      suggestion,
      finding,
      decision,
    });
  }
  const own = draft.findings.filter(({ suggestion_id: id }) => id === null).sort((p, q) => p.created_seq - q.created_seq);
  for (const finding of own) {
    rows.push({
      key: findingRowKey(finding),
      state: 'added',
      label: labels.get(finding.label_key) ?? null,
      suggestion: null,
      finding,
      decision: null,
    });
  }
  return withOrdinals(rows);
}

function withOrdinals(rows: readonly Omit<FindingRow, 'ordinal'>[]): FindingRow[] {
  const total = new Map<string, number>();
  // Named findings need no number; measures are counted apart from what they measure.
  const name = ({ finding, label }: Omit<FindingRow, 'ordinal'>) => finding?.name || `${label?.key ?? ''} ${finding?.measure?.tool ?? ''}`;
  for (const row of rows) total.set(name(row), (total.get(name(row)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(name(row)) ?? 0) + 1;
    seen.set(name(row), count);
    return { ...row, ordinal: (total.get(name(row)) ?? 0) > 1 ? count : 0 };
  });
}

export const rowGeometry = (row: FindingRow): Finding | Suggestion | null => row.finding ?? row.suggestion;

/** The points of a length or measure; an ellipse is looked at in its centre. */
function pointsOf(geometry: Finding | Suggestion): readonly Triple[] | null {
  if (!('measure' in geometry)) return null;
  const { measure, points_lps: points } = geometry;
  return measure?.tool === 'ellipse' ? measure.points_lps.slice(0, 1) : (measure?.points_lps ?? points);
}

/** The voxel to look at: the middle of what the geometry has in its largest slice. */
export function centreOf(geometry: Finding | Suggestion, stack: Stack): IndexIJK {
  const k = geometry.largest_slice;
  const { box } = geometry;
  const points = pointsOf(geometry);
  if (points) {
    const mean = (axis: 0 | 1 | 2) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
    const [i, j, at] = worldToIndex(stack.affine_lps, worldLps(mean(0), mean(1), mean(2)));
    return indexIJK(Math.round(i), Math.round(j), Math.round(at));
  }
  const runs = geometry.slices.find((slice) => slice.k === k)?.runs ?? [];
  const [column, row] = runsCentre(runs, stack.shape_zyx[2]) ?? [Math.floor(stack.shape_zyx[2] / 2), Math.floor(stack.shape_zyx[1] / 2)];
  if (!box || geometry.kind !== 'box') return indexIJK(column, row, k);
  const middle = (axis: 1 | 2) => Math.floor((box.start_zyx[axis] + box.stop_zyx[axis] - 1) / 2);
  return indexIJK(middle(2), middle(1), k);
}

export interface LabelRow {
  readonly label: Label;
  readonly count: number;
  readonly answer: LabelStatus;
}

/** One row for each label that is marked in the image; a label with a finding is marked by itself. */
export function labelRows(reading: Reading, draft: Draft): LabelRow[] {
  return reading.label_set.labels
    .filter(({ kind }) => kind !== 'tag')
    .map((label) => {
      const count = draft.findings.filter((finding) => finding.label_key === label.key && !isEmpty(finding)).length;
      return { label, count, answer: count > 0 ? 'marked' : (draft.label_status[label.key] ?? 'not_assessed') };
    });
}

/** Lengths and measures mark nothing. */
export const isMeasurement = ({ kind }: Pick<Finding, 'kind'>): boolean => kind === 'length' || kind === 'measure';

const isEmpty = (finding: Finding): boolean => isMeasurement(finding) || (finding.kind === 'segment' && finding.voxel_count === 0);

export const tagLabels = (reading: Reading): Label[] => reading.label_set.labels.filter(({ kind }) => kind === 'tag');

export interface Missing {
  readonly undecided: number;
  readonly notAssessed: number;
  readonly tags: number;
}

/** Only undecided suggestions keep a reading from being submitted; the rest is said, not enforced. */
export function missing(reading: Reading, draft: Draft): Missing {
  return {
    undecided: findingRows(reading, draft).filter(({ state }) => state === 'to_decide').length,
    notAssessed: labelRows(reading, draft).filter(({ answer }) => answer === 'not_assessed').length,
    tags: tagLabels(reading).filter(({ key }) => !draft.tags[key]).length,
  };
}
