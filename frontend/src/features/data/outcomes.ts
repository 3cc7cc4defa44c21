/** What an import's outcomes mean, in words a reader can act on; and the list as CSV. Pure. */
import type { Import, ImportItem, ImportOutcome } from '@/api/types';

export const OUTCOME_ORDER: readonly ImportOutcome[] = ['accepted', 'warning', 'duplicate', 'quarantined', 'refused', 'reading'];

export interface Consequence {
  good: boolean;
  /** Key below `means.` in the data catalogue. */
  key: string;
}

const yes = (key: string): Consequence => ({ good: true, key });
const no = (key: string): Consequence => ({ good: false, key });

function ofImage(item: ImportItem): Consequence[] {
  const list = [yes('viewed')];
  if (item.rule.startsWith('spacing.')) list.push(no('noMillimetres'));
  else list.push(yes('lengths'));
  if (item.rule.startsWith('orientation.')) list.push(no('noSides'));
  list.push(item.blocks_training ? no('keptOut') : yes('trains'));
  return list;
}

/** What can and cannot be done with an item now; good news first. */
export function consequences(item: ImportItem): Consequence[] {
  switch (item.outcome) {
    case 'accepted':
    case 'warning':
      return ofImage(item);
    case 'duplicate':
      return [yes('storedOnce'), yes('nothingChanged')];
    case 'quarantined':
      return [yes('othersFine'), yes('firstKept'), no('notShown'), no('notTrained')];
    case 'refused':
      return [yes('othersFine'), no('notStored')];
    case 'reading':
      return [];
  }
}

/** Items in the order of their outcome's weight for a person: what needs a look is never below the fold of the accepted. */
export function shownItems(items: readonly ImportItem[], only: ImportOutcome | null): ImportItem[] {
  return only === null ? [...items] : items.filter((item) => item.outcome === only);
}

function cell(value: string | number): string {
  let text = String(value);
  // A spreadsheet would run a cell that starts like a formula.
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const CSV_COLUMNS = ['outcome', 'name', 'files', 'bytes', 'modality', 'rule', 'reason', 'patient', 'case_id', 'blocks_training'] as const;

export function outcomesCsv(items: readonly ImportItem[]): string {
  const lines = items.map((item) => CSV_COLUMNS.map((column) => cell(column === 'blocks_training' ? String(item[column]) : (item[column] ?? ''))).join(','));
  return `${[CSV_COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

export function isOpen(one: Pick<Import, 'state'>): boolean {
  return one.state === 'receiving' || one.state === 'queued' || one.state === 'running';
}
