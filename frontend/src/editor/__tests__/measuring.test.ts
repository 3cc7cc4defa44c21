/** Measures in the editor: one step each, through journal and reload; names; axes from a mask. */
import { describe, expect, it } from 'vitest';
import type { Reading, Stack, Triple } from '@/api/readingTypes';
import { commandOf, COMMANDS } from '@/editor/commands';
import { Editor } from '@/editor/editor';
import { buildKeymap, pressKey } from '@/editor/keymap';
import { deleteCurrent, rowsOf, selectRow } from '@/editor/judging';
import { applyStroke } from '@/editor/marking';
import { addMeasure, askName, measureMask, moveMeasure, renameCurrent } from '@/editor/measuring';
import { labelRows } from '@/editor/rows';
import { MemoryShelf } from '@/editor/shelf';
import { FakeClock, FakeServer } from './fakeServer';

const stack = {
  id: 1, series_description: 'CT', modality: 'CT', shape_zyx: [6, 20, 20], spacing_mm: [5, 2, 1], spacing_known: true, orientation_known: true,
  affine_lps: [[1, 0, 0, 10], [0, 2, 0, 20], [0, 0, 5, 30], [0, 0, 0, 1]], warnings: [], window_presets: [], photometric: 'MONOCHROME2', image_ids: [],
  rescale_is_hu: true,
} as unknown as Stack;
const label = (key: string, kind = 'segment') => ({ key, name: key, kind, colour: '#FF9F2E', findings: 'many', options: [], hotkey: null, order: 1 });
const reading = {
  id: 9, editable: true, suggestions: [], stacks: [stack], elapsed_seconds: 0, journal: { seq: 0 },
  label_set: { id: 1, version: 1, labels: [label('lesion'), label('quality', 'tag')] },
} as unknown as Reading;

function setUp(more: Partial<Reading> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const open = () =>
    new Editor({ reading: { ...reading, ...more, journal: { ...reading.journal, seq: server.seq } }, stored: server.stored, shelf: new MemoryShelf(), transport: server, clock, browser: 'b0' });
  return { editor: open(), open, server, clock };
}

const VALUES = { count: 9, mean: 40, sd: 2, min: 35, max: 44, unit: 'HU' };
const POINTS: Triple[] = [[15, 30, 40], [18, 30, 40], [15, 34, 40]];
const ellipse = (points = POINTS) => ({ tool: 'ellipse', k: 2, points, values: VALUES }) as const;
const only = (editor: Editor) => editor.state.draft.findings.at(-1);

describe('a measure', () => {
  it('is one step to draw and one to change, and comes back after a reload', async () => {
    const { editor, open, server, clock } = setUp();
    addMeasure(editor, 1, ellipse());
    expect(only(editor)).toMatchObject({ kind: 'measure', label_key: '', largest_slice: 2, measure: { long_axis: 8, short_axis: 6, values: VALUES } });
    const id = only(editor)?.id ?? '';
    moveMeasure(editor, id, 1, { ...ellipse([POINTS[0] as Triple, [20, 30, 40], POINTS[2] as Triple]), values: { ...VALUES, mean: 41 } });
    expect(only(editor)?.measure).toMatchObject({ long_axis: 10, short_axis: 8, values: { mean: 41 } });
    editor.undo();
    expect(only(editor)?.measure).toMatchObject({ long_axis: 8, values: VALUES });
    editor.redo();
    await clock.pass(2000);
    expect(server.stored.map(({ kind }) => kind)).toEqual(['add_measure', 'move_measure', 'undo', 'redo']);
    expect(open().state.draft.findings).toEqual(editor.state.draft.findings);
  });

  it('is a row that is jumped to, named and deleted, and marks no label', () => {
    const { editor } = setUp();
    addMeasure(editor, 1, ellipse());
    const [row] = rowsOf(editor);
    expect(row).toMatchObject({ state: 'added', label: null });
    editor.set({ cursors: {} });
    if (row) selectRow(editor, row);
    // The centre of the ellipse: column 5, row 5, slice 2.
    expect(editor.state.cursors[1]).toEqual([5, 5, 2]);
    askName(editor);
    expect(editor.state.renaming).toBe(true);
    renameCurrent(editor, '  aorta ');
    expect(only(editor)?.name).toBe('aorta');
    renameCurrent(editor, 'aorta');
    expect(editor.state.history.past).toHaveLength(2);
    deleteCurrent(editor);
    expect(editor.state.draft.findings).toEqual([]);
    expect(editor.state.toast?.values.name).toBe('aorta');
    editor.undo();
    expect(only(editor)?.name).toBe('aorta');
    expect(labelRows(editor.state.reading, editor.state.draft)[0]).toMatchObject({ count: 0, answer: 'not_assessed' });
  });

  it('asks for the text of an arrow at once', () => {
    const { editor } = setUp();
    addMeasure(editor, 1, { tool: 'arrow', k: 2, points: POINTS.slice(0, 2), values: null });
    expect(editor.state.renaming).toBe(true);
    pressKey({ code: 'Escape', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: false }, buildKeymap(), editor, { submit: () => undefined, leave: () => undefined });
    expect(editor.state.renaming).toBe(false);
  });
});

describe('axes from a mask', () => {
  /** 10 columns (10 mm) by 4 rows (8 mm) on slice 3; a smaller piece on slice 1. */
  const slices = [
    { k: 1, runs: [105, 2] },
    { k: 3, runs: [0, 1, 2, 3].flatMap((row) => [(8 + row) * 20 + 4, 10]) },
  ];

  it('are drawn on its longest slice, carry its label and are one step', () => {
    const { editor } = setUp();
    applyStroke(editor, 1, 'brush', slices);
    measureMask(editor);
    expect(only(editor)).toMatchObject({ kind: 'measure', label_key: 'lesion', largest_slice: 3 });
    expect(only(editor)?.measure?.long_axis).toBeCloseTo(Math.hypot(10, 8), 3);
    expect(editor.state.cursors[1]?.[2]).toBe(3);
    const [long, other] = only(editor)?.measure?.points_lps ?? [];
    expect([long?.[2], other?.[2]]).toEqual([45, 45]);
    editor.undo();
    expect(editor.state.draft.findings.map(({ kind }) => kind)).toEqual(['segment']);
  });

  it('need a painted finding', () => {
    const { editor } = setUp();
    measureMask(editor);
    expect(editor.state.toast?.text).toBe('toast.pickMask');
    addMeasure(editor, 1, ellipse());
    measureMask(editor);
    expect(editor.state.draft.findings).toHaveLength(1);
  });
});

describe('the keys of measuring', () => {
  it('take their tools', () => {
    const { editor } = setUp();
    for (const id of ['ellipse', 'probe', 'bidirectional', 'angle', 'cobb', 'arrow']) {
      commandOf(id).perform(editor, { submit: () => undefined, leave: () => undefined });
      expect(editor.state.tool).toBe(id);
    }
    expect(COMMANDS.filter(({ group }) => group === 'measuring').flatMap(({ keys }) => keys)).toEqual([
      'KeyL', 'KeyO', 'KeyQ', 'KeyD', 'Shift+KeyD', 'KeyY', 'Shift+KeyY', 'Shift+KeyT', 'Shift+KeyR',
    ]);
  });
});
