/** All keys of the review, for the dialog on "?". */
import type { TFunction } from 'i18next';
import type { KeymapGroup } from '@/ui/KeymapDialog';

export function reviewKeys(t: TFunction<'review'>): KeymapGroup[] {
  return [
    {
      title: t('keys.findings'),
      rows: [
        { label: t('keys.next'), keys: ['N'] },
        { label: t('keys.previous'), keys: ['P'] },
      ],
    },
    {
      title: t('keys.view'),
      rows: [
        { label: t('keys.mode'), keys: ['G'] },
        { label: t('keys.slice'), keys: ['↑', '↓'] },
      ],
    },
    {
      title: t('keys.decide'),
      rows: [
        { label: t('bar.reject'), keys: ['Shift+X'] },
        { label: t('bar.return'), keys: ['Shift+R'] },
        { label: t('bar.edit'), keys: ['Shift+E'] },
        { label: t('bar.approve'), keys: ['Ctrl+Enter'] },
        { label: t('keys.comment'), keys: ['Shift+C'] },
      ],
    },
  ];
}
