import { describe, expect, it } from 'vitest';
import type { ImportItem } from '@/api/types';
import { consequences, outcomesCsv, shownItems } from './outcomes';

const item = (change: Partial<ImportItem>): ImportItem => ({
  id: 1,
  outcome: 'accepted',
  name: 'ct/ser1',
  files: 3,
  bytes: 10,
  modality: 'CT',
  rule: '',
  reason: '',
  patient: 'P-1',
  case_id: 1,
  blocks_training: false,
  ...change,
});

const keys = (one: ImportItem) => consequences(one).map((line) => `${line.good ? '+' : '-'}${line.key}`);

describe('what an outcome means', () => {
  it('says that a blocked series does not train, and never that it does', () => {
    expect(keys(item({ outcome: 'warning', rule: 'geometry.missing_slice', blocks_training: true }))).toEqual(['+viewed', '+lengths', '-keptOut']);
    expect(keys(item({}))).toContain('+trains');
  });

  it('never promises millimetres without spacing', () => {
    expect(keys(item({ outcome: 'warning', rule: 'spacing.absent' }))).toContain('-noMillimetres');
    expect(keys(item({ outcome: 'warning', rule: 'spacing.absent' }))).not.toContain('+lengths');
  });

  it('says that refused files are not stored', () => {
    expect(keys(item({ outcome: 'refused' }))).toContain('-notStored');
  });
});

describe('the list as CSV', () => {
  it('quotes commas, quotes and line breaks', () => {
    const csv = outcomesCsv([item({ reason: 'a, "b"\nc' })]);
    expect(csv.split('\r\n')[0]).toBe('outcome,name,files,bytes,modality,rule,reason,patient,case_id,blocks_training');
    expect(csv).toContain('"a, ""b""\nc"');
  });

  it('never hands a spreadsheet a formula made from a file name', () => {
    expect(outcomesCsv([item({ name: '=HYPERLINK("x")' })])).toContain('"\'=HYPERLINK(""x"")"');
    expect(outcomesCsv([item({ name: '@cmd' })])).toContain("accepted,'@cmd,");
  });

  it('writes an absent case as an empty cell', () => {
    expect(outcomesCsv([item({ case_id: null })])).toContain(',P-1,,false');
  });
});

it('shows one outcome or all', () => {
  const items = [item({}), item({ id: 2, outcome: 'refused' })];
  expect(shownItems(items, 'refused').map((one) => one.id)).toEqual([2]);
  expect(shownItems(items, null)).toHaveLength(2);
});
