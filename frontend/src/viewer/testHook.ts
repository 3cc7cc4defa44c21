/** `window.__viewer`: what browser tests may ask, read only. It knows what is shown and holds nothing that could change it. */
import type { Stack } from '@/api/readingTypes';
import { worldLps, worldToIndex, type ViewAxis } from '@/domain/coordinates';
import { indexToPlane } from '@/domain/planes';
import { toCanvas } from './projection';
import type { Shown } from './useViewport';

interface ViewFacts {
  readonly stack: Stack;
  readonly axis: ViewAxis;
  readonly shown: Shown;
}

export interface ViewerFacts {
  /** Number of the plane shown by each view, null before the first image. */
  planes(): Record<string, number | null>;
  window(name: string): Shown['window'];
  /** Page position of an LPS point in a view, null while nothing is shown. */
  worldToPage(name: string, world: [number, number, number]): [number, number] | null;
  /** Page position of a voxel in a view. */
  indexToPage(name: string, index: [number, number, number]): [number, number] | null;
  facts: Record<string, () => unknown>;
}

declare global {
  interface Window {
    __viewer?: ViewerFacts;
  }
}

const views = new Map<string, () => ViewFacts>();
const facts: Record<string, () => unknown> = {};

function pageOf(name: string, index: readonly [number, number, number]): [number, number] | null {
  const view = views.get(name)?.();
  const rect = document.querySelector(`[data-testid="${name}"]`)?.getBoundingClientRect();
  if (!view?.shown.projection || !rect) return null;
  const [x, y] = toCanvas(view.shown.projection, indexToPlane(view.axis, index as never));
  return [rect.left + x, rect.top + y];
}

const hook: ViewerFacts = {
  planes: () => Object.fromEntries([...views].map(([name, view]) => [name, view().shown.plane])),
  window: (name) => views.get(name)?.().shown.window ?? null,
  worldToPage(name, [x, y, z]) {
    const stack = views.get(name)?.().stack;
    return stack ? pageOf(name, worldToIndex(stack.affine_lps, worldLps(x, y, z))) : null;
  },
  indexToPage: pageOf,
  facts,
};

export function registerView(name: string, view: () => ViewFacts): () => void {
  views.set(name, view);
  window.__viewer = hook;
  return () => {
    if (views.get(name) === view) views.delete(name);
  };
}

/** Adds a named question, for example `saveState` or `voxels`. */
export function registerFact(name: string, answer: () => unknown): () => void {
  facts[name] = answer;
  window.__viewer = hook;
  return () => {
    if (facts[name] === answer) delete facts[name];
  };
}
