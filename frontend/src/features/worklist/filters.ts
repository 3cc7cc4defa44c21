/** Views, filters and counts of the work list: pure functions of what the server sent. Nothing here can tell the lanes apart. */
import type { ReasonCode, Worklist, WorklistGroupKey, WorklistRow } from '@/api/types';

export type View = 'queue' | 'open' | 'returned' | 'submitted';
export const VIEWS: readonly View[] = ['queue', 'open', 'returned', 'submitted'];

/** Everything is on until switched off, so a new reason or modality shows by itself. */
export interface Filters {
  reasonsOff: ReadonlySet<string>;
  modalitiesOff: ReadonlySet<string>;
  suggestionsOff: ReadonlySet<string>;
  text: string;
}

export const NO_FILTERS: Filters = {
  reasonsOff: new Set(),
  modalitiesOff: new Set(),
  suggestionsOff: new Set(),
  text: '',
};

export interface Group {
  key: WorklistGroupKey;
  rows: WorklistRow[];
  /** How many there are on the server; `rows` may show only the first of them. */
  total: number;
}

const REASON_ORDER: readonly ReasonCode[] = ['first_batch', 'model_unsure', 'random_share', 'new', 'returned', 'second_look'];

function inView(view: View, group: WorklistGroupKey, row: WorklistRow): boolean {
  if (view === 'queue') return group !== 'submitted';
  if (view === 'submitted') return group === 'submitted';
  return group !== 'submitted' && row.status === view;
}

export function groupsOf(list: Worklist, view: View): Group[] {
  return list.groups
    .map((group) => {
      const rows = group.items.filter((row) => inView(view, group.key, row));
      // Rows the server left out are of the same kind as the group; a narrower view counts only what it can see.
      const unseen = view === 'queue' || view === 'submitted' ? group.count - group.items.length : 0;
      return { key: group.key, rows, total: rows.length + unseen };
    })
    .filter((group) => group.rows.length > 0);
}

export function suggestionsKey(row: WorklistRow): 'ready' | 'without' {
  return row.suggestions && row.suggestions.count > 0 ? 'ready' : 'without';
}

function matchesText(row: WorklistRow, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return true;
  return `${row.pseudonym} ${row.description} ${row.modality} ${row.study_date}`.toLowerCase().includes(wanted);
}

export function passes(row: WorklistRow, filters: Filters): boolean {
  if (filters.reasonsOff.has(row.reason.code)) return false;
  if (filters.modalitiesOff.has(row.modality)) return false;
  if (filters.suggestionsOff.has(suggestionsKey(row))) return false;
  return matchesText(row, filters.text);
}

export function filterGroups(groups: readonly Group[], filters: Filters): Group[] {
  return groups
    .map((group) => {
      const rows = group.rows.filter((row) => passes(row, filters));
      return { ...group, rows, total: isFiltered(filters) ? rows.length : group.total };
    })
    .filter((group) => group.rows.length > 0);
}

export interface Facet {
  key: string;
  count: number;
}

function tally(rows: readonly WorklistRow[], keyOf: (row: WorklistRow) => string, order: readonly string[] = []): Facet[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  const known = order.filter((key) => counts.has(key));
  const others = [...counts.keys()].filter((key) => !order.includes(key)).sort();
  return [...known, ...others].map((key) => ({ key, count: counts.get(key) ?? 0 }));
}

export interface Facets {
  reasons: Facet[];
  modalities: Facet[];
  suggestions: Facet[];
}

export function facetsOf(groups: readonly Group[]): Facets {
  const rows = groups.flatMap((group) => group.rows);
  return {
    reasons: tally(rows, (row) => row.reason.code, REASON_ORDER),
    modalities: tally(rows, (row) => row.modality),
    suggestions: tally(rows, suggestionsKey, ['ready', 'without']),
  };
}

export function viewCounts(list: Worklist): Record<View, number> {
  const count = (view: View) => groupsOf(list, view).reduce((sum, group) => sum + group.total, 0);
  return { queue: count('queue'), open: count('open'), returned: count('returned'), submitted: count('submitted') };
}

export function toggle(off: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(off);
  if (!next.delete(key)) next.add(key);
  return next;
}

export function isFiltered(filters: Filters): boolean {
  return filters.reasonsOff.size + filters.modalitiesOff.size + filters.suggestionsOff.size > 0 || filters.text.trim() !== '';
}

/** A case may stand in the list more than once: an old reading of it among the submitted. */
export function rowKey(row: WorklistRow): string {
  return `${row.case_id}/${row.reading_id ?? ''}`;
}

/** The row that the keys act on after the list changed: the same row, else the same case, else the one at its place. */
export function keepSelection(rows: readonly WorklistRow[], wanted: string | null, lastIndex: number): WorklistRow | null {
  const caseId = Number((wanted ?? '').split('/')[0] || Number.NaN);
  const same = rows.find((row) => rowKey(row) === wanted) ?? rows.find((row) => row.case_id === caseId);
  if (same) return same;
  return rows[Math.min(Math.max(0, lastIndex), rows.length - 1)] ?? null;
}
