import { describe, expect, it } from 'vitest';
import type { Reading, Stack, Suggestion } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { buildKeymap, chordCaps, chordOf, pressKey, releaseKey } from '@/editor/keymap';
import { commandOf } from '@/editor/commands';
import { Editor } from '@/editor/editor';
import { acceptCurrent, deleteCurrent, rejectCurrent, rowsOf, selectRow, stepRow } from '@/editor/judging';
import { addBox, applyStroke, chooseLabel, moveBox, stateLabel } from '@/editor/marking';
import { labelRows, missing } from '@/editor/rows';
import { MemoryShelf } from '@/editor/shelf';
import { FakeClock, FakeServer } from './fakeServer';

const stack = {
  id: 1, series_description: 'T1', modality: 'MR', shape_zyx: [6, 8, 8], spacing_mm: [5, 1, 1], spacing_known: true, orientation_known: true,
  affine_lps: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 5, 0], [0, 0, 0, 1]], warnings: [], window_presets: [{ key: '1', name: 'p', center: 5, width: 10 }],
  photometric: 'MONOCHROME2', image_ids: [],
} as unknown as Stack;
const label = (key: string, more: Partial<Label>): Label =>
  ({ key, name: key, kind: 'segment', colour: '#FF9F2E', findings: 'many', options: [], hotkey: null, order: 1, ...more }) as Label;
const suggestion = (id: number, more: Partial<Suggestion> = {}): Suggestion => ({
  id, label_key: 'lesion', kind: 'segment', score: 0.9, state: 'offered', model_version: 12, grid_id: 1, largest_slice: 3, voxel_count: 4,
  volume_ml: 0.02, box: null, slices: [{ k: 3, runs: [17, 4] }], ...more,
});
const reading = {
  id: 9, editable: true, suggestions: [suggestion(7), suggestion(8, { kind: 'box', label_key: 'cell', slices: [], box: { start_zyx: [0, 1, 1], stop_zyx: [1, 3, 4] }, largest_slice: 0 }), suggestion(6, { state: 'withdrawn' })],
  stacks: [stack], elapsed_seconds: 0, journal: { seq: 0 },
  label_set: { id: 1, version: 1, labels: [label('lesion', { hotkey: 1 }), label('organ', { findings: 'one', hotkey: 2 }), label('cell', { kind: 'box', hotkey: 3 }), label('quality', { kind: 'tag', options: ['good'] })] },
} as unknown as Reading;

function setUp(more: Partial<Reading> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const shelf = new MemoryShelf();
  const open = () =>
    new Editor({ reading: { ...reading, ...more, journal: { ...reading.journal, seq: server.seq } }, stored: server.stored, shelf, transport: server, clock, browser: 'b0' });
  return { editor: open(), open, server, clock, shelf };
}
const effects = { submit: () => undefined, leave: () => undefined };
const draftOf = (editor: Editor) => editor.state.draft;

describe('deciding', () => {
  it('accepts, takes back and rejects with a reason, all in the journal', async () => {
    const { editor, server, clock } = setUp();
    acceptCurrent(editor);
    expect(rowsOf(editor)[0]?.state).toBe('accepted');
    editor.undo();
    expect(rowsOf(editor)[0]?.state).toBe('to_decide');
    rejectCurrent(editor, 'duplicate');
    expect(rowsOf(editor)[0]).toMatchObject({ state: 'rejected', decision: { reason: 'duplicate' } });
    await clock.pass(2000);
    expect(server.stored.map(({ kind }) => kind)).toEqual(['decide', 'undo', 'decide']);
  });

  it('hides suggestions that expired undecided, walks the rows and jumps to the largest slice', () => {
    const { editor } = setUp();
    expect(rowsOf(editor).map(({ key }) => key)).toEqual(['s:7', 's:8']);
    expect(editor.state.cursors[1]).toEqual([3, 2, 3]);
    stepRow(editor, 1);
    expect(editor.state).toMatchObject({ rowKey: 's:8', labelKey: 'cell' });
    expect(editor.state.cursors[1]).toEqual([2, 1, 0]);
    stepRow(editor, 1);
    expect(editor.state.rowKey).toBe('s:7');
  });

  it('makes a suggestion edited by one stroke, and takes both back with one undo', () => {
    const { editor } = setUp();
    applyStroke(editor, 1, 'brush', [{ k: 3, runs: [21, 2] }]);
    expect(draftOf(editor).findings[0]).toMatchObject({ provenance: 'SEMIAUTOMATIC', voxel_count: 6, suggestion_id: 7 });
    expect(editor.costs.list()).toMatchObject([{ suggestion_id: 7, strokes: 1 }]);
    editor.undo();
    expect(draftOf(editor).findings).toEqual([]);
    editor.redo();
    expect(draftOf(editor).decisions[0]?.verdict).toBe('edit');
  });

  it('leaves a suggestion open when its finding is deleted', () => {
    const { editor } = setUp();
    acceptCurrent(editor);
    deleteCurrent(editor);
    expect(rowsOf(editor)[0]?.state).toBe('to_decide');
    expect(missing(editor.state.reading, draftOf(editor)).undecided).toBe(2);
  });
});

