/** Editing whole masks: a step is worked out, shown as a difference, and applied with Enter or dropped with Escape. */
import type { SliceRuns, Stack, Triple } from '@/api/readingTypes';
import { maskGrid } from '@/domain/block';
import { combineSlices, type LogicOperation } from '@/domain/combine';
import { keepIsland } from '@/domain/components';
import type { PlaneUV, ViewAxis } from '@/domain/coordinates';
import { fillAt, growBox } from '@/domain/flood';
import type { MaskStep } from '@/domain/maskJobs';
import { planeDelta, planeSize, planeToIndex, slicesInPlane } from '@/domain/planes';
import { planeUV } from '@/domain/coordinates';
import { countSlices, xorSlices } from '@/domain/runs';
import { applyCut, cutOf } from '@/domain/scissors';
import type { Editor } from './editor';
import { rowsOf } from './judging';
import { applyStroke, strokeTarget } from './marking';
import type { MaskPreview, MaskSettings } from './maskState';
import { computeMask, stopMaskWork } from './maskWorker';
import { rowGeometry, type FindingRow } from './rows';
import { activeStack } from './workbench';

/** A step with the settings of the panel, by its name in the journal. */
export type StepName = 'interpolate' | 'fill_holes' | 'keep_largest' | 'remove_small' | 'smooth' | 'grow_margin' | 'shrink_margin';

const STEPS: Readonly<Record<StepName, (settings: MaskSettings) => MaskStep>> = {
  interpolate: () => ({ kind: 'interpolate' }),
  fill_holes: () => ({ kind: 'fill_holes' }),
  keep_largest: ({ scope }) => ({ kind: 'keep_largest', scope }),
  remove_small: ({ scope, minSize }) => ({ kind: 'remove_small', scope, size: minSize }),
  smooth: ({ scope, mm }) => ({ kind: 'smooth', scope, radius: mm }),
  grow_margin: ({ scope, mm }) => ({ kind: 'margin', scope, margin: mm }),
  shrink_margin: ({ scope, mm }) => ({ kind: 'margin', scope, margin: -mm }),
};

/** The settings as they act on a stack: one image has no volume. */
export function settingsFor(stack: Stack, settings: MaskSettings): MaskSettings {
  return stack.shape_zyx[0] > 1 ? settings : { ...settings, scope: 'slices' };
}

interface Target {
  readonly stack: Stack;
  readonly row: FindingRow | null;
  readonly slices: readonly SliceRuns[];
}

function targetOf(editor: Editor): Target | null {
  const stack = activeStack(editor.state);
  if (!stack) return null;
  const row = strokeTarget(editor, stack.id);
  return { stack, row, slices: (row && rowGeometry(row)?.slices) ?? [] };
}

/** The mask to edit; says so where none is chosen. */
function chosenMask(editor: Editor): Target | null {
  if (!editor.state.editable) {
    editor.toast('note', 'toast.readOnly');
    return null;
  }
  const target = targetOf(editor);
  if (target && target.slices.length > 0) return target;
  editor.toast('note', 'toast.pickMask');
  return null;
}

const NOTHING = { delta: [], added: [], removed: [], addedVoxels: 0, removedVoxels: 0, flat: false } as const;

function difference(before: readonly SliceRuns[], after: readonly SliceRuns[]) {
  const delta = xorSlices(before, after);
  const added = combineSlices(delta, before, 'subtract');
  const removed = combineSlices(delta, before, 'intersect');
  return { delta, added, removed, addedVoxels: countSlices(added), removedVoxels: countSlices(removed) };
}

/** Shows the change once it is known. A newer preview, an undo or another finding makes the answer void. */
async function show(editor: Editor, target: Target, tool: string, again: () => void, after: Promise<SliceRuns[]>, flat = false): Promise<void> {
  const waiting: MaskPreview = { ...NOTHING, tool, state: 'working', gridId: target.stack.id, again };
  editor.set({ preview: waiting, rejecting: false });
  try {
    const change = difference(target.slices, await after);
    if (editor.state.preview !== waiting) return;
    if (change.delta.length > 0) return editor.set({ preview: { ...waiting, ...change, state: 'ready', flat } });
    editor.set({ preview: null });
    editor.toast('note', NOTHING_TO_DO[tool] ?? 'toast.nothingChanges');
  } catch (error) {
    if (editor.state.preview !== waiting) return;
    editor.set({ preview: null });
    editor.toast('error', 'toast.notPossible', { detail: error instanceof Error ? error.message : String(error) });
  }
}

