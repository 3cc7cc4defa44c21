import { describe, expect, it } from 'vitest';
import type { Worklist, WorklistRow } from '@/api/types';
import { facetsOf, filterGroups, groupsOf, keepSelection, NO_FILTERS, toggle, viewCounts } from './filters';

const row = (case_id: number, change: Partial<WorklistRow> = {}): WorklistRow => ({
  case_id,
  reading_id: null,
  pseudonym: `P-00000${case_id}`,
  description: 'Brain',
  modality: 'MR',
  study_date: '2026-11-18',
  reason: { code: 'random_share', text: '', detail: '', values: {} },
  suggestions: null,
  ai: { state: 'none', model_version: null, progress: null },
  status: 'new',
  updated_at: '',
  has_prior: false,
  thumbnail_url: null,
  ...change,
});

const LIST: Worklist = {
  groups: [
    { key: 'returned', title_key: '', count: 1, items: [row(1, { status: 'returned', reason: { code: 'returned', text: '', detail: '', values: {} } })] },
    { key: 'open', title_key: '', count: 1, items: [row(2, { status: 'open' })] },
    { key: 'queue', title_key: '', count: 3, items: [row(3), row(4, { modality: 'CR', suggestions: { count: 2, unsure: 1 } }), row(5)] },
    { key: 'submitted', title_key: '', count: 2, items: [row(6, { status: 'submitted' }), row(7, { status: 'returned' })] },
  ],
  progress: { read_today: 0, target: 20, approved: 0, in_review: 0, returned: 0, median_seconds: null, left: 20 },
};

const ids = (groups: { rows: WorklistRow[] }[]) => groups.flatMap((group) => group.rows.map((one) => one.case_id));

describe('views', () => {
  it('keep the order of the server and split what is done from what is to do', () => {
    expect(ids(groupsOf(LIST, 'queue'))).toEqual([1, 2, 3, 4, 5]);
    expect(ids(groupsOf(LIST, 'submitted'))).toEqual([6, 7]);
  });

  it('count each row of a view once', () => {
    expect(viewCounts(LIST)).toEqual({ queue: 5, open: 1, returned: 1, submitted: 2 });
  });
});

it('counts what the server left out, as long as nothing is filtered', () => {
  const long: Worklist = { ...LIST, groups: LIST.groups.map((group) => (group.key === 'queue' ? { ...group, count: 412 } : group)) };
  expect(viewCounts(long)).toMatchObject({ queue: 414 });
  expect(filterGroups(groupsOf(long, 'queue'), { ...NO_FILTERS, text: 'p-000003' }).map((group) => group.total)).toEqual([1]);
});

describe('filters', () => {
  const all = groupsOf(LIST, 'queue');

  it('show everything until something is switched off', () => {
    expect(ids(filterGroups(all, NO_FILTERS))).toEqual([1, 2, 3, 4, 5]);
  });

  it('hide one modality, one reason, or what has suggestions', () => {
    expect(ids(filterGroups(all, { ...NO_FILTERS, modalitiesOff: new Set(['MR']) }))).toEqual([4]);
    expect(ids(filterGroups(all, { ...NO_FILTERS, reasonsOff: new Set(['random_share']) }))).toEqual([1]);
    expect(ids(filterGroups(all, { ...NO_FILTERS, suggestionsOff: new Set(['ready']) }))).toEqual([1, 2, 3, 5]);
  });

  it('search name, description, modality and date without regard to case', () => {
    expect(ids(filterGroups(all, { ...NO_FILTERS, text: ' p-000003 ' }))).toEqual([3]);
    expect(ids(filterGroups(all, { ...NO_FILTERS, text: 'cr' }))).toEqual([4]);
  });

  it('drop groups that became empty', () => {
    expect(filterGroups(all, { ...NO_FILTERS, text: 'p-000003' }).map((group) => group.key)).toEqual(['queue']);
  });

  it('count facets over the whole view, not over what is left', () => {
    expect(facetsOf(all)).toEqual({
      reasons: [
        { key: 'random_share', count: 4 },
        { key: 'returned', count: 1 },
      ],
      modalities: [
        { key: 'CR', count: 1 },
        { key: 'MR', count: 4 },
      ],
      suggestions: [
        { key: 'ready', count: 1 },
        { key: 'without', count: 4 },
      ],
    });
  });

  it('toggle without changing the set they were given', () => {
    const before: ReadonlySet<string> = new Set(['a']);
    expect([...toggle(before, 'b')]).toEqual(['a', 'b']);
    expect([...toggle(before, 'a')]).toEqual([]);
    expect([...before]).toEqual(['a']);
  });
});

describe('selection', () => {
  const rows = [row(1), row(2), row(3)];

  it('stays on the same case when the order changes', () => {
    expect(keepSelection([row(3), row(1)], '3/', 2)?.case_id).toBe(3);
  });

  it('follows a case that was claimed meanwhile, and tells two readings of one case apart', () => {
    expect(keepSelection([row(3, { reading_id: 8 }), row(1)], '3/', 1)?.reading_id).toBe(8);
    expect(keepSelection([row(3, { reading_id: 8 }), row(3, { reading_id: 9 })], '3/9', 0)?.reading_id).toBe(9);
  });

  it('moves to the row at the same place when the case is gone, and to the last at the end', () => {
    expect(keepSelection(rows, '9/', 1)?.case_id).toBe(2);
    expect(keepSelection(rows, '9/', 7)?.case_id).toBe(3);
    expect(keepSelection([], '9/', 0)).toBeNull();
  });
});
