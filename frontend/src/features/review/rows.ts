/** What the review's side panel lists, worked out from a reading and its comparison. */
import type { Comparison, Finding, FindingComparison, LabelStatus, Reading, Stack, Suggestion } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { isMeasurement } from '@/editor/rows';
import { bestSlice, type Mark } from '@/features/review/difference';

export interface FindingRow {
  key: string;
  labelKey: string;
  name: string;
  colour: string;
  state: FindingComparison['state'];
  dice: number | null;
  hd95: number | null;
  hd95Unit: 'mm' | 'px';
  seconds: number | null;
  /** Where to look; null when neither the finding nor its suggestion is at hand. */
  place: { gridId: number; k: number } | null;
}

/** Below this a Dice is shown in amber: the reader changed the suggestion a lot. */
export const MUCH_CHANGED_DICE = 0.85;

const OTHER_COLOUR = '#FFFFFF';

export function rowKey(comparison: Pick<FindingComparison, 'finding_id' | 'suggestion_id'>): string {
  return comparison.finding_id ?? `suggestion-${String(comparison.suggestion_id)}`;
}

function markOf(reading: Reading, comparison: FindingComparison): Mark | null {
  const finding = reading.journal.draft.findings.find((candidate) => candidate.id === comparison.finding_id);
  return finding ?? reading.suggestions.find((candidate) => candidate.id === comparison.suggestion_id) ?? null;
}

/** Labels with several findings are numbered, so that two rows are never called the same. */
function namesOf(findings: readonly FindingComparison[], labels: ReadonlyMap<string, Label>): string[] {
  const total = new Map<string, number>();
  for (const { label_key: key } of findings) total.set(key, (total.get(key) ?? 0) + 1);
  const used = new Map<string, number>();
  return findings.map(({ label_key: key }) => {
    const name = labels.get(key)?.name ?? key;
    const number = (used.get(key) ?? 0) + 1;
    used.set(key, number);
    return (total.get(key) ?? 0) > 1 ? `${name} ${String(number)}` : name;
  });
}

/** Findings without a comparison (read blind, or the server sent none) count as added. */
export function comparisonOf(reading: Reading): Comparison {
  if (reading.comparison !== undefined) return reading.comparison;
  const findings = reading.journal.draft.findings.filter((finding) => !isMeasurement(finding)).map((finding): FindingComparison => ({
    finding_id: finding.id, label_key: finding.label_key, state: 'added', suggestion_id: finding.suggestion_id,
    dice: null, voxels_added: finding.voxel_count, voxels_removed: 0, seconds: null,
  }));
  return { findings, mean_dice: null };
}

export function findingRows(reading: Reading): FindingRow[] {
  const labels = new Map(reading.label_set.labels.map((label) => [label.key, label]));
  const { findings } = comparisonOf(reading);
  const names = namesOf(findings, labels);
  const ownNames = new Map<string | null, string>(reading.journal.draft.findings.map(({ id, name }) => [id, name]));
  return findings.map((comparison, index) => {
    const mark = markOf(reading, comparison);
    return {
      key: rowKey(comparison),
      labelKey: comparison.label_key,
      name: ownNames.get(comparison.finding_id) || (names[index] ?? comparison.label_key),
      colour: labels.get(comparison.label_key)?.colour ?? OTHER_COLOUR,
      state: comparison.state,
      dice: comparison.dice,
      hd95: comparison.hd95_mm ?? comparison.hd95_px ?? null,
      hd95Unit: comparison.hd95_mm === null || comparison.hd95_mm === undefined ? 'px' : 'mm',
      seconds: comparison.seconds,
      place: mark === null ? null : { gridId: Number(mark.grid_id), k: bestSlice(mark) },
    };
  });
}

/** Suggestions this reading decided on, or could have: never those that came after it. */
export function shownSuggestions(reading: Reading): Suggestion[] {
  const decided = new Set(reading.journal.draft.decisions.map((decision) => decision.suggestion_id));
  return reading.suggestions.filter((suggestion) => decided.has(suggestion.id) || (decided.size === 0 && suggestion.state === 'offered'));
}

export interface LabelLine {
  key: string;
  name: string;
  status: LabelStatus;
  count: number;
}

/** A label with a finding is marked by itself; one nobody stated is not assessed. */
export function labelLines(reading: Reading): LabelLine[] {
  const { findings, label_status: stated } = reading.journal.draft;
  return reading.label_set.labels
    .filter((label) => label.kind !== 'tag')
    .map((label) => {
      const count = findings.filter((finding) => finding.label_key === label.key && !isMeasurement(finding)).length;
      return { key: label.key, name: label.name, status: count > 0 ? 'marked' : (stated[label.key] ?? 'not_assessed'), count };
    });
}

export interface AgreementNumbers {
  meanDice: number | null;
  unchanged: number;
  total: number;
  addedVoxels: number;
  removedVoxels: number;
  /** Of one voxel, in ml; null where the spacing is unknown or grids differ. */
  voxelMl: number | null;
}

function voxelVolumeMl(stacks: readonly Stack[], gridIds: ReadonlySet<number>): number | null {
  const used = stacks.filter((stack) => gridIds.has(stack.id));
  const [stack] = used;
  if (stack === undefined || used.length > 1 || !stack.spacing_known || stack.shape_zyx[0] === 1) return null;
  return (stack.spacing_mm[0] * stack.spacing_mm[1] * stack.spacing_mm[2]) / 1000;
}

export function agreementNumbers(reading: Reading): AgreementNumbers {
  const { findings, mean_dice: meanDice } = comparisonOf(reading);
  const marks: Pick<Finding, 'grid_id'>[] = [...reading.journal.draft.findings, ...shownSuggestions(reading)];
  return {
    meanDice,
    unchanged: findings.filter((finding) => finding.state === 'accepted').length,
    total: findings.filter((finding) => finding.suggestion_id !== null).length,
    addedVoxels: findings.reduce((sum, finding) => sum + finding.voxels_added, 0),
    removedVoxels: findings.reduce((sum, finding) => sum + finding.voxels_removed, 0),
    voxelMl: voxelVolumeMl(reading.stacks, new Set(marks.map((mark) => mark.grid_id))),
  };
}
