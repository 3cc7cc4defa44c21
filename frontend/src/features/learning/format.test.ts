import { describe, expect, it } from 'vitest';
import { interval, metric, percent, roughDuration, signed, tickText } from '@/features/learning/format';

describe('numbers', () => {
  it('use a true minus and a plus where a change is meant', () => {
    expect([signed(0.026), signed(-0.004), interval(-0.004, 0.018)]).toEqual(['+0.026', '−0.004', '−0.004 … +0.018']);
  });

  it('give no sign to what rounds to zero', () => {
    expect([signed(-0.0001), signed(0)]).toEqual(['0.000', '0.000']);
  });

  it('show a dash and never NaN for a missing number', () => {
    expect([metric(null), metric(Number.NaN), signed(null), percent(undefined)]).toEqual(['–', '–', '–', '–']);
  });

  it('keep enough digits on an axis to tell ticks apart', () => {
    expect([tickText(0), tickText(0.04), tickText(-0.02), tickText(0.005), tickText(0.25)]).toEqual(['0', '+0.04', '−0.02', '+0.005', '+0.25']);
  });

  it('round durations the way people say them', () => {
    expect(roughDuration(251)).toEqual({ unit: 'minutes', count: 4 });
    expect(roughDuration(12)).toEqual({ unit: 'seconds', count: 10 });
    expect(roughDuration(9000)).toEqual({ unit: 'hours', count: 2.5 });
  });
});
