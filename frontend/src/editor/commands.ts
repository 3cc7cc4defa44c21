/** Every action of the reading room as one object, shared by button, key, palette and the overlay of keys. */
import type { Editor } from './editor';
import * as judging from './judging';
import * as marking from './marking';
import * as masking from './masking';
import { MASK_STEPS } from './maskState';
import * as measuring from './measuring';
import * as viewing from './viewing';
import type { Tool } from './workbench';

/** What only the page can do. */
export interface Effects {
  submit(normal: boolean): void;
  leave(): void;
}

export type CommandGroup = 'findings' | 'marking' | 'masks' | 'viewing' | 'slices' | 'measuring' | 'presets' | 'case';

export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  /** Key in the reading catalogue; the id by default. */
  readonly label: string;
  /** Default keys as event.code with modifiers: `Ctrl+Shift+KeyZ`. */
  readonly keys: readonly string[];
  readonly enabled?: (editor: Editor) => boolean;
  readonly perform: (editor: Editor, effects: Effects) => void;
  /** Commands that last while the key is down. */
  readonly release?: (editor: Editor) => void;
  /** Where the command is not enabled its key belongs to the browser. */
  readonly yields?: boolean;
  /** Fires again while the key is held down. */
  readonly repeats?: boolean;
}

const command = (
  group: CommandGroup,
  id: string,
  keys: string | readonly string[],
  perform: Command['perform'],
  more: Partial<Command> = {},
): Command => ({ id, group, label: `command.${id}`, keys: typeof keys === 'string' ? [keys] : keys, perform, ...more });

const tool = (group: CommandGroup, name: Tool, key: string): Command =>
  command(group, name, key, (editor) => editor.set({ tool: name, rejecting: false }));

const hasSuggestion = (editor: Editor): boolean => Boolean(judging.currentRow(editor)?.suggestion);
const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const FINDINGS: readonly Command[] = [
  command('findings', 'accept', 'KeyA', judging.acceptCurrent, { enabled: hasSuggestion }),
  command('findings', 'reject', 'KeyX', judging.askRejectReason, { enabled: hasSuggestion }),
  command('findings', 'next', 'KeyN', (editor) => judging.stepRow(editor, 1)),
  command('findings', 'previous', 'KeyP', (editor) => judging.stepRow(editor, -1)),
  command('findings', 'delete', ['Delete', 'Backspace'], judging.deleteCurrent),
  command('findings', 'peek', 'KeyH', (editor) => editor.set({ peek: true }), {
    release: (editor) => editor.set({ peek: false }),
  }),
  command('findings', 'overlays', 'Shift+KeyH', (editor) => editor.set({ overlays: !editor.state.overlays })),
];

const MARKING: readonly Command[] = [
  command('marking', 'brush', 'KeyB', judging.editCurrent),
  tool('marking', 'eraser', 'KeyE'),
  tool('marking', 'threshold', 'KeyT'),
  tool('marking', 'box', 'Shift+KeyB'),
  command('marking', 'smaller', 'BracketLeft', (editor) => viewing.resizeBrush(editor, -1), { repeats: true }),
  command('marking', 'larger', 'BracketRight', (editor) => viewing.resizeBrush(editor, 1), { repeats: true }),
  ...digits.map((digit) =>
    command('marking', `label${digit}`, `Shift+Digit${digit}`, (editor) => {
      const label = marking.labelByHotkey(editor, digit);
      if (label) marking.chooseLabel(editor, label);
    }),
  ),
];

const step = (id: string, key: string, name: masking.StepName): Command =>
  command('masks', id, key, (editor) => masking.previewStep(editor, name));

const MASKS: readonly Command[] = [
  command('masks', 'maskPanel', 'Shift+KeyE', (editor) => editor.set({ maskPanel: !editor.state.maskPanel })),
  step('interpolate', 'KeyK', 'interpolate'),
  tool('masks', 'fill', 'KeyF'),
  command('masks', 'scissors', 'KeyS', masking.takeScissors),
  command('masks', 'scissorAction', 'Shift+KeyS', masking.nextScissorAction),
  command('masks', 'scissorReach', 'Shift+KeyC', masking.toggleScissorReach),
  tool('masks', 'grow', 'Shift+KeyG'),
  tool('masks', 'island', 'Shift+KeyI'),
  step('fillHoles', 'Shift+KeyF', 'fill_holes'),
  step('keepLargest', 'Shift+KeyK', 'keep_largest'),
  step('removeSmall', 'Shift+Delete', 'remove_small'),
  step('smooth', 'Shift+KeyM', 'smooth'),
  step('growMargin', 'Shift+Equal', 'grow_margin'),
  step('shrinkMargin', 'Shift+Minus', 'shrink_margin'),
  command('masks', 'maskLess', 'Shift+BracketLeft', (editor) => masking.stepMask(editor, 'mm', MASK_STEPS.mm, -1), { repeats: true }),
  command('masks', 'maskMore', 'Shift+BracketRight', (editor) => masking.stepMask(editor, 'mm', MASK_STEPS.mm, 1), { repeats: true }),
  command('masks', 'maskScope', 'Shift+KeyV', masking.toggleScope),
  command('masks', 'addMask', 'Shift+KeyU', (editor) => masking.previewLogic(editor, 'add')),
  command('masks', 'subtractMask', 'Shift+KeyX', (editor) => masking.previewLogic(editor, 'subtract')),
  command('masks', 'intersectMask', 'Shift+KeyO', (editor) => masking.previewLogic(editor, 'intersect')),
  command('masks', 'applyPreview', 'Enter', masking.applyPreview, { enabled: masking.hasPreview, yields: true }),
];

