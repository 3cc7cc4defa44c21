/** Walking through findings and deciding on suggestions. */
import type { RejectReason } from '@/api/readingTypes';
import type { Editor } from './editor';
import { newFindingId } from './ids';
import { centreOf, findingRows, rowGeometry, type FindingRow } from './rows';
import { showStack } from './viewing';

export const REJECT_REASONS: readonly RejectReason[] = ['not_a_lesion', 'wrong_label', 'bad_outline', 'duplicate', 'other'];

export const rowsOf = (editor: Editor): FindingRow[] => findingRows(editor.state.reading, editor.state.draft);

export const currentRow = (editor: Editor): FindingRow | null =>
  rowsOf(editor).find(({ key }) => key === editor.state.rowKey) ?? null;

/** Makes a row the current one and shows its largest slice. */
export function selectRow(editor: Editor, row: FindingRow, jump = true): void {
  editor.set({ rowKey: row.key, rejecting: false, renaming: false, labelKey: row.label?.key ?? editor.state.labelKey });
  editor.costs.focus(row.suggestion?.id ?? null);
  const geometry = jump ? rowGeometry(row) : null;
  const stack = geometry && editor.state.reading.stacks.find(({ id }) => id === geometry.grid_id);
  if (!geometry || !stack) return;
  const cursors = { ...editor.state.cursors, [stack.id]: centreOf(geometry, stack) };
  editor.set({ cursors });
  showStack(editor, stack);
}

/** Next (+1) or previous (−1) row; begins at either end when none is current. */
export function stepRow(editor: Editor, step: 1 | -1): void {
  const rows = rowsOf(editor);
  if (rows.length === 0) return editor.toast('note', 'toast.noFindings');
  const at = rows.findIndex(({ key }) => key === editor.state.rowKey);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : (at + step + rows.length) % rows.length;
  const row = rows[next];
  if (row) selectRow(editor, row);
}

function suggestionRow(editor: Editor): FindingRow | null {
  const row = currentRow(editor);
  if (row?.suggestion) return row;
  editor.toast('note', row ? 'toast.ownFinding' : 'toast.pickSuggestion');
  return null;
}

const nameOf = (row: FindingRow): string => row.label?.name ?? row.suggestion?.label_key ?? '';

export function acceptCurrent(editor: Editor): void {
  const row = suggestionRow(editor);
  if (!row?.suggestion) return;
  if (row.state === 'accepted' || row.state === 'edited') return editor.toast('note', 'toast.acceptedBefore');
  const done = editor.record('decide', { suggestion_id: row.suggestion.id, finding_id: newFindingId(), verdict: 'accept' });
  if (!done) return;
  editor.set({ rejecting: false });
  editor.toast('done', 'toast.accepted', { name: nameOf(row) }, true);
}

/** First press opens the reasons; a digit (or Enter, without a reason) decides. */
export function askRejectReason(editor: Editor): void {
  const row = suggestionRow(editor);
  if (!row) return;
  if (row.state === 'rejected') return editor.toast('note', 'toast.rejectedBefore');
  if (!editor.state.editable) return editor.toast('note', 'toast.readOnly');
  editor.set({ rejecting: true });
}

export function rejectCurrent(editor: Editor, reason?: RejectReason): void {
  const row = suggestionRow(editor);
  if (!row?.suggestion) return;
  const payload = { suggestion_id: row.suggestion.id, finding_id: '', verdict: 'reject' as const };
  const done = editor.record('decide', reason ? { ...payload, reason } : payload);
  if (!done) return;
  editor.set({ rejecting: false });
  editor.toast('done', 'toast.rejected', { name: nameOf(row) }, true);
}

/** Takes the tool that changes this row: the brush for a mask, its own for anything else. */
export function editCurrent(editor: Editor): void {
  const row = currentRow(editor);
  const kind = (row && rowGeometry(row)?.kind) ?? 'segment';
  editor.set({ tool: kind === 'measure' ? (row?.finding?.measure?.tool ?? 'window') : TOOL_FOR[kind], rejecting: false });
}

const TOOL_FOR = { segment: 'brush', box: 'box', length: 'length' } as const;

export function deleteCurrent(editor: Editor): void {
  const row = currentRow(editor);
  if (!row) return editor.toast('note', 'toast.pickFinding');
  if (!row.finding) return askRejectReason(editor);
  if (editor.record('delete_finding', { finding_id: row.finding.id })) {
    if (!row.suggestion) editor.set({ rowKey: null });
    const name = row.finding.name || row.label?.name;
    editor.toast('done', name ? 'toast.deleted' : 'toast.deletedMeasure', { name: name ?? '' }, true);
  }
}
