/** What the findings list, the label rows and the submit line show: all derived from the draft, nothing stored. */
import type { DecisionState, Draft, Finding, Reading, Suggestion } from '@/api/readingTypes';
import type { Label } from '@/api/types';

export type RowState = 'to_decide' | 'accepted' | 'edited' | 'rejected' | 'added';

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
  const name = (row: Omit<FindingRow, 'ordinal'>) => `${row.label?.key ?? ''}`;
  for (const row of rows) total.set(name(row), (total.get(name(row)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(name(row)) ?? 0) + 1;
    seen.set(name(row), count);
    return { ...row, ordinal: (total.get(name(row)) ?? 0) > 1 ? count : 0 };
  });
}

export const rowGeometry = (row: FindingRow): Finding | Suggestion | null => row.finding ?? row.suggestion;

/** Slice to jump to, and its grid; null for a row without geometry. */
export function rowPlace(row: FindingRow): { gridId: number; k: number } | null {
  const geometry = rowGeometry(row);
  return geometry ? { gridId: geometry.grid_id, k: geometry.largest_slice } : null;
}

export type LabelAnswer = 'marked' | 'searched_none' | 'not_assessed';

export interface LabelRow {
  readonly label: Label;
  readonly count: number;
  readonly answer: LabelAnswer;
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

const isEmpty = (finding: Finding): boolean => finding.kind === 'segment' && finding.voxel_count === 0;

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
