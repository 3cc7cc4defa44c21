import { describe, expect, it } from 'vitest';
import type { Reading, SliceRuns, Stack, Triple } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { planeUV } from '@/domain/coordinates';
import { countSlices } from '@/domain/runs';
import { splitPaint } from '@/domain/paintParts';
import { COMMANDS, commandOf, run } from '@/editor/commands';
import { Editor } from '@/editor/editor';
import { buildKeymap, pressKey } from '@/editor/keymap';
import { chooseLabel, applyStroke } from '@/editor/marking';
import { cutMask, fillClick, islandClick, previewGrow, setMask } from '@/editor/masking';
import { MemoryShelf } from '@/editor/shelf';
import { FakeClock, FakeServer } from './fakeServer';

const SHAPE: Triple = [6, 8, 8];
const stack = {
  id: 1, series_description: 'CT', modality: 'CT', shape_zyx: SHAPE, spacing_mm: [3, 1, 1], spacing_known: true, orientation_known: true, rescale_is_hu: true,
  affine_lps: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]], warnings: [], window_presets: [], photometric: 'MONOCHROME2', image_ids: [],
} as unknown as Stack;
const label = (key: string, hotkey: number): Label => ({ key, name: key, kind: 'segment', colour: '#FF9F2E', findings: 'many', options: [], hotkey, order: 1 }) as unknown as Label;
const reading = {
  id: 9, editable: true, stacks: [stack], elapsed_seconds: 0, journal: { seq: 0 }, label_set: { id: 1, version: 1, labels: [label('lesion', 1), label('organ', 2)] },
  suggestions: [{ id: 7, label_key: 'lesion', kind: 'segment', score: 0.9, state: 'offered', model_version: 12, grid_id: 1, largest_slice: 1, voxel_count: 8, volume_ml: 0.02, box: null, slices: [{ k: 1, runs: [17, 4] }, { k: 4, runs: [17, 4] }] }],
} as unknown as Reading;
const effects = { submit: () => undefined, leave: () => undefined };

function setUp(more: Partial<Reading> = {}) {
  const clock = new FakeClock();
  const server = new FakeServer();
  const shelf = new MemoryShelf();
  const open = () => new Editor({ reading: { ...reading, ...more, journal: { ...reading.journal, seq: server.seq } }, stored: server.stored, shelf, transport: server, clock, browser: 'b0' });
  return { editor: open(), open, server, clock };
}
const masks = (editor: Editor): SliceRuns[][] => editor.state.draft.findings.map(({ slices }) => slices);
const settled = async (editor: Editor) => {
  for (let n = 0; n < 10 && editor.state.preview?.state === 'working'; n += 1) await Promise.resolve();
};
const key = (editor: Editor, code: string, more: Partial<KeyboardEvent> = {}) =>
  pressKey({ code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, repeat: false, ...more }, buildKeymap(), editor, effects);

/** A finding of the reader's own. */
function painted(slices: SliceRuns[], n = 0) {
  const made = setUp({ suggestions: [] });
  chooseLabel(made.editor, reading.label_set.labels[n]!);
  applyStroke(made.editor, 1, 'brush', slices);
  return made;
}

