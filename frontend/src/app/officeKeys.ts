import type { KeymapGroup } from '@/ui/KeymapDialog';

/** The keys of the office pages, for the dialog behind `?`. */
export function officeKeys(t: (key: string) => string): KeymapGroup[] {
  return [
    {
      title: t('keymap.lists'),
      rows: [
        { label: t('keymap.move'), keys: ['↑', '↓'] },
        { label: t('keymap.firstLast'), keys: ['Home', 'End'] },
        { label: t('keymap.openSelected'), keys: ['Enter'] },
        { label: t('keymap.search'), keys: ['/'] },
      ],
    },
    {
      title: t('nav.worklist'),
      rows: [
        { label: t('keymap.skip'), keys: ['S'] },
        { label: t('keymap.filter'), keys: ['F'] },
      ],
    },
    {
      title: t('nav.data'),
      rows: [{ label: t('keymap.choose'), keys: ['O'] }],
    },
    {
      title: t('keymap.everywhere'),
      rows: [
        { label: t('keymap.palette'), keys: ['Ctrl+K'] },
        { label: t('keymap.title'), keys: ['?'] },
        { label: t('action.close'), keys: ['Esc'] },
      ],
    },
  ];
}