const NOTHING_TO_DO: Readonly<Record<string, string>> = { interpolate: 'toast.nothingBetween', grow_region: 'toast.nothingGrown' };

export function previewStep(editor: Editor, name: StepName): void {
  const target = chosenMask(editor);
  if (!target) return;
  const step = STEPS[name](settingsFor(target.stack, editor.state.mask));
  const again = () => previewStep(editor, name);
  void show(editor, target, name, again, computeMask({ slices: target.slices, grid: maskGrid(target.stack), step }));
}

/** Findings that the current one can be combined with: other masks on the same grid. */
export function otherMasks(editor: Editor): FindingRow[] {
  const target = targetOf(editor);
  if (!target?.row) return [];
  const at = rowsOf(editor).findIndex(({ key }) => key === target.row?.key);
  const rows = [...rowsOf(editor).slice(at + 1), ...rowsOf(editor).slice(0, Math.max(0, at))];
  return rows.filter((row) => {
    const geometry = row.state === 'rejected' ? null : rowGeometry(row);
    return geometry?.kind === 'segment' && geometry.grid_id === target.stack.id && geometry.slices.length > 0;
  });
}

export function previewLogic(editor: Editor, operation: LogicOperation): void {
  const target = chosenMask(editor);
  if (!target) return;
  const others = otherMasks(editor);
  const other = others.find(({ key }) => key === editor.state.mask.otherKey) ?? others[0];
  const slices = other && rowGeometry(other)?.slices;
  if (!slices) return editor.toast('note', 'toast.noOtherMask');
  const again = () => previewLogic(editor, operation);
  void show(editor, target, operation, again, Promise.resolve(combineSlices(target.slices, slices, operation)));
}

/** Reads modality values of a box (zyx), NaN where a slice is not loaded. */
export type BlockReader = (stack: Stack, origin: Triple, shape: Triple) => Float32Array;

export function previewGrow(editor: Editor, stack: Stack, seed: Triple, read: BlockReader): void {
  if (!editor.state.editable) return editor.toast('note', 'toast.readOnly');
  editor.set({ stackId: stack.id });
  const target = targetOf(editor);
  if (!target) return;
  const { growTolerance: tolerance, growUnit: unit, growMm: radius } = editor.state.mask;
  const grid = maskGrid(stack);
  const { shape, origin, flat } = growBox(grid, seed, radius);
  const block = { values: read(stack, origin, shape), shape, origin };
  const again = () => previewGrow(editor, stack, seed, read);
  const step: MaskStep = { kind: 'grow', block, seed, tolerance, unit, radius };
  void show(editor, target, 'grow_region', again, computeMask({ slices: target.slices, grid, step }), flat);
}

export const hasPreview = (editor: Editor): boolean => editor.state.preview !== null;

/** One step in the journal, undone at once. */
export function applyPreview(editor: Editor): void {
  const { preview } = editor.state;
  if (preview?.state !== 'ready') return;
  editor.set({ preview: null });
  applyStroke(editor, preview.gridId, preview.tool, [...preview.delta]);
}

export function cancelPreview(editor: Editor): void {
  if (editor.state.preview?.state === 'working') stopMaskWork();
  editor.set({ preview: null });
}

/** Settings act on a preview that is on the screen at once. */
export function setMask(editor: Editor, change: Partial<MaskSettings>): void {
  editor.set({ mask: { ...editor.state.mask, ...change } });
  editor.state.preview?.again();
}

/** A value of a click's plane, null while its slice is not loaded. */
type Sample = (index: ReturnType<typeof planeToIndex>) => number | null;

