/** Where the review looks: which stack, which slice, which finding, and which findings were looked at. */
import { useMemo, useState } from 'react';
import type { Reading, Stack } from '@/api/readingTypes';
import { stepFinding } from '@/features/review/decisions';
import type { FindingRow } from '@/features/review/rows';

export interface Place {
  stackId: number | null;
  k: number;
  currentKey: string | null;
}

/** The first finding with a place; without one the middle of the first stack. */
export function firstPlace(reading: Pick<Reading, 'stacks'>, rows: readonly FindingRow[]): Place {
  const row = rows.find((candidate) => candidate.place !== null);
  if (row?.place) return { stackId: row.place.gridId, k: row.place.k, currentKey: row.key };
  const stack = reading.stacks[0];
  return { stackId: stack?.id ?? null, k: stack === undefined ? 0 : Math.floor(stack.shape_zyx[0] / 2), currentKey: rows[0]?.key ?? null };
}

export function placeOfRow(row: FindingRow, before: Place): Place {
  if (row.place === null) return { ...before, currentKey: row.key };
  return { stackId: row.place.gridId, k: row.place.k, currentKey: row.key };
}

export interface PlaceControl {
  place: Place;
  stack: Stack | undefined;
  seen: ReadonlySet<string>;
  show: (row: FindingRow) => void;
  step: (by: 1 | -1) => void;
  setSlice: (k: number) => void;
  setStack: (stackId: number) => void;
  goTo: (stackId: number, k: number) => void;
}

export function usePlace(reading: Reading, rows: readonly FindingRow[]): PlaceControl {
  const [place, setPlace] = useState<Place>(() => firstPlace(reading, rows));
  const [seen, setSeen] = useState<ReadonlySet<string>>(() => new Set(place.currentKey === null ? [] : [place.currentKey]));
  const stack = useMemo(() => reading.stacks.find((candidate) => candidate.id === place.stackId) ?? reading.stacks[0], [reading.stacks, place.stackId]);
  const show = (row: FindingRow): void => {
    setPlace((before) => placeOfRow(row, before));
    setSeen((before) => new Set([...before, row.key]));
  };
  const step = (by: 1 | -1): void => {
    const index = stepFinding(rows.findIndex((row) => row.key === place.currentKey), rows.length, by);
    const row = rows[index];
    if (row !== undefined) show(row);
  };
  const goTo = (stackId: number, k: number): void => setPlace((before) => ({ ...before, stackId, k }));
  return {
    place, stack, seen, show, step, goTo,
    setSlice: (k) => setPlace((before) => ({ ...before, k })),
    setStack: (stackId) => {
      const next = reading.stacks.find((candidate) => candidate.id === stackId);
      if (next !== undefined) goTo(stackId, Math.floor(next.shape_zyx[0] / 2));
    },
  };
}
