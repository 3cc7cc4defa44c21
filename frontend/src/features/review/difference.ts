/**
 * What a reader added to and removed from the suggestions, on one acquisition slice.
 *
 * Masks are `Uint8Array` of rows × columns, C order, 0 or 1, in the frame of the slice's pixels. Each reading finding is
 * compared with the suggestion it came from, and only with that one: two overlapping labels never cancel each other out.
 */
import type { Finding } from '@/api/readingTypes';
import { checkRuns, decodeRuns, EMPTY_RUNS, largestSlice } from '@/domain/runs';

export interface SliceShape {
  rows: number;
  columns: number;
}

/** A finding or a suggestion, as far as the comparison needs it. */
export type Mark = Pick<Finding, 'label_key' | 'kind' | 'grid_id' | 'slices' | 'box'> & { id: string | number };
export type ReadingMark = Mark & Pick<Finding, 'suggestion_id'>;

export interface SliceDifference {
  added: Uint8Array;
  removed: Uint8Array;
  addedVoxels: number;
  removedVoxels: number;
}

function fillBox(mask: Uint8Array, mark: Mark, k: number, shape: SliceShape): void {
  if (mark.box === null) return;
  const [z0, y0, x0] = mark.box.start_zyx;
  const [z1, y1, x1] = mark.box.stop_zyx;
  if (k < z0 || k >= z1) return;
  const left = Math.max(0, Math.round(x0));
  const right = Math.min(shape.columns, Math.round(x1));
  for (let y = Math.max(0, Math.round(y0)); y < Math.min(shape.rows, Math.round(y1)); y += 1) {
    if (right > left) mask.fill(1, y * shape.columns + left, y * shape.columns + right);
  }
}

/** The pixels of `mark` in slice `k`. Throws a RangeError that names the run where one does not fit the slice. */
export function markMask(mark: Mark, k: number, shape: SliceShape): Uint8Array {
  const size = shape.rows * shape.columns;
  const slice = mark.slices.find((candidate) => candidate.k === k);
  if (slice !== undefined) checkRuns(slice.runs, size);
  const mask = decodeRuns(slice?.runs ?? EMPTY_RUNS, size);
  if (mark.kind === 'box') fillBox(mask, mark, k, shape);
  return mask;
}

export function isOnSlice(mark: Mark, k: number): boolean {
  if (mark.kind === 'box' && mark.box !== null) return k >= mark.box.start_zyx[0] && k < mark.box.stop_zyx[0];
  return mark.slices.some((slice) => slice.k === k && slice.runs.length > 0);
}

export interface Pair {
  reading: ReadingMark | null;
  suggestion: Mark | null;
}

/** Every finding beside its suggestion; suggestions no finding came from stand alone: the reader rejected them. */
export function pairMarks(findings: readonly ReadingMark[], suggestions: readonly Mark[]): Pair[] {
  const bySuggestion = new Map(suggestions.map((suggestion) => [suggestion.id, suggestion]));
  const used = new Set<string | number>();
  const pairs: Pair[] = findings.map((reading) => {
    const suggestion = reading.suggestion_id === null ? null : (bySuggestion.get(reading.suggestion_id) ?? null);
    if (suggestion !== null) used.add(suggestion.id);
    return { reading, suggestion };
  });
  for (const suggestion of suggestions) if (!used.has(suggestion.id)) pairs.push({ reading: null, suggestion });
  return pairs;
}

/** Whether reading and suggestion differ on slice `k`; runs are canonical, so equal sets have equal runs. */
export function isChanged({ reading, suggestion }: Pair, k: number): boolean {
  if (reading === null || suggestion === null) return true;
  if (reading.kind === 'box') return JSON.stringify(reading.box) !== JSON.stringify(suggestion.box);
  const runsOf = (mark: Mark): string => JSON.stringify(mark.slices.find((slice) => slice.k === k)?.runs ?? EMPTY_RUNS);
  return runsOf(reading) !== runsOf(suggestion);
}

function maskOnSlice(mark: Mark | null, k: number, shape: SliceShape): Uint8Array | null {
  return mark !== null && isOnSlice(mark, k) ? markMask(mark, k, shape) : null;
}

/** Sets in `target` what is in `mask` and not in `other`. */
function addOnly(target: Uint8Array, mask: Uint8Array | null, other: Uint8Array | null): void {
  if (mask === null) return;
  for (let index = 0; index < target.length; index += 1) {
    if (mask[index] === 1 && other?.[index] !== 1) target[index] = 1;
  }
}

function addPair(difference: SliceDifference, pair: Pair, k: number, shape: SliceShape): void {
  const reading = maskOnSlice(pair.reading, k, shape);
  const suggestion = maskOnSlice(pair.suggestion, k, shape);
  addOnly(difference.added, reading, suggestion);
  addOnly(difference.removed, suggestion, reading);
}

function count(mask: Uint8Array): number {
  return mask.reduce((total, value) => total + value, 0);
}

/** Union over pairs of what the reader added and removed in slice `k`. Marks of other grids must be left out by the caller. */
export function sliceDifference(pairs: readonly Pair[], k: number, shape: SliceShape): SliceDifference {
  const size = shape.rows * shape.columns;
  const difference = { added: new Uint8Array(size), removed: new Uint8Array(size), addedVoxels: 0, removedVoxels: 0 };
  for (const pair of pairs) addPair(difference, pair, k, shape);
  return { ...difference, addedVoxels: count(difference.added), removedVoxels: count(difference.removed) };
}

/** Where to look at a mark: the slice with most pixels, the middle slice of a box; 0 for a mark without geometry. */
export function bestSlice(mark: Mark): number {
  if (mark.kind === 'box' && mark.box !== null) return Math.floor((mark.box.start_zyx[0] + mark.box.stop_zyx[0] - 1) / 2);
  return largestSlice(mark.slices) ?? 0;
}
