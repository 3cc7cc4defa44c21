import type { LabelInput, LabelKind } from '@/api/types';

export interface LabelRow {
  name: string;
  kind: LabelKind;
}

/** A key from a label's name: ascii, lower case, unique within the list. */
export function labelKey(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const base = plain || 'label';
  let key = base;
  for (let number = 2; taken.has(key); number += 1) key = `${base}_${number}`;
  return key;
}

/** The rows with a name, as the server wants them, in order and with the look's colours. */
export function labelInputs(rows: readonly LabelRow[], colours: readonly string[]): LabelInput[] {
  const taken = new Set<string>();
  return rows
    .filter((row) => row.name.trim() !== '')
    .map((row, order) => {
      const key = labelKey(row.name, taken);
      taken.add(key);
      return { key, name: row.name.trim(), kind: row.kind, colour: colours[order % colours.length] ?? '#FF9F2E' };
    });
}