describe('marking', () => {
  it('begins one finding per choice of a "many" label and goes on with the one of a "one" label', () => {
    const { editor } = setUp();
    const labels = editor.state.reading.label_set.labels;
    for (const n of [0, 0, 1, 1]) {
      chooseLabel(editor, labels[n]!);
      applyStroke(editor, 1, 'brush', [{ k: 1, runs: [n * 10 + draftOf(editor).findings.length, 1] }]);
      applyStroke(editor, 1, 'brush', [{ k: 2, runs: [n * 10 + 5 + draftOf(editor).findings.length, 1] }]);
    }
    expect(draftOf(editor).findings.map(({ label_key: key }) => key)).toEqual(['lesion', 'lesion', 'organ']);
  });

  it('erases nothing where nothing is chosen, and says so', () => {
    const { editor } = setUp();
    editor.set({ rowKey: null });
    applyStroke(editor, 1, 'eraser', [{ k: 1, runs: [1, 1] }]);
    expect(draftOf(editor).findings).toEqual([]);
    expect(editor.state.toast?.text).toBe('toast.nothingToErase');
  });

  it('gives boxes a box label and accepts a suggested box that is moved', () => {
    const { editor } = setUp();
    addBox(editor, 1, { start_zyx: [2, 0, 0], stop_zyx: [3, 2, 2] });
    expect(draftOf(editor).findings[0]).toMatchObject({ label_key: 'cell', kind: 'box' });
    const row = rowsOf(editor).find(({ key }) => key === 's:8')!;
    moveBox(editor, row, { start_zyx: [0, 1, 1], stop_zyx: [1, 4, 4] });
    expect(draftOf(editor).decisions).toMatchObject([{ suggestion_id: 8, verdict: 'edit' }]);
  });

  it('marks labels by their findings and states the others', () => {
    const { editor } = setUp();
    acceptCurrent(editor);
    stateLabel(editor, 'organ', 'searched_none');
    const answers = labelRows(editor.state.reading, draftOf(editor)).map((row) => [row.label.key, row.answer, row.count]);
    expect(answers).toEqual([['lesion', 'marked', 1], ['organ', 'searched_none', 0], ['cell', 'not_assessed', 0]]);
  });

  it('changes nothing in a reading that is read only', () => {
    const { editor, shelf } = setUp({ editable: false });
    acceptCurrent(editor);
    expect(draftOf(editor).decisions).toEqual([]);
    expect(editor.state.save).toEqual({ kind: 'read_only' });
    expect(shelf.aside).toEqual([]);
  });
});

describe('after a crash', () => {
  it('shows and sends again what had not arrived', async () => {
    const { editor, open, server, clock } = setUp();
    acceptCurrent(editor);
    editor.journal.close();
    const again = open();
    await again.recover();
    expect(rowsOf(again)[0]?.state).toBe('accepted');
    await clock.pass(1000);
    expect(server.stored).toHaveLength(1);
    const third = open();
    await third.recover();
    expect(JSON.stringify(draftOf(third))).toBe(JSON.stringify(draftOf(again)));
    third.undo();
    expect(rowsOf(third)[0]?.state).toBe('to_decide');
  });

  it('keeps both versions only where they touch different slices', async () => {
    for (const [theirs, both] of [[2, true], [1, false]] as const) {
      const { editor, server, clock } = setUp();
      editor.set({ rowKey: null });
      applyStroke(editor, 1, 'brush', [{ k: 0, runs: [0, 1] }]);
      await clock.pass(1000);
      const id = draftOf(editor).findings[0]!.id;
      server.write({ op_id: `x${theirs}`, kind: 'paint', payload: { finding_id: id, label_key: 'lesion', grid_id: 1, tool: 'brush', slices: [{ k: theirs, runs: [9, 2] }] } });
      selectRow(editor, rowsOf(editor).at(-1)!);
      applyStroke(editor, 1, 'brush', [{ k: 1, runs: [5, 1] }]);
      await clock.pass(1000);
      expect(editor.state.save.kind).toBe('elsewhere');
      expect(editor.canKeepBoth()).toBe(both);
      await editor.settle(both ? 'keep_both' : 'take_theirs');
      await clock.pass(1000);
      expect(draftOf(editor).findings[0]?.voxel_count).toBe(both ? 4 : 3);
      expect(server.stored).toHaveLength(both ? 3 : 2);
    }
  });
});

