import { expect, it } from 'vitest';
import { findItems, type PaletteItem } from './palette';

const item = (group: PaletteItem['group'], label: string, detail = ''): PaletteItem => ({ id: label, group, label, detail, run: () => undefined });
const ITEMS = [item('case', 'P-91C7E0', 'Brain, MR'), item('page', 'Worklist'), item('page', 'Data'), item('command', 'Dark theme'), ...Array.from({ length: 20 }, (_, at) => item('case', `P-AA${at}`))];

it('offers no cases until something is typed', () => {
  expect(findItems(ITEMS, ' ').map((one) => one.label)).toEqual(['Worklist', 'Data', 'Dark theme']);
});

it('puts what begins so before what contains it, and finds details last', () => {
  expect(findItems(ITEMS, 'da').map((one) => one.label)).toEqual(['Data', 'Dark theme']);
  expect(findItems(ITEMS, 'brain').map((one) => one.label)).toEqual(['P-91C7E0']);
});

it('keeps the list of cases short', () => {
  expect(findItems(ITEMS, 'p-aa')).toHaveLength(8);
});
