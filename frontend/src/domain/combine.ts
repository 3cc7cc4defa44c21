/** Union, difference and intersection of voxel sets as runs, without unpacking them. */
import type { Runs, SliceRuns } from './runs';

export type LogicOperation = 'add' | 'subtract' | 'intersect';

type Rule = (inA: boolean, inB: boolean) => boolean;

const RULES: Readonly<Record<LogicOperation, Rule>> = {
  add: (inA, inB) => inA || inB,
  subtract: (inA, inB) => inA && !inB,
  intersect: (inA, inB) => inA && inB,
};

/** The n-th flank of canonical runs: start, end, start, end, …; Infinity after the last. */
function edgeAt(runs: Runs, n: number): number {
  if (n >= runs.length) return Infinity;
  return n % 2 === 0 ? (runs[n] ?? 0) : (runs[n - 1] ?? 0) + (runs[n] ?? 0);
}

/** Both in canonical form, and so is the result. */
export function combineRuns(a: Runs, b: Runs, operation: LogicOperation): number[] {
  const rule = RULES[operation];
  const runs: number[] = [];
  let [p, q, start] = [0, 0, -1];
  for (;;) {
    const [left, right] = [edgeAt(a, p), edgeAt(b, q)];
    const at = Math.min(left, right);
    if (at === Infinity) return runs;
    if (left === at) p += 1;
    if (right === at) q += 1;
    const inside = rule(p % 2 === 1, q % 2 === 1);
    if (inside && start < 0) start = at;
    else if (!inside && start >= 0) {
      runs.push(start, at - start);
      start = -1;
    }
  }
}

/** The same for sets of slices; the result is ordered by k and holds no empty slice. */
export function combineSlices(a: readonly SliceRuns[], b: readonly SliceRuns[], operation: LogicOperation): SliceRuns[] {
  const [inA, inB] = [a, b].map((slices) => new Map(slices.map(({ k, runs }) => [k, runs])));
  const numbers = [...new Set([...a, ...b].map(({ k }) => k))].sort((p, q) => p - q);
  return numbers
    .map((k) => ({ k, runs: combineRuns(inA?.get(k) ?? [], inB?.get(k) ?? [], operation) }))
    .filter(({ runs }) => runs.length > 0);
}
