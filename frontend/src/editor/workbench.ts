/** Everything the reading room shows, in one store: the draft with its history, and what the reader's hands are on. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Draft, Reading, Stack } from '@/api/readingTypes';
import { indexIJK, type IndexIJK } from '@/domain/coordinates';
import { draftOf, EMPTY_HISTORY, type History } from '@/domain/history';
import type { MeasureTool } from '@/domain/measures';
import type { SaveState } from './journal';
import { firstMaskSettings, type MaskPreview, type MaskSettings } from './maskState';
import { centreOf } from './rows';

export type MaskTool = 'fill' | 'island' | 'scissors' | 'grow';
export type Tool = 'window' | 'zoom' | 'pan' | 'brush' | 'eraser' | 'threshold' | 'box' | 'length' | MaskTool | MeasureTool;
export type Layout = 'one' | 'three';

export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface Toast {
  readonly id: number;
  readonly tone: 'done' | 'note' | 'error';
  /** Key in the reading catalogue and its values. */
  readonly text: string;
  readonly values: Readonly<Record<string, string | number>>;
  readonly undo: boolean;
}

export interface Workbench {
  readonly reading: Reading;
  readonly history: History;
  readonly draft: Draft;
  readonly save: SaveState;
  readonly editable: boolean;
  readonly tool: Tool;
  readonly brushMm: number;
  /** Threshold brush: accepted distance from the value under the pointer, as a share of the window width. */
  readonly tolerance: number;
  readonly mask: MaskSettings;
  /** The panel "Edit mask". */
  readonly maskPanel: boolean;
  /** A change of the current mask that waits for Enter. */
  readonly preview: MaskPreview | null;
  readonly labelKey: string | null;
  /** The current row of the findings list, and so what the brush changes; null: the next stroke begins a new finding. */
  readonly rowKey: string | null;
  readonly rejecting: boolean;
  /** The name of the current finding is being typed. */
  readonly renaming: boolean;
  readonly stackId: number;
  readonly cursors: Readonly<Record<number, IndexIJK>>;
  readonly layout: Layout;
  /** Absent: the default of the header. */
  readonly windows: Readonly<Record<number, Window>>;
  readonly inverted: boolean;
  /** Counts the wishes to see the whole image again. */
  readonly fits: number;
  readonly overlays: boolean;
  readonly peek: boolean;
  readonly dialog: 'keys' | 'palette' | null;
  readonly toast: Toast | null;
  /** How many of the reader's own operations were set aside in this browser. */
  readonly aside: number;
}

export type WorkbenchStore = StoreApi<Workbench>;

/** Fewer slices than this show nothing in the other planes. */
const MPR_MIN_SLICES = 4;
const DEFAULT_BRUSH_MM = 5;

export function canReformat(stack: Stack): boolean {
  const colour = stack.photometric.startsWith('RGB') || stack.photometric.startsWith('YBR') || stack.photometric === 'PALETTE COLOR';
  const uneven = stack.warnings.some(({ rule }) => rule.startsWith('geometry.'));
  return stack.shape_zyx[0] >= MPR_MIN_SLICES && stack.orientation_known && stack.spacing_known && !colour && !uneven;
}

const middle = ({ shape_zyx: [z, y, x] }: Stack): IndexIJK => indexIJK(Math.floor(x / 2), Math.floor(y / 2), Math.floor(z / 2));

/** The first slice a reader should see: that of the first suggestion, else the middle. */
function firstView(reading: Reading): { stackId: number; cursors: Record<number, IndexIJK> } {
  const cursors = Object.fromEntries(reading.stacks.map((stack) => [stack.id, middle(stack)]));
  const first = reading.suggestions.find(({ state }) => state === 'offered');
  const stackId = first?.grid_id ?? reading.stacks[0]?.id ?? 0;
  const stack = reading.stacks.find(({ id }) => id === stackId);
  if (first && stack) cursors[stackId] = centreOf(first, stack);
  return { stackId, cursors };
}

/** 5 mm, or less where the whole image is small; a fortieth of the width where millimetres are unknown. */
function firstBrush(stack: Stack | undefined): number {
  if (!stack) return DEFAULT_BRUSH_MM;
  if (!stack.spacing_known) return Math.max(1, Math.round(stack.shape_zyx[2] / 40));
  const width = stack.shape_zyx[2] * stack.spacing_mm[2];
  return Math.max(1, Math.min(DEFAULT_BRUSH_MM, Math.round(width / 30)));
}

export function createWorkbench(reading: Reading, history: History = EMPTY_HISTORY, savedAt: string | null = null): WorkbenchStore {
  const { stackId, cursors } = firstView(reading);
  const stack = reading.stacks.find(({ id }) => id === stackId);
  const firstRow = reading.suggestions.find(({ state }) => state === 'offered');
  return createStore<Workbench>(() => ({
    reading,
    history,
    draft: draftOf(history),
    save: reading.editable ? { kind: 'saved', at: savedAt } : { kind: 'read_only' },
    editable: reading.editable,
    tool: 'window',
    brushMm: firstBrush(stack),
    tolerance: 0.15,
    mask: firstMaskSettings(stack),
    maskPanel: false,
    preview: null,
    labelKey: reading.label_set.labels.find(({ kind }) => kind !== 'tag')?.key ?? null,
    rowKey: firstRow ? `s:${firstRow.id}` : null,
    rejecting: false,
    renaming: false,
    stackId,
    cursors,
    layout: stack && canReformat(stack) ? 'three' : 'one',
    windows: {},
    inverted: false,
    fits: 0,
    overlays: true,
    peek: false,
    dialog: null,
    toast: null,
    aside: 0,
  }));
}

export const activeStack = (bench: Workbench): Stack | undefined =>
  bench.reading.stacks.find(({ id }) => id === bench.stackId);

export const labelOf = (bench: Workbench, key: string | null) =>
  bench.reading.label_set.labels.find((label) => label.key === key) ?? null;
