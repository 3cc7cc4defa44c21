/** SVG paths, in index units of one acquisition slice, of what the review draws over the image. Remembered per slice. */
import type { Stack } from '@/api/readingTypes';
import { boxInPlane, outlineOf, outlineOfMask, type Mark as ViewMark } from '@/viewer/marks';
import { isOnSlice, sliceDifference, type Mark, type Pair } from '@/features/review/difference';

/** Outline of a mark on slice `k`; empty where the mark does not reach it. Boxes run along voxel edges. */
export function markOutline(mark: Mark, stack: Stack, k: number): string {
  if (mark.kind === 'box' && mark.box !== null) {
    const edges = boxInPlane(mark.box, 'k', k);
    if (edges === null) return '';
    const { u0, v0, u1, v1 } = edges;
    return `M${u0} ${v0}L${u1} ${v0}L${u1} ${v1}L${u0} ${v1}Z`;
  }
  return outlineOf(mark.slices, stack.shape_zyx, 'k', k);
}

export interface DifferencePaths {
  added: string;
  removed: string;
  addedVoxels: number;
  removedVoxels: number;
}

const EMPTY: DifferencePaths = { added: '', removed: '', addedVoxels: 0, removedVoxels: 0 };

function maskPath(mask: Uint8Array, width: number, height: number): string {
  return outlineOfMask({ data: mask, width, height });
}

/** What was added and removed on slice `k`, as paths to fill. */
export function differencePaths(pairs: readonly Pair[], stack: Stack, k: number): DifferencePaths {
  const [, rows, columns] = stack.shape_zyx;
  const here = pairs.filter((pair) => [pair.reading, pair.suggestion].some((mark) => mark !== null && isOnSlice(mark, k)));
  if (here.length === 0) return EMPTY;
  const { added, removed, addedVoxels, removedVoxels } = sliceDifference(here, k, { rows, columns });
  return {
    added: addedVoxels > 0 ? maskPath(added, columns, rows) : '',
    removed: removedVoxels > 0 ? maskPath(removed, columns, rows) : '',
    addedVoxels,
    removedVoxels,
  };
}

/** Pairs whose marks lie on this stack; a pair never spans two grids. */
export function pairsOnStack(pairs: readonly Pair[], stackId: number): Pair[] {
  return pairs.filter((pair) => Number((pair.reading ?? pair.suggestion)?.grid_id) === stackId);
}

/** The findings, and the suggestions that were rejected, as ticks of the slice bar. */
export function barMarks(pairs: readonly Pair[], colourOf: (labelKey: string) => string): ViewMark[] {
  return pairs.flatMap(({ reading, suggestion }) => {
    const mark = reading ?? suggestion;
    if (mark === null) return [];
    return [{
      key: String(mark.id), gridId: Number(mark.grid_id), kind: mark.kind, colour: colourOf(mark.label_key), dashed: reading === null, current: false,
      slices: mark.slices, box: mark.box, points: null, tag: null, editable: false,
    }];
  });
}
