/** The overlay of keys, from the same commands that act on them. */
import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { COMMANDS, type CommandGroup } from '@/editor/commands';
import { chordCaps } from '@/editor/keymap';
import type { Workbench } from '@/editor/workbench';
import { KeymapDialog, type KeymapGroup } from '@/ui/KeymapDialog';
import { commandName } from './commandName';
import { useBench, useRoom } from './useEditor';

const GROUPS: readonly CommandGroup[] = ['findings', 'marking', 'masks', 'viewing', 'slices', 'measuring', 'presets', 'case'];

export function Keys() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const opened = useBench((bench) => bench.dialog === 'keys');
  const groups = useMemo(() => (opened ? groupsOf(editor.state, t) : []), [opened, editor, t]);
  return <KeymapDialog opened={opened} onClose={() => editor.set({ dialog: null })} place={t('keys.place')} groups={groups} />;
}

function groupsOf(bench: Workbench, t: TFunction<'reading'>): KeymapGroup[] {
  return GROUPS.map((group) => ({
    title: t(`keys.${group}`),
    rows: COMMANDS.filter((one) => one.group === group).flatMap((one) => {
      const label = commandName(one, bench, t);
      return label ? [{ label, keys: one.keys.map((chord) => chordCaps(chord).join('+')) }] : [];
    }),
  }));
}