export function fillClick(editor: Editor, stack: Stack, axis: ViewAxis, plane: number, at: PlaneUV, windowWidth: number, sample: Sample): void {
  if (!editor.state.editable) return editor.toast('note', 'toast.readOnly');
  const row = strokeTarget(editor, stack.id);
  const { width, height } = planeSize(stack.shape_zyx, axis);
  const slices = (row && rowGeometry(row)?.slices) ?? [];
  const before = slicesInPlane(slices, stack.shape_zyx, axis, plane) ?? { data: new Uint8Array(width * height), width, height };
  const value = (voxel: number) => sample(planeToIndex(axis, plane, planeUV(voxel % width, Math.floor(voxel / width))));
  const seed = value(at[1] * width + at[0]);
  if (seed === null) return editor.toast('note', 'toast.notLoaded');
  const reach = editor.state.tolerance * windowWidth;
  const accepts = (voxel: number) => Math.abs((value(voxel) ?? Infinity) - seed) <= reach;
  const after = fillAt(before, at[1] * width + at[0], accepts);
  if (!after) return editor.toast('note', 'toast.nothingToFill');
  applyStroke(editor, stack.id, 'fill', planeDelta(before.data, after.data, stack.shape_zyx, axis, plane));
}

export function islandClick(editor: Editor, stack: Stack, voxel: Triple): void {
  const target = chosenMask(editor);
  if (!target) return;
  const { scope } = settingsFor(stack, editor.state.mask);
  const after = keepIsland(target.slices, maskGrid(stack), scope, voxel);
  if (!after) return editor.toast('note', 'toast.noIsland');
  const delta = xorSlices(target.slices, after);
  if (delta.length === 0) return editor.toast('note', 'toast.nothingChanges');
  applyStroke(editor, stack.id, 'keep_island', delta);
}

/** `polygon`: flat u, v, … in index units of the view. */
export function cutMask(editor: Editor, stack: Stack, axis: ViewAxis, plane: number, polygon: readonly number[]): void {
  const { scissorAction: action, scissorReach: reach } = editor.state.mask;
  editor.set({ stackId: stack.id });
  const target = action === 'fill_inside' ? targetOf(editor) : chosenMask(editor);
  if (!target) return;
  const after = applyCut(target.slices, cutOf(polygon, stack.shape_zyx, axis, plane, reach), action);
  const delta = xorSlices(target.slices, after);
  if (delta.length === 0) return editor.toast('note', 'toast.nothingChanges');
  applyStroke(editor, stack.id, `scissors_${action}`, delta);
}

const SHAPES = ['rectangle', 'circle', 'free'] as const;
const ACTIONS = ['erase_inside', 'erase_outside', 'fill_inside'] as const;
const after = <T>(all: readonly T[], now: T): T => all[(all.indexOf(now) + 1) % all.length] ?? now;

/** Takes the scissors; with them in the hand already, the next shape. */
export function takeScissors(editor: Editor): void {
  if (editor.state.tool !== 'scissors') return editor.set({ tool: 'scissors', rejecting: false });
  setMask(editor, { scissorShape: after(SHAPES, editor.state.mask.scissorShape) });
}

export const nextScissorAction = (editor: Editor): void =>
  setMask(editor, { scissorAction: after(ACTIONS, editor.state.mask.scissorAction) });

export const toggleScissorReach = (editor: Editor): void =>
  setMask(editor, { scissorReach: editor.state.mask.scissorReach === 'plane' ? 'all' : 'plane' });

export const toggleScope = (editor: Editor): void =>
  setMask(editor, { scope: editor.state.mask.scope === 'volume' ? 'slices' : 'volume' });

/** The next or previous of the values a stepper goes through. */
export function stepMask(editor: Editor, name: 'mm' | 'minSize' | 'growTolerance' | 'growMm', steps: readonly number[], direction: 1 | -1): void {
  const now = editor.state.mask[name];
  const next = direction > 0 ? steps.find((value) => value > now) : [...steps].reverse().find((value) => value < now);
  if (next !== undefined) setMask(editor, { [name]: next });
}
