/** What the mask tools are set to, and the change that waits for Enter. */
import type { SliceRuns, Stack } from '@/api/readingTypes';
import type { MaskScope } from '@/domain/components';
import type { ScissorAction, ScissorReach, ScissorShape } from '@/domain/scissors';

export interface MaskSettings {
  readonly scope: MaskScope;
  /** Margin, and radius of smoothing. */
  readonly mm: number;
  /** Islands below this go: mm³, or mm² in each slice. */
  readonly minSize: number;
  readonly scissorShape: ScissorShape;
  readonly scissorAction: ScissorAction;
  readonly scissorReach: ScissorReach;
  readonly growUnit: 'value' | 'percentile';
  readonly growTolerance: number;
  readonly growMm: number;
  /** Row of the other finding of a logical operation; null: the next one in the list. */
  readonly otherKey: string | null;
}

/** What the steppers of the panel go through. */
export const MASK_STEPS = {
  mm: [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20],
  minSize: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  growTolerance: [1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500],
  growMm: [3, 5, 10, 15, 20, 30, 40, 60, 80, 100],
} as const;

/** Percentiles beyond this would accept everything. */
export const MAX_PERCENTILES = 50;

export const firstMaskSettings = (stack: Stack | undefined): MaskSettings => ({
  scope: 'volume',
  mm: 2,
  minSize: 10,
  scissorShape: 'rectangle',
  scissorAction: 'erase_inside',
  scissorReach: 'plane',
  growUnit: stack?.rescale_is_hu ? 'value' : 'percentile',
  growTolerance: stack?.rescale_is_hu ? 50 : 10,
  growMm: 20,
  otherKey: null,
});

export interface MaskPreview {
  /** Name in the journal. */
  readonly tool: string;
  readonly state: 'working' | 'ready';
  readonly gridId: number;
  /** Changes of the mask; empty while it is worked out. */
  readonly delta: readonly SliceRuns[];
  readonly added: readonly SliceRuns[];
  readonly removed: readonly SliceRuns[];
  readonly addedVoxels: number;
  readonly removedVoxels: number;
  /** A region that grew in its slice alone, because the volume round it would be too much. */
  readonly flat: boolean;
  /** Works it out anew with the settings as they are now. */
  readonly again: () => void;
}