describe('what was set aside', () => {
  const diverge = async () => {
    const all = setUp();
    const { editor, server, clock } = all;
    editor.set({ rowKey: null });
    applyStroke(editor, 1, 'brush', [{ k: 0, runs: [0, 1] }]);
    await clock.pass(1000);
    const id = draftOf(editor).findings[0]!.id;
    server.write({ op_id: 'theirs', kind: 'paint', payload: { finding_id: id, label_key: 'lesion', grid_id: 1, tool: 'brush', slices: [{ k: 1, runs: [9, 2] }] } });
    selectRow(editor, rowsOf(editor).at(-1)!);
    applyStroke(editor, 1, 'brush', [{ k: 1, runs: [5, 1] }]);
    await clock.pass(1000);
    await editor.settle('take_theirs');
    return all;
  };

  it('is counted after a reload too, and comes back on top when the reader wants it', async () => {
    const { open, server, clock } = await diverge();
    const again = open();
    await again.recover();
    expect(again.state.aside).toBe(1);
    await again.bringBackAside();
    await clock.pass(1000);
    expect(again.state.aside).toBe(0);
    expect(draftOf(again).findings[0]?.voxel_count).toBe(4);
    expect(server.stored).toHaveLength(3);
  });

  it('goes only when the reader says so, and stays where it no longer fits', async () => {
    const { editor, server, open, shelf } = await diverge();
    server.write({ op_id: 'gone', kind: 'delete_finding', payload: { finding_id: draftOf(editor).findings[0]!.id } });
    const again = open();
    await again.recover();
    shelf.aside.push({ op_id: 'm', kind: 'move_box', payload: { finding_id: 'nobody', start_zyx: [0, 0, 0], stop_zyx: [1, 1, 1] } });
    await again.bringBackAside();
    expect(again.state).toMatchObject({ aside: 1, toast: { text: 'toast.asideLeft' } });
    await again.deleteAside();
    expect(again.state.aside).toBe(0);
  });
});

describe('keys', () => {
  const press = (editor: Editor, code: string, more: Partial<KeyboardEvent> = {}) =>
    pressKey({ code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: false, ...more }, buildKeymap(), editor, effects);

  it('reach their commands by place, not by letter, and two commands never share one', () => {
    const { editor } = setUp();
    expect(press(editor, 'KeyB')).toBe(true);
    expect(editor.state.tool).toBe('brush');
    press(editor, 'BracketRight');
    expect(editor.state.brushMm).toBeCloseTo(1.2);
    press(editor, 'Digit2', { shiftKey: true });
    expect(editor.state.labelKey).toBe('organ');
    expect(() => buildKeymap({ accept: 'KeyX' })).toThrow(/accept/);
    expect(() => commandOf('fly')).toThrow(RangeError);
  });

  it('ask for the reason of a rejection with X and take it with a digit', () => {
    const { editor } = setUp();
    press(editor, 'KeyX');
    expect(editor.state.rejecting).toBe(true);
    press(editor, 'Digit2');
    expect(draftOf(editor).decisions[0]).toMatchObject({ verdict: 'reject', reason: 'wrong_label' });
    expect(editor.state.rejecting).toBe(false);
  });

  it('peek only while H is held, and let other keys of the browser pass', () => {
    const { editor } = setUp();
    press(editor, 'KeyH');
    expect(editor.state.peek).toBe(true);
    releaseKey({ code: 'KeyH', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }, buildKeymap(), editor);
    expect(editor.state.peek).toBe(false);
    expect(press(editor, 'KeyR', { ctrlKey: true })).toBe(false);
    expect(chordOf({ code: 'NumpadEnter', ctrlKey: true, metaKey: false, shiftKey: false, altKey: false })).toBe('Ctrl+Enter');
    expect(chordCaps('Shift+Digit1')).toEqual(['⇧1']);
  });
});
