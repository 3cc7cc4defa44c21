import { describe, expect, it } from 'vitest';
import { floorScale, gateScale } from '@/features/learning/gateScale';

const WIDTH_PX = 220;
const row = (low: number, gain: number, high: number): { gain: number; low: number; high: number } => ({ gain, low, high });

describe('gate scale', () => {
  it('keeps every interval, zero and the margin inside the column', () => {
    const rows = [row(0.011, 0.026, 0.041), row(-0.3, -0.1, 0.02), row(0.021, 0.064, 0.108)];
    const scale = gateScale(rows, 0.02, WIDTH_PX);
    for (const value of [...rows.flatMap(({ low, high }) => [low, high]), 0, -0.02]) {
      expect(scale.x(value)).toBeGreaterThan(0);
      expect(scale.x(value)).toBeLessThan(WIDTH_PX);
    }
  });

  it('grows to the right: a larger gain lies further right and the margin lies left of zero', () => {
    const scale = gateScale([row(-0.01, 0.02, 0.05)], 0.02, WIDTH_PX);
    expect(scale.x(0.05)).toBeGreaterThan(scale.x(0.02));
    expect(scale.marginX).toBeLessThan(scale.zeroX);
  });

  it('numbers zero and the margin when there is room', () => {
    const scale = gateScale([row(0.011, 0.026, 0.12)], 0.02, WIDTH_PX);
    expect(scale.ticks.find((tick) => tick.isMargin)?.value).toBe(-0.02);
    expect(scale.ticks.some((tick) => tick.value === 0)).toBe(true);
  });

  it('drops the number of the margin, not its line, when a wide scale would print it over zero', () => {
    const scale = gateScale([row(0.4, 0.7, 0.9)], 0.02, WIDTH_PX);
    expect(scale.ticks.some((tick) => tick.isMargin)).toBe(false);
    expect(scale.marginX).toBeLessThan(scale.zeroX);
  });

  it.each([0.005, 0.03, 0.11, 0.4, 1])('never prints two numbers on top of each other (reach %d)', (reach) => {
    const { ticks } = gateScale([row(-reach / 3, reach / 2, reach)], 0.02, WIDTH_PX);
    const gaps = ticks.slice(1).map((tick, index) => tick.x - (ticks[index]?.x ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(26);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
  });

  it('still draws with no interval at all', () => {
    const scale = gateScale([{ gain: null, low: null, high: null }], 0.02, WIDTH_PX);
    expect(Number.isFinite(scale.zeroX)).toBe(true);
  });

  it('puts the floor of a first model between 0 and 1', () => {
    const scale = floorScale(0.55, 200);
    expect(scale.marginX).toBeGreaterThan(scale.x(0.5));
    expect(scale.marginX).toBeLessThan(scale.x(0.6));
  });
});
