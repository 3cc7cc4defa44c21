/** The props of a view: what to show, what the hand does, and where its results go. */
import type { Box, SliceRuns, Stack, Triple } from '@/api/readingTypes';
import type { IndexIJK, PlaneName, ViewAxis } from '@/domain/coordinates';
import type { MeasureTool } from '@/domain/measures';
import type { Mark } from './marks';
import type { MeasureDrawn } from './measureDrags';
import type { ShownWindow } from './useViewport';

export type ViewTool = 'window' | 'zoom' | 'pan' | 'brush' | 'eraser' | 'threshold' | 'box' | 'length' | MeasureTool;

const STROKE_TOOLS = ['brush', 'eraser', 'threshold'] as const;
type StrokeTool = (typeof STROKE_TOOLS)[number];
export const isStrokeTool = (tool: string | undefined): tool is StrokeTool => STROKE_TOOLS.includes(tool as StrokeTool);

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