const VIEWING: readonly Command[] = [
  tool('viewing', 'window', 'KeyW'),
  tool('viewing', 'zoom', 'KeyZ'),
  tool('viewing', 'pan', 'KeyM'),
  command('viewing', 'fit', 'Shift+KeyZ', (editor) => editor.set({ fits: editor.state.fits + 1 })),
  command('viewing', 'invert', 'KeyI', (editor) => editor.set({ inverted: !editor.state.inverted })),
  command('viewing', 'layout', 'KeyG', viewing.cycleLayout),
];

const SLICES: readonly Command[] = [
  command('slices', 'sliceUp', 'ArrowUp', (editor) => viewing.stepSlice(editor, -1), { repeats: true }),
  command('slices', 'sliceDown', 'ArrowDown', (editor) => viewing.stepSlice(editor, 1), { repeats: true }),
  command('slices', 'fiveUp', 'PageUp', (editor) => viewing.stepSlice(editor, -5), { repeats: true }),
  command('slices', 'fiveDown', 'PageDown', (editor) => viewing.stepSlice(editor, 5), { repeats: true }),
  command('slices', 'firstSlice', 'Home', (editor) => viewing.goToSlice(editor, 'first')),
  command('slices', 'lastSlice', 'End', (editor) => viewing.goToSlice(editor, 'last')),
  command('slices', 'seriesBefore', 'Shift+PageUp', (editor) => viewing.stepStack(editor, -1)),
  command('slices', 'seriesAfter', 'Shift+PageDown', (editor) => viewing.stepStack(editor, 1)),
];

const PRESETS: readonly Command[] = [0, ...digits].map((digit) =>
  command('presets', `preset${digit}`, `Digit${digit}`, (editor) => viewing.applyPreset(editor, digit)),
);

const CASE: readonly Command[] = [
  command('case', 'submit', 'Ctrl+Enter', (_editor, effects) => effects.submit(false)),
  command('case', 'normal', 'Shift+KeyN', (_editor, effects) => effects.submit(true)),
  command('case', 'undo', 'Ctrl+KeyZ', (editor) => editor.undo(), {
    enabled: (editor) => editor.state.draft.can_undo,
    repeats: true,
  }),
  command('case', 'redo', ['Ctrl+KeyY', 'Ctrl+Shift+KeyZ'], (editor) => editor.redo(), {
    enabled: (editor) => editor.state.draft.can_redo,
    repeats: true,
  }),
  command('case', 'palette', 'Ctrl+KeyK', (editor) => editor.set({ dialog: 'palette' })),
  command('case', 'keys', 'Shift+Slash', (editor) => editor.set({ dialog: editor.state.dialog === 'keys' ? null : 'keys' })),
  command('case', 'escape', 'Escape', escape),
];

const MEASURING: readonly Command[] = [
  tool('measuring', 'length', 'KeyL'),
  tool('measuring', 'ellipse', 'KeyO'),
  tool('measuring', 'probe', 'KeyQ'),
  tool('measuring', 'bidirectional', 'KeyD'),
  command('measuring', 'measureMask', 'Shift+KeyD', measuring.measureMask),
  tool('measuring', 'angle', 'KeyY'),
  tool('measuring', 'cobb', 'Shift+KeyY'),
  tool('measuring', 'arrow', 'Shift+KeyT'),
  command('measuring', 'rename', 'Shift+KeyR', measuring.askName),
];

/** Backs out of the innermost thing. */
function escape(editor: Editor): void {
  const { dialog, rejecting, renaming, tool: active, toast, preview } = editor.state;
  if (dialog) editor.set({ dialog: null });
  else if (rejecting || renaming) editor.set({ rejecting: false, renaming: false });
  else if (preview) masking.cancelPreview(editor);
  else if (toast?.tone === 'error') editor.set({ toast: null });
  else if (active !== 'window') editor.set({ tool: 'window' });
  else editor.set({ rowKey: null });
}

export const COMMANDS: readonly Command[] = [
  ...FINDINGS,
  ...MARKING,
  ...MASKS,
  ...VIEWING,
  ...SLICES,
  ...MEASURING,
  ...PRESETS,
  ...CASE,
];

const byId = new Map(COMMANDS.map((one) => [one.id, one]));

/** Throws for an unknown id: a button that does nothing is worse than one that fails in a test. */
export function commandOf(id: string): Command {
  const found = byId.get(id);
  if (!found) throw new RangeError(`there is no command ${id}`);
  return found;
}

export function run(id: string, editor: Editor, effects: Effects): void {
  const one = commandOf(id);
  if (!one.enabled || one.enabled(editor)) one.perform(editor, effects);
}
