import { describe, expect, it } from 'vitest';
import { curveLayout, floorOfAxis } from '@/features/learning/curveLayout';
import type { CurvePoint } from '@/features/learning/types';

const FRAME = { left: 32, top: 16, width: 352, height: 168 };
const point = (version: number, approved: number, value: number): CurvePoint => ({ model_version: version, approved, metric: value, low: value - 0.05, high: value + 0.05, state: 'retired' });

describe('learning curve', () => {
  it('runs left to right by approved readings, whatever the order of arrival', () => {
    const layout = curveLayout([point(3, 20, 0.8), point(1, 5, 0.5), point(2, 10, 0.7)], [], FRAME);
    expect(layout.points.map((p) => p.version)).toEqual(['v1', 'v2', 'v3']);
    const xs = layout.points.map((p) => p.x);
    expect([...xs].sort((a, b) => a - b)).toEqual(xs);
  });

  it('puts a better model higher and its interval around it', () => {
    const [low, high] = curveLayout([point(1, 5, 0.5), point(2, 10, 0.7)], [], FRAME).points;
    expect(high?.y).toBeLessThan(low?.y ?? 0);
    expect(high?.highY).toBeLessThan(high?.y ?? 0);
    expect(high?.lowY).toBeGreaterThan(high?.y ?? Infinity);
  });

  it('draws one single model without dividing by nothing', () => {
    const layout = curveLayout([point(1, 5, 0.5)], [], FRAME);
    expect(layout.points[0]?.x).toBe(FRAME.left + FRAME.width / 2);
    expect(layout.band).toBe('');
  });

  it('leaves out a random share of a model that is not on the curve or had no case', () => {
    const share = (version: number, n: number) => ({ model_version: version, accepted_unchanged: 0.4, n, low: 0.2, high: 0.6 });
    const layout = curveLayout([point(1, 5, 0.5), point(2, 9, 0.6)], [share(1, 4), share(2, 0), share(9, 4)], FRAME);
    expect(layout.random.map((p) => p.version)).toEqual(['v1']);
  });

  it('names the newest always and skips names that would overlap', () => {
    const { named } = curveLayout([point(1, 0, 0.5), point(2, 99, 0.6), point(3, 100, 0.7)], [], FRAME);
    expect([...named].sort()).toEqual(['v1', 'v3']);
  });

  it('starts its axis at a round value below everything shown', () => {
    expect([floorOfAxis([0.87, 0.9]), floorOfAxis([0.18]), floorOfAxis([]), floorOfAxis([-0.1])]).toEqual([0.8, 0, 0.8, 0]);
  });
});
