/** Where a comment on the current finding is pinned: the middle of its outermost pixels on the shown slice. */
import type { Reading, Stack } from '@/api/readingTypes';
import { isOnSlice, markMask, type Mark } from '@/features/review/difference';
import type { CommentPoint } from '@/features/review/hooks';
import type { Place } from '@/features/review/place';
import { comparisonOf, rowKey } from '@/features/review/rows';

export function middleOf(mark: Mark, k: number, rows: number, columns: number): { row: number; column: number } | null {
  const mask = markMask(mark, k, { rows, columns });
  let [top, bottom, left, right] = [rows, -1, columns, -1];
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at + 1)) {
    const row = Math.floor(at / columns);
    const column = at % columns;
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  }
  return bottom < 0 ? null : { row: Math.round((top + bottom) / 2), column: Math.round((left + right) / 2) };
}

export function pinPoint(reading: Reading, stack: Stack | undefined, place: Place): CommentPoint | null {
  if (stack === undefined) return null;
  const comparison = comparisonOf(reading).findings.find((candidate) => rowKey(candidate) === place.currentKey);
  if (comparison === undefined) return null;
  const mark: Mark | undefined =
    reading.journal.draft.findings.find((finding) => finding.id === comparison.finding_id) ??
    reading.suggestions.find((suggestion) => suggestion.id === comparison.suggestion_id);
  if (mark === undefined || mark.grid_id !== stack.id || !isOnSlice(mark, place.k)) return null;
  const middle = middleOf(mark, place.k, stack.shape_zyx[1], stack.shape_zyx[2]);
  return middle === null ? null : { grid_id: stack.id, k: place.k, ...middle };
}
