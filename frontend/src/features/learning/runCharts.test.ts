import { describe, expect, it } from 'vitest';
import { lastEpoch, lossChart, metricDomain, networkName, planText } from '@/features/learning/runCharts';
import type { RunDetail, RunMetric } from '@/features/learning/types';

const line = (epoch: number, train: number | null, validation: number | null, value: number | null): RunMetric => ({ epoch, train_loss: train, val_loss: validation, val_metric: value, per_label: {}, seconds: null });

describe('loss chart', () => {
  it('writes the values at the ends of the lines when they lie apart', () => {
    const chart = lossChart([line(1, 1, 1.1, 0.2), line(2, 0.2, 0.6, 0.4)]);
    expect(chart.legendValues).toBeNull();
    expect(chart.series.every((series) => series.endValue)).toBe(true);
  });

  it('moves the values into the legend when they would lie on each other', () => {
    const chart = lossChart([line(1, 1, 1.1, 0.2), line(2, 0.2, 0.22, 0.4)]);
    expect(chart.legendValues).toEqual({ train: 0.2, validation: 0.22 });
    expect(chart.series.some((series) => series.endValue)).toBe(false);
  });

  it('survives epochs without a validation and losses below zero', () => {
    const chart = lossChart([line(1, 0.4, null, null), line(2, -0.3, null, null)]);
    expect(chart.domain[0]).toBeLessThanOrEqual(-0.3);
    expect(chart.domain[1]).toBeGreaterThanOrEqual(0.4);
  });
});

describe('metric chart', () => {
  it('spans the curve and the active model, inside 0 and 1', () => {
    const [low, high] = metricDomain([line(1, 1, 1, 0.34), line(2, 1, 1, 0.91)], 0.86);
    expect(low).toBeLessThanOrEqual(0.34);
    expect(high).toBeGreaterThanOrEqual(0.91);
    expect(high).toBeLessThanOrEqual(1);
  });

  it('has a height even when every value is the same', () => {
    const [low, high] = metricDomain([line(1, 1, 1, 1)], null);
    expect(high).toBeGreaterThan(low);
  });
});

describe('axis of a running training', () => {
  const run = (epochs: number, fraction: number, state: RunDetail['state'] = 'running') =>
    ({ state, metrics: [line(1, 1, 1, 0.1), line(20, 1, 1, 0.2)], progress: { epochs, fraction } }) as unknown as RunDetail;

  it('ends at the planned epochs, or where the pace leads when time bounds the run', () => {
    expect(lastEpoch(run(120, 0.2))).toBe(120);
    expect(lastEpoch(run(0, 0.5))).toBe(40);
    expect(lastEpoch(run(0, 0.01))).toBe(20);
  });

  it('ends at the last epoch once the run is over', () => {
    expect(lastEpoch(run(120, 1, 'succeeded'))).toBe(20);
  });
});

describe('network', () => {
  it('is the one the plan chose, by its name', () => {
    const networks = [{ key: 'auto', name: 'Automatic' }, { key: 'unet2d', name: 'U-Net 2D' }];
    expect(networkName({ network: 'auto', plan: null }, networks)).toBe('Automatic');
    expect(networkName({ network: 'auto', plan: { network: 'unet2d' } }, networks)).toBe('U-Net 2D');
    expect(networkName({ network: 'vnet', plan: null }, networks)).toBe('vnet');
  });
});

describe('plan', () => {
  it('is told once it is written', () => {
    expect(planText({ plan: { dims: 2, patch_zyx: [1, 192, 160] } })).toBe('2D, 192 × 160');
    expect(planText({ plan: null })).toBeNull();
  });
});
