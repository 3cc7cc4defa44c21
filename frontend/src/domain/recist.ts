/** RECIST 1.1: whether a lesion is large enough to be measured as a target. */

const LESION_MM = 10;
const NODE_MM = 15;
const THICK_SLICE_MM = 5;

export interface TargetQuestion {
  readonly longMm: number;
  readonly shortMm: number;
  /** Lymph nodes are judged by their short axis. */
  readonly isNode: boolean;
  /** Null where the image has one slice only. */
  readonly sliceMm: number | null;
}

export interface TargetAnswer {
  readonly measurable: boolean;
  readonly axis: 'long' | 'short';
  /** What the axis must reach, in mm. */
  readonly neededMm: number;
}

/** 10 mm for a lesion, 15 mm (short axis) for a node, and twice the slice where that is thicker than 5 mm. */
export function targetOf({ longMm, shortMm, isNode, sliceMm }: TargetQuestion): TargetAnswer {
  const least = isNode ? NODE_MM : LESION_MM;
  const neededMm = sliceMm !== null && sliceMm > THICK_SLICE_MM ? Math.max(least, 2 * sliceMm) : least;
  return { measurable: (isNode ? shortMm : longMm) >= neededMm, axis: isNode ? 'short' : 'long', neededMm };
}

/** True for a label that names a lymph node; a nodule is none. */
export const isNodeLabel = (...texts: readonly string[]): boolean => texts.some((text) => /\blymph|\bnodes?\b/i.test(text));
