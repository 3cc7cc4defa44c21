/** What the command palette offers and how it finds it: pure. */

export interface PaletteItem {
  id: string;
  group: 'case' | 'page' | 'project' | 'command';
  label: string;
  detail: string;
  run: () => void;
}

const GROUPS: readonly PaletteItem['group'][] = ['case', 'page', 'project', 'command'];
const CASE_LIMIT = 8;

function rank(item: PaletteItem, wanted: string): number {
  const label = item.label.toLowerCase();
  if (label.startsWith(wanted)) return 0;
  if (label.includes(wanted)) return 1;
  return item.detail.toLowerCase().includes(wanted) ? 2 : -1;
}

/** Matches in the order of the groups, best first within each. Cases show only when something was typed. */
export function findItems(items: readonly PaletteItem[], text: string): PaletteItem[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return items.filter((item) => item.group !== 'case');
  return GROUPS.flatMap((group) => {
    const hits = items
      .filter((item) => item.group === group)
      .map((item) => ({ item, at: rank(item, wanted) }))
      .filter((hit) => hit.at >= 0)
      .sort((a, b) => a.at - b.at)
      .map((hit) => hit.item);
    return group === 'case' ? hits.slice(0, CASE_LIMIT) : hits;
  });
}