describe('a preview', () => {
  it('changes nothing until Enter, and then in one step that undo takes back', async () => {
    const { editor, server, clock } = painted([{ k: 1, runs: [17, 4] }, { k: 4, runs: [17, 4] }]);
    key(editor, 'KeyK');
    await settled(editor);
    expect(editor.state.preview).toMatchObject({ state: 'ready', addedVoxels: 8, removedVoxels: 0, tool: 'interpolate' });
    expect(countSlices(masks(editor)[0]!)).toBe(8);
    expect(key(editor, 'Enter')).toBe(true);
    expect(masks(editor)).toEqual([[1, 2, 3, 4].map((k) => ({ k, runs: [17, 4] }))]);
    await clock.pass(2000);
    expect(server.stored.map(({ kind, payload }) => [kind, (payload as { tool?: string }).tool])).toEqual([['paint', 'brush'], ['paint', 'interpolate']]);
    editor.undo();
    expect(countSlices(masks(editor)[0]!)).toBe(8);
    editor.redo();
    expect(countSlices(masks(editor)[0]!)).toBe(16);
  });

  it('is dropped by Escape, by undo, and by going to another finding', async () => {
    const { editor } = painted([{ k: 1, runs: [17, 4] }, { k: 4, runs: [17, 4] }]);
    for (const leave of [() => key(editor, 'Escape'), () => editor.undo(), () => editor.set({ rowKey: null })]) {
      editor.redo();
      editor.set({ rowKey: `f:${editor.state.draft.findings[0]?.id}` });
      run('interpolate', editor, effects);
      await settled(editor);
      expect(editor.state.preview?.state).toBe('ready');
      leave();
      expect(editor.state.preview).toBeNull();
    }
    expect(key(editor, 'Enter')).toBe(false);
  });

  it('that is still worked out when something else happens comes to nothing', async () => {
    const { editor } = painted([{ k: 1, runs: [17, 4] }, { k: 4, runs: [17, 4] }]);
    run('interpolate', editor, effects);
    applyStroke(editor, 1, 'brush', [{ k: 2, runs: [3, 1] }]);
    await settled(editor);
    await Promise.resolve();
    expect(editor.state.preview).toBeNull();
  });

  it('follows its settings', async () => {
    const { editor } = painted([{ k: 2, runs: [27, 1] }]);
    setMask(editor, { mm: 1, scope: 'slices' });
    run('growMargin', editor, effects);
    await settled(editor);
    expect(editor.state.preview?.addedVoxels).toBe(4);
    run('maskMore', editor, effects);
    await settled(editor);
    expect(editor.state.mask.mm).toBe(1.5);
    expect(editor.state.preview?.addedVoxels).toBe(8);
    setMask(editor, { mm: 3, scope: 'volume' });
    await settled(editor);
    expect(editor.state.preview?.added.map(({ k }) => k)).toEqual([1, 2, 3]);
    run('shrinkMargin', editor, effects);
    await settled(editor);
    expect(editor.state.preview).toMatchObject({ addedVoxels: 0, removedVoxels: 1 });
  });

  it('says so when there is nothing to change, or no mask', async () => {
    const { editor } = painted([{ k: 2, runs: [27, 1] }]);
    for (const [id, text] of [['interpolate', 'nothingBetween'], ['fillHoles', 'nothingChanges'], ['keepLargest', 'nothingChanges'], ['addMask', 'noOtherMask']] as const) {
      run(id, editor, effects);
      await settled(editor);
      expect([editor.state.preview, editor.state.toast?.text]).toEqual([null, `toast.${text}`]);
    }
    const empty = setUp({ suggestions: [] }).editor;
    run('smooth', empty, effects);
    expect(empty.state.toast?.text).toBe('toast.pickMask');
    const closed = setUp({ editable: false }).editor;
    for (const id of ['interpolate', 'addMask'] as const) run(id, closed, effects);
    previewGrow(closed, stack, [1, 1, 1], () => new Float32Array());
    expect([closed.state.preview, closed.state.toast?.text]).toEqual([null, 'toast.readOnly']);
  });

  it('of an open suggestion accepts and edits it with one Enter', async () => {
    const { editor } = setUp();
    run('interpolate', editor, effects);
    await settled(editor);
    run('applyPreview', editor, effects);
    expect(editor.state.draft.findings[0]).toMatchObject({ voxel_count: 16, provenance: 'SEMIAUTOMATIC', suggestion_id: 7 });
    expect(editor.state.draft.decisions[0]?.verdict).toBe('edit');
    editor.undo();
    expect(editor.state.draft).toMatchObject({ findings: [], decisions: [] });
  });
});

describe('two masks', () => {
  it('are added, subtracted and intersected into the current one; the other stays', async () => {
    for (const [id, runs] of [['addMask', [0, 12]], ['subtractMask', [0, 4]], ['intersectMask', [4, 4]]] as const) {
      const { editor } = painted([{ k: 2, runs: [0, 8] }]);
      const first = editor.state.rowKey;
      chooseLabel(editor, reading.label_set.labels[1]!);
      applyStroke(editor, 1, 'brush', [{ k: 2, runs: [4, 8] }]);
      editor.set({ rowKey: first, labelKey: 'lesion' });
      run(id, editor, effects);
      await settled(editor);
      run('applyPreview', editor, effects);
      expect(masks(editor)).toEqual([[{ k: 2, runs: [...runs] }], [{ k: 2, runs: [4, 8] }]]);
    }
  });
});

describe('clicks', () => {
  it('fill a hole, or what the window accepts, in one step', () => {
    const { editor } = painted([{ k: 2, runs: [9, 3, 17, 1, 19, 1, 25, 3] }]);
    fillClick(editor, stack, 'k', 2, planeUV(2, 2), 100, () => 500);
    expect(masks(editor)[0]).toEqual([{ k: 2, runs: [9, 3, 17, 3, 25, 3] }]);
    fillClick(editor, stack, 'k', 2, planeUV(7, 7), 100, ([i]) => (i === 7 ? 40 : 90));
    expect(countSlices(masks(editor)[0]!)).toBe(9 + 8);
    fillClick(editor, stack, 'k', 2, planeUV(2, 2), 100, () => 500);
    expect(editor.state.toast?.text).toBe('toast.nothingToFill');
    fillClick(editor, stack, 'k', 3, planeUV(2, 2), 100, () => null);
    expect(editor.state.toast?.text).toBe('toast.notLoaded');
    editor.undo();
    editor.undo();
    expect(countSlices(masks(editor)[0]!)).toBe(8);
  });

  it('keep one island', () => {
    const { editor } = painted([{ k: 2, runs: [0, 2, 30, 2] }, { k: 3, runs: [30, 2] }]);
    islandClick(editor, stack, [2, 3, 6]);
    expect(masks(editor)[0]).toEqual([{ k: 2, runs: [30, 2] }, { k: 3, runs: [30, 2] }]);
    islandClick(editor, stack, [2, 7, 7]);
    expect(editor.state.toast?.text).toBe('toast.noIsland');
  });

  it('grow a region into a new finding where none is chosen, through slices, as far as the radius', async () => {
    const { editor } = setUp({ suggestions: [] });
    setMask(editor, { growMm: 3, growTolerance: 50 });
    previewGrow(editor, stack, [2, 4, 4], (_stack, _origin, shape) => new Float32Array(shape[0] * shape[1] * shape[2]).fill(20));
    await settled(editor);
    run('applyPreview', editor, effects);
    const [mask = []] = masks(editor);
    expect(mask.map(({ k, runs }) => [k, countSlices([{ k, runs }])])).toEqual([[1, 1], [2, 29], [3, 1]]);
  });
});

