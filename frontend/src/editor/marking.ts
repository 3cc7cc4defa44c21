/** Changes that come from the image: strokes, boxes and lengths, and the words that go with them. */
import type { Box, LabelStatus, OperationPayloads, SliceRuns, Triple } from '@/api/readingTypes';
import type { Label, LabelKind } from '@/api/types';
import { partTool, splitPaint } from '@/domain/paintParts';
import type { Editor } from './editor';
import { newFindingId } from './ids';
import { currentRow, rowsOf } from './judging';
import { rowGeometry, type FindingRow } from './rows';
import { labelOf } from './workbench';

export type StrokeTool = 'brush' | 'eraser' | 'threshold';

/** The label for a new mark of a kind: the chosen one if it fits, else the first that does. */
export function labelFor(editor: Editor, kind: LabelKind): Label | null {
  const chosen = labelOf(editor.state, editor.state.labelKey);
  if (chosen?.kind === kind) return chosen;
  return editor.state.reading.label_set.labels.find((label) => label.kind === kind) ?? null;
}

/** Chooses a label. "One finding" labels go on with theirs; the others begin a new finding with the next mark. */
export function chooseLabel(editor: Editor, label: Label): void {
  const existing = label.findings === 'one' ? rowsOf(editor).find((row) => row.finding?.label_key === label.key) : null;
  editor.set({ labelKey: label.key, rowKey: existing?.key ?? null, rejecting: false });
  editor.costs.focus(existing?.suggestion?.id ?? null);
}

export const labelByHotkey = (editor: Editor, digit: number): Label | null => {
  const labels = editor.state.reading.label_set.labels.filter(({ kind }) => kind !== 'tag');
  return labels.find(({ hotkey }) => hotkey === digit) ?? labels.filter(({ hotkey }) => !hotkey)[digit - 1] ?? null;
};

/** What a stroke on this grid would change: the current row when it is a mask on the same grid, or, where a label has one
 * finding only, that one. Null: the stroke begins a new finding. */
export function strokeTarget(editor: Editor, gridId: number): FindingRow | null {
  const row = currentRow(editor);
  if (row && isPaintable(row, gridId)) return row;
  const label = labelFor(editor, 'segment');
  if (label?.findings !== 'one') return null;
  return rowsOf(editor).find((one) => one.label?.key === label.key && isPaintable(one, gridId)) ?? null;
}

function isPaintable(row: FindingRow, gridId: number): boolean {
  const geometry = row.finding ?? (row.state === 'to_decide' ? row.suggestion : null);
  return geometry?.kind === 'segment' && geometry.grid_id === gridId;
}

/** Accepts the suggestion of a row first if it is still open; gives the id of the finding to change. */
function openForEdit(editor: Editor, row: FindingRow): { id: string; joined: boolean } | null {
  if (row.finding) return { id: row.finding.id, joined: false };
  if (!row.suggestion) return null;
  const id = newFindingId();
  const taken = editor.record('decide', { suggestion_id: row.suggestion.id, finding_id: id, verdict: 'accept' });
  return taken ? { id, joined: true } : null;
}

function countStroke(editor: Editor, row: FindingRow): void {
  if (row.suggestion) editor.costs.stroke(row.suggestion.id);
}

/** One finished stroke, or one step of a mask tool, as XOR runs. `tool` is its name in the journal. */
export function applyStroke(editor: Editor, gridId: number, tool: string, slices: SliceRuns[]): void {
  if (slices.length === 0) return;
  const row = strokeTarget(editor, gridId);
  if (row) return paintRow(editor, row, { grid_id: gridId, tool, slices });
  if (tool === 'eraser') return editor.toast('note', 'toast.nothingToErase');
  const label = labelFor(editor, 'segment');
  if (!label) return editor.toast('error', 'toast.noSegmentLabel');
  beginFinding(editor, label, (id) =>
    recordPaint(editor, { finding_id: id, label_key: label.key, grid_id: gridId, tool, slices }, false),
  );
}

function paintRow(editor: Editor, row: FindingRow, stroke: { grid_id: number; tool: string; slices: SliceRuns[] }): void {
  const target = openForEdit(editor, row);
  if (!target) return;
  const labelKey = rowGeometry(row)?.label_key ?? '';
  const payload = { finding_id: target.id, label_key: labelKey, ...stroke };
  if (recordPaint(editor, payload, target.joined)) countStroke(editor, row);
}

/** One step of the reader: in parts where it is very large, which undo together. */
function recordPaint(editor: Editor, payload: OperationPayloads['paint'], joined: boolean): boolean {
  const [first = [], ...rest] = splitPaint(payload.slices);
  if (!editor.record('paint', { ...payload, slices: first }, joined)) return false;
  return rest.every((slices) => editor.record('paint', { ...payload, tool: partTool(payload.tool), slices }, true));
}

function beginFinding(editor: Editor, label: Label, record: (id: string) => boolean): void {
  const id = newFindingId();
  if (record(id)) editor.set({ rowKey: `f:${id}`, labelKey: label.key });
}

export function addBox(editor: Editor, gridId: number, box: Box): void {
  const label = labelFor(editor, 'box');
  if (!label) return editor.toast('error', 'toast.noBoxLabel');
  const id = newFindingId();
  const payload = { finding_id: id, label_key: label.key, grid_id: gridId, start_zyx: box.start_zyx, stop_zyx: box.stop_zyx };
  if (editor.record('add_box', payload)) editor.set({ rowKey: `f:${id}`, labelKey: label.key });
}

export function moveBox(editor: Editor, row: FindingRow, box: Box): void {
  const target = openForEdit(editor, row);
  if (!target) return;
  const payload = { finding_id: target.id, start_zyx: box.start_zyx, stop_zyx: box.stop_zyx };
  if (editor.record('move_box', payload, target.joined)) countStroke(editor, row);
}

export function addLength(editor: Editor, gridId: number, points: [Triple, Triple]): void {
  const id = newFindingId();
  const payload = { finding_id: id, label_key: '', grid_id: gridId, points_lps: points };
  if (editor.record('add_length', payload)) editor.set({ rowKey: `f:${id}` });
}

export function moveLength(editor: Editor, findingId: string, points: [Triple, Triple]): void {
  editor.record('move_length', { finding_id: findingId, points_lps: points });
}

export function stateLabel(editor: Editor, labelKey: string, status: LabelStatus): void {
  editor.record('state_label', { label_key: labelKey, status });
}

export function setTag(editor: Editor, labelKey: string, value: string): void {
  editor.record('set_tag', { label_key: labelKey, value });
}
