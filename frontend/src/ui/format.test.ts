// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { barLayout, extent, linearScale, ticks } from './charts';
import { formatBytes, formatClock, formatDate, formatMoment, formatNumber, formatSigned, roughDuration } from './format';
import { matches } from './hotkeys';
import { filterGroups } from './KeymapDialog';

describe('formats', () => {
  it('write a true minus and thousands', () => {
    expect(formatSigned(-0.0264)).toBe('−0.026');
    expect(formatSigned(0.026)).toBe('+0.026');
    expect(formatNumber(-1234567)).toBe('−1,234,567');
    expect(formatNumber(1234.5678, 2)).toBe('1,234.57');
  });

  it('write bytes with the unit a person reads', () => {
    expect([0, 999, 1000, 38e6, 8.1e6, 2.5e9].map(formatBytes)).toEqual(['0 B', '999 B', '1 kB', '38 MB', '8.1 MB', '2.5 GB']);
  });

  it('never shift a date without a time', () => {
    expect(formatDate('20261118')).toBe('2026-11-18');
    expect(formatDate('2026-11-18')).toBe('2026-11-18');
    expect(formatDate('')).toBe('–');
    expect(formatDate('soon')).toBe('–');
  });

  it('write today as a time', () => {
    const now = new Date(2026, 10, 18, 12, 0);
    expect(formatMoment(new Date(2026, 10, 18, 9, 5).toISOString(), now)).toBe('09:05');
    expect(formatMoment(new Date(2026, 10, 17, 9, 5).toISOString(), now)).toBe('2026-11-17');
  });

  it('write seconds as a clock', () => {
    expect([0, 59.6, 275, 3661, null].map(formatClock)).toEqual(['0:00', '1:00', '4:35', '1:01:01', '–']);
  });

  it('round a time left up, never to zero', () => {
    expect(roughDuration(1)).toEqual({ hours: 0, minutes: 0, seconds: 5 });
    expect(roughDuration(4125)).toEqual({ hours: 1, minutes: 10, seconds: 0 });
  });
});

describe('charts', () => {
  it('put round ticks inside the domain', () => {
    expect(ticks([0, 1], 4)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticks([-0.02, 0.12], 4)).toEqual([0, 0.05, 0.1]);
    expect(ticks([3, 3])).toEqual([3]);
  });

  it('scale and skip what is not a number', () => {
    expect(linearScale([0, 10], [0, 100])(5)).toBe(50);
    expect(linearScale([2, 2], [0, 100])(2)).toBe(0);
    expect(extent([null, Number.NaN, 2, 6])).toEqual([2, 6]);
    expect(extent([])).toEqual([0, 1]);
  });
});

describe('keys', () => {
  const press = (init: KeyboardEventInit) => new KeyboardEvent('keydown', init);

  it('go by the place of the key and by all its modifiers', () => {
    expect(matches('KeyS', press({ code: 'KeyS', key: 'ы' }))).toBe(true);
    expect(matches('KeyS', press({ code: 'KeyS', key: 's', ctrlKey: true }))).toBe(false);
    expect(matches('Ctrl+Enter', press({ key: 'Enter', code: 'Enter', metaKey: true }))).toBe(true);
    expect(matches('Enter', press({ key: 'Enter', code: 'Enter', shiftKey: true }))).toBe(false);
  });

  it('go by the sign where the sign is meant', () => {
    expect(matches('?', press({ key: '?', code: 'Slash', shiftKey: true }))).toBe(true);
    expect(matches('/', press({ key: '/', code: 'Digit7', shiftKey: true }))).toBe(true);
  });

  it('are found in the dialog by action or key', () => {
    const groups = [{ title: 'g', rows: [{ label: 'Undo', keys: ['Ctrl+Z'] }, { label: 'Accept', keys: ['A'] }] }];
    expect(filterGroups(groups, 'a')[0]?.rows.map((row) => row.label)).toEqual(['Accept']);
    expect(filterGroups(groups, 'zoom')).toEqual([]);
  });
});

describe('bars', () => {
  it('end under a round number, whole while the values are', () => {
    expect(barLayout([[1], [3]], 100)).toMatchObject({ ticks: [0, 1, 2, 3], top: 3, step: 50 });
    expect(barLayout([[7]], 100).top).toBe(8);
    expect(barLayout([[0.7]], 100).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(barLayout([[230], [12]], 100).top).toBe(300);
  });

  it('have an axis when there is nothing, and labels at the ends and in the middle', () => {
    expect(barLayout([], 100)).toMatchObject({ ticks: [0, 1], labelled: [] });
    expect(barLayout([[0], [0]], 100).top).toBe(1);
    expect(barLayout(Array.from({ length: 14 }, () => [1]), 280)).toMatchObject({ labelled: [0, 7, 13], step: 20, barWidth: 15 });
  });
});
