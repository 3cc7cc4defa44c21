/** The props of a view: what to show, what the hand does, and where its results go. */
import type { Box, SliceRuns, Stack, Triple } from '@/api/readingTypes';
import type { IndexIJK, PlaneName, PlaneUV, ViewAxis } from '@/domain/coordinates';
import type { MeasureTool } from '@/domain/measures';
import type { ScissorShape } from '@/domain/scissors';
import type { Mark } from './marks';
import type { MeasureDrawn } from './measureDrags';
import type { ShownWindow } from './useViewport';

export type ViewTool = 'window' | 'zoom' | 'pan' | 'brush' | 'eraser' | 'threshold' | 'box' | 'length' | 'fill' | 'island' | 'scissors' | 'grow' | MeasureTool;

const STROKE_TOOLS = ['brush', 'eraser', 'threshold'] as const;
type StrokeTool = (typeof STROKE_TOOLS)[number];
export const isStrokeTool = (tool: string | undefined): tool is StrokeTool => STROKE_TOOLS.includes(tool as StrokeTool);

/** Tools that change masks work through the handles of measures: lesions are measured where they are painted. */
const MASK_TOOLS = ['fill', 'island', 'scissors', 'grow'];
export const isMaskTool = (tool: string | undefined): boolean => isStrokeTool(tool) || MASK_TOOLS.includes(tool ?? '');

export interface ViewBrush {
  readonly radiusMm: number;
  /** Threshold brush: accepted distance from the first value, as a share of the window width. */
  readonly tolerance: number;
  readonly colour: string;
  /** The mask that a stroke changes; empty for a new finding. */
  readonly target: readonly SliceRuns[];
  /** Key of the mark that is hidden while the stroke is drawn in its place. */
  readonly targetKey: string | null;
}

export interface ViewHandlers {
  onCursor?: (cursor: IndexIJK) => void;
  onWindow?: (window: ShownWindow) => void;
  onStroke?: (tool: 'brush' | 'eraser' | 'threshold', slices: SliceRuns[]) => void;
  /** A click of fill, island or region growing on a voxel (whole u, v) of a plane. */
  onVoxel?: (plane: number, at: PlaneUV, windowWidth: number) => void;
  /** A shape of the scissors as a closed polygon, flat u, v, … in index units. */
  onCut?: (plane: number, polygon: readonly number[]) => void;
  onBox?: (box: Box) => void;
  onMoveBox?: (key: string, box: Box) => void;
  onLength?: (points: [Triple, Triple]) => void;
  onMoveLength?: (key: string, points: [Triple, Triple]) => void;
  onMeasure?: (drawn: MeasureDrawn) => void;
  onMoveMeasure?: (key: string, drawn: MeasureDrawn) => void;
  /** A tool that cannot be used in this view. */
  onRefused?: (why: 'inSlice') => void;
  onPick?: (key: string) => void;
  onBrushSize?: (steps: number) => void;
  onActivate?: () => void;
}

export interface StackViewProps extends ViewHandlers {
  readonly stack: Stack;
  /** k: as acquired; i and j: the other two planes of the volume. */
  readonly axis: ViewAxis;
  readonly cursor: IndexIJK;
  readonly marks: readonly Mark[];
  readonly window?: ShownWindow | null;
  readonly inverted?: boolean;
  readonly hideMarks?: boolean;
  readonly tool?: ViewTool;
  readonly brush?: ViewBrush | null;
  readonly scissors?: ScissorShape;
  /** A change of a mask that is not stored yet. */
  readonly preview?: { readonly added: readonly SliceRuns[]; readonly removed: readonly SliceRuns[] } | null;
  readonly crosshair?: boolean;
  /** Each change shows the whole image again. */
  readonly fits?: number;
  /** Lines of the top left corner. */
  readonly identity?: readonly string[];
  readonly active?: boolean;
  readonly sliceBar?: boolean;
  readonly testId?: string;
  /** Filled in by the view. */
  readonly planeNames?: Readonly<Record<ViewAxis, PlaneName>>;
}
