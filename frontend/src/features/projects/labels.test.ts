import { expect, it } from 'vitest';
import { labelInputs, labelKey } from './labels';

it('makes plain keys that never meet', () => {
  expect(labelKey('FLAIR hyperintensity', new Set())).toBe('flair_hyperintensity');
  expect(labelKey('Œdème 2', new Set())).toBe('deme_2');
  expect(labelKey('病灶', new Set(['label']))).toBe('label_2');
});

it('leaves rows without a name out and gives each label a colour of the look', () => {
  const labels = labelInputs([{ name: ' Lesion ', kind: 'segment' }, { name: ' ', kind: 'box' }, { name: 'lesion', kind: 'box' }], ['#111111', '#222222']);
  expect(labels).toEqual([
    { key: 'lesion', name: 'Lesion', kind: 'segment', colour: '#111111' },
    { key: 'lesion_2', name: 'lesion', kind: 'box', colour: '#222222' },
  ]);
});
