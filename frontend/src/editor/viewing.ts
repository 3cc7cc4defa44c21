/** What is shown and how: slices, series, windows, layout. Never journalled. */
import type { Stack, WindowPreset } from '@/api/readingTypes';
import { resizeTip } from '@/domain/brush';
import { indexIJK, type IndexIJK } from '@/domain/coordinates';
import type { Editor } from './editor';
import { activeStack, canReformat, type Window } from './workbench';

const clamp = (value: number, size: number): number => Math.min(size - 1, Math.max(0, Math.round(value)));

export function setCursor(editor: Editor, stack: Stack, [i, j, k]: IndexIJK): void {
  const [depth, rows, columns] = stack.shape_zyx;
  const cursor = indexIJK(clamp(i, columns), clamp(j, rows), clamp(k, depth));
  const before = editor.state.cursors[stack.id];
  if (before && before.every((value, axis) => value === cursor[axis])) return;
  editor.set({ cursors: { ...editor.state.cursors, [stack.id]: cursor } });
}

export function stepSlice(editor: Editor, step: number): void {
  const stack = activeStack(editor.state);
  const cursor = stack && editor.state.cursors[stack.id];
  if (stack && cursor) setCursor(editor, stack, indexIJK(cursor[0], cursor[1], cursor[2] + step));
}

export function goToSlice(editor: Editor, end: 'first' | 'last'): void {
  const stack = activeStack(editor.state);
  stepSlice(editor, (end === 'first' ? -1 : 1) * (stack?.shape_zyx[0] ?? 0));
}

export function showStack(editor: Editor, stack: Stack): void {
  const layout = canReformat(stack) ? editor.state.layout : 'one';
  editor.set({ stackId: stack.id, layout });
}

export function stepStack(editor: Editor, step: 1 | -1): void {
  const { stacks } = editor.state.reading;
  const at = stacks.findIndex(({ id }) => id === editor.state.stackId);
  const next = stacks[at + step];
  if (next) showStack(editor, next);
}

export function cycleLayout(editor: Editor): void {
  const stack = activeStack(editor.state);
  if (editor.state.layout === 'three') return editor.set({ layout: 'one' });
  if (!stack || !canReformat(stack)) return editor.toast('note', 'toast.noPlanes');
  editor.set({ layout: 'three' });
}

export function setWindow(editor: Editor, stackId: number, window: Window): void {
  editor.set({ windows: { ...editor.state.windows, [stackId]: { center: window.center, width: Math.max(1e-3, window.width) } } });
}

/** Presets in the order of the number keys. */
export const presetAt = (stack: Stack, digit: number): WindowPreset | null =>
  digit === 0 ? null : (stack.window_presets.find(({ key }) => key === String(digit)) ?? stack.window_presets[digit - 1] ?? null);

export function applyPreset(editor: Editor, digit: number): void {
  const stack = activeStack(editor.state);
  if (!stack) return;
  if (digit === 0) {
    const windows = { ...editor.state.windows };
    delete windows[stack.id];
    return editor.set({ windows });
  }
  const preset = presetAt(stack, digit);
  if (preset) setWindow(editor, stack.id, preset);
}

export function resizeBrush(editor: Editor, steps: number): void {
  editor.set({ brushMm: resizeTip(editor.state.brushMm, steps) });
}
