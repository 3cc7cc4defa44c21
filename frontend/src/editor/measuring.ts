/** Measures that come from the image: drawn, changed, named, or taken from a mask. Each is one step of the history. */
import type { MeasureValues, Triple } from '@/api/readingTypes';
import { indexIJK, indexToWorld, spacingAlong } from '@/domain/coordinates';
import { maskAxes } from '@/domain/maskAxes';
import type { MeasureTool } from '@/domain/measures';
import type { Editor } from './editor';
import { newFindingId } from './ids';
import { currentRow, selectRow } from './judging';
import { findingRows, rowGeometry } from './rows';
import { labelOf } from './workbench';

export interface NewMeasure {
  readonly tool: MeasureTool;
  readonly k: number;
  readonly points: Triple[];
  readonly values: MeasureValues | null;
}

/** Axes belong to a lesion and carry the chosen label, so that a node is judged as one; the others say nothing about a label. */
function labelKeyFor(editor: Editor, tool: MeasureTool): string {
  const label = labelOf(editor.state, editor.state.labelKey);
  return tool === 'bidirectional' && label && label.kind !== 'tag' ? label.key : '';
}

export function addMeasure(editor: Editor, gridId: number, { tool, k, points, values }: NewMeasure, labelKey = labelKeyFor(editor, tool)): boolean {
  const id = newFindingId();
  const payload = { finding_id: id, label_key: labelKey, grid_id: gridId, tool, k, points_lps: points, values };
  if (!editor.record('add_measure', payload)) return false;
  // An arrow says nothing until it has its text.
  editor.set({ rowKey: `f:${id}`, renaming: tool === 'arrow', rejecting: false });
  return true;
}

export function moveMeasure(editor: Editor, findingId: string, gridId: number, { tool, k, points, values }: NewMeasure): void {
  editor.record('move_measure', { finding_id: findingId, grid_id: gridId, tool, k, points_lps: points, values });
}

/** Opens the name of the current finding for typing. */
export function askName(editor: Editor): void {
  const row = currentRow(editor);
  if (!row?.finding) return editor.toast('note', 'toast.pickFinding');
  if (!editor.state.editable) return editor.toast('note', 'toast.readOnly');
  editor.set({ renaming: true, rejecting: false });
}

export function renameCurrent(editor: Editor, name: string): void {
  const finding = currentRow(editor)?.finding;
  const wanted = name.trim();
  editor.set({ renaming: false });
  if (finding && finding.name !== wanted) editor.record('rename_finding', { finding_id: finding.id, name: wanted });
}

/** Long and short axis of the current mask, on the slice where it is longest. */
export function measureMask(editor: Editor): void {
  const row = currentRow(editor);
  const geometry = row && rowGeometry(row);
  const stack = editor.state.reading.stacks.find(({ id }) => id === geometry?.grid_id);
  if (!row || !geometry || !stack || geometry.kind !== 'segment') return editor.toast('note', 'toast.pickMask');
  const spacing = [spacingAlong(stack.affine_lps, 'i'), spacingAlong(stack.affine_lps, 'j')] as const;
  const found = maskAxes(geometry.slices, stack.shape_zyx[2], spacing);
  if (!found) return editor.toast('note', 'toast.emptyMask');
  const points = [...found.long, ...found.short].map(([u, v]): Triple => {
    const [x, y, z] = indexToWorld(stack.affine_lps, indexIJK(u, v, found.k));
    const round = (value: number) => Math.round(value * 10000) / 10000;
    return [round(x), round(y), round(z)];
  });
  const drawn = { tool: 'bidirectional', k: found.k, points, values: null } as const;
  if (!addMeasure(editor, stack.id, drawn, geometry.label_key)) return;
  const own = findingRows(editor.state.reading, editor.state.draft).find(({ key }) => key === editor.state.rowKey);
  if (own) selectRow(editor, own);
}
