/** The words of a measure: units only where they are known, and what RECIST says of a lesion. */
import { createInstance, type TFunction } from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding, Triple } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { measured, type MeasureTool } from '@/domain/measures';
import { catalogues } from '@/i18n';
import { measureLines, measureName, type StackFacts } from '@/viewer/measureText';

let t: TFunction<'reading'>;
beforeAll(async () => {
  const made = createInstance();
  await made.init({ lng: 'en', resources: catalogues() as never, defaultNS: 'reading', interpolation: { escapeValue: false } });
  t = made.getFixedT('en', 'reading') as never;
});

const stack: StackFacts = {
  shape_zyx: [10, 64, 64], spacing_mm: [3, 1, 1], spacing_known: true, orientation_known: true,
  affine_lps: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]],
};
const flat: StackFacts = { ...stack, shape_zyx: [1, 64, 64], spacing_known: false, orientation_known: false };
const label = (name: string): Label => ({ key: 'x', name, meaning: '' }) as Label;

function finding(tool: MeasureTool, points: Triple[], more: { known?: boolean; values?: Parameters<typeof measured>[0]['values']; name?: string } = {}): Finding {
  const measure = measured({ tool, points_lps: points, values: more.values ?? null }, more.known ?? true);
  return { kind: 'measure', label_key: '', name: more.name ?? '', measure, length_mm: null } as Finding;
}
const axes = (long: number, short: number): Triple[] => [[0, 0, 0], [long, 0, 0], [1, 0, 0], [1, short, 0]];

describe('what a measure says', () => {
  it('has millimetres and HU where they are known', () => {
    const values = { count: 12, mean: 41.26, sd: 3.04, min: 30, max: 55, unit: 'HU' };
    const lines = measureLines(finding('ellipse', [[5, 5, 0], [9, 5, 0], [5, 8, 0]], { values }), stack, null, t);
    expect(lines).toEqual(['mean 41 HU, SD 3.0', 'min 30, max 55, n 12', 'area 37.7 mm²']);
    const point = { count: 1, mean: -812, sd: 0, min: -812, max: -812, unit: 'HU' };
    expect(measureLines(finding('probe', [[-12.44, 3, 40.5]], { values: point }), stack, null, t)).toEqual(['−812 HU', 'R 12.4 P 3.0 H 40.5 mm']);
  });

  it('has px, no side of the body and no verdict where they are not', () => {
    const values = { count: 12, mean: 0.4126, sd: 0.011, min: 0.4, max: 0.43, unit: 'raw' };
    expect(measureLines(finding('ellipse', [[5, 5, 0], [9, 5, 0], [5, 8, 0]], { known: false, values }), flat, null, t)).toEqual([
      'mean 0.413 raw, SD 0.011', 'min 0.400, max 0.430, n 12', 'area 37.7 px²',
    ]);
    expect(measureLines(finding('probe', [[12, 3, 0]], { known: false }), flat, null, t)).toEqual(['values not at hand', 'column 13, row 4']);
    expect(measureLines(finding('bidirectional', axes(5, 2), { known: false }), flat, label('Lesion'), t)).toEqual(['5.0 × 2.0 px']);
  });

  it('says when a lesion or a node is too small for a target', () => {
    const drawn = finding('bidirectional', axes(14, 9));
    expect(measureLines(drawn, stack, label('Lesion'), t)).toEqual(['14.0 × 9.0 mm']);
    expect(measureLines(drawn, stack, label('Lymph node'), t)).toEqual(['14.0 × 9.0 mm', 'not measurable as target: short axis under 15 mm']);
    expect(measureLines(drawn, { ...stack, spacing_mm: [7.5, 1, 1] }, label('Lesion'), t)[1]).toBe('not measurable as target: long axis under 15 mm');
  });

  it('is called by its name, else by its label and tool', () => {
    expect(measureName(finding('angle', [[1, 0, 0], [0, 0, 0], [0, 1, 0]]), null, t)).toBe('Angle');
    expect(measureName(finding('bidirectional', axes(5, 2)), 'Lesion', t)).toBe('Lesion: Long and short axis');
    expect(measureName(finding('arrow', [[0, 0, 0], [1, 1, 0]], { name: 'here' }), 'Lesion', t)).toBe('here');
    expect(measureLines(finding('angle', [[1, 0, 0], [0, 0, 0], [0, 1, 0]]), stack, null, t)).toEqual(['90.0°']);
  });
});