describe('scissors', () => {
  it('erase inside or outside and fill, in this slice or in all, one step each', () => {
    const whole = [2, 3].map((k) => ({ k, runs: [0, 64] }));
    const square = [1.5, 1.5, 4.5, 1.5, 4.5, 4.5, 1.5, 4.5];
    const counts = (settings: Parameters<typeof setMask>[1]) => {
      const { editor } = painted(whole);
      setMask(editor, settings);
      cutMask(editor, stack, 'k', 2, square);
      const found = masks(editor)[0]!.map((slice) => countSlices([slice]));
      editor.undo();
      expect(masks(editor)[0]).toEqual(whole);
      return found;
    };
    expect(counts({ scissorAction: 'erase_inside', scissorReach: 'plane' })).toEqual([55, 64]);
    expect(counts({ scissorAction: 'erase_inside', scissorReach: 'all' })).toEqual([55, 55]);
    expect(counts({ scissorAction: 'erase_outside', scissorReach: 'plane' })).toEqual([9, 64]);
    expect(counts({ scissorAction: 'erase_outside', scissorReach: 'all' })).toEqual([9, 9]);
    const { editor } = setUp({ suggestions: [] });
    setMask(editor, { scissorAction: 'fill_inside', scissorReach: 'all' });
    cutMask(editor, stack, 'k', 2, square);
    expect(masks(editor)[0]!.map((slice) => countSlices([slice]))).toEqual([9, 9, 9, 9, 9, 9]);
  });

  it('take the next shape when they are in the hand already', () => {
    const { editor } = setUp();
    const seen = [1, 2, 3, 4].map(() => {
      key(editor, 'KeyS');
      return editor.state.mask.scissorShape;
    });
    expect(seen).toEqual(['rectangle', 'circle', 'free', 'rectangle']);
    expect(editor.state.tool).toBe('scissors');
  });
});

describe('a very large step', () => {
  it('is cut between runs, and its parts together are the step', () => {
    const slices = [{ k: 1, runs: [0, 1, 2, 1, 4, 1] }, { k: 2, runs: [0, 1] }, { k: 3, runs: [0, 1, 2, 1] }];
    expect(splitPaint(slices, 4)).toEqual([[{ k: 1, runs: [0, 1, 2, 1] }], [{ k: 1, runs: [4, 1] }, { k: 2, runs: [0, 1] }], [{ k: 3, runs: [0, 1, 2, 1] }]]);
    expect(splitPaint(slices)).toEqual([slices]);
    expect(splitPaint([])).toEqual([]);
  });

  it('is one step for undo and redo, also after a reload, and no request grows too large', async () => {
    const columns = 1024;
    // Three slices of single voxels: 3.1 million run numbers.
    const large = { ...stack, shape_zyx: [6, columns, columns] as Triple };
    const { editor, open, server, clock } = setUp({ suggestions: [], stacks: [large] });
    const dots = Array.from({ length: (columns * columns) / 2 }, (_, n) => [2 * n, 1]).flat();
    applyStroke(editor, 1, 'scissors_fill_inside', [1, 2, 3].map((k) => ({ k, runs: dots })));
    expect(editor.journal.waiting.length).toBe(7);
    expect(editor.state.draft.findings[0]?.voxel_count).toBe(1.5 * columns * columns);
    await clock.pass(2000);
    expect([server.stored.length, server.posts]).toEqual([7, 2]);
    const again = open();
    again.undo();
    expect(again.state.draft.findings).toEqual([]);
    again.redo();
    expect(again.state.draft.findings[0]?.voxel_count).toBe(1.5 * columns * columns);
  }, 30_000);
});

describe('commands', () => {
  it('have words, and every mask tool a key', async () => {
    const words = (await import('@/i18n/en/reading.json')).default.command as Record<string, string>;
    const masksGroup = COMMANDS.filter(({ group }) => group === 'masks');
    expect(masksGroup.length).toBeGreaterThan(15);
    for (const one of masksGroup) {
      expect(words[one.id], one.id).toBeTruthy();
      expect(one.keys.length, one.id).toBeGreaterThan(0);
    }
    expect(commandOf('interpolate').keys).toEqual(['KeyK']);
  });
});
