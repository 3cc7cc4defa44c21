/** The overlay of keys, from the same commands that act on them. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { COMMANDS, type CommandGroup } from '@/editor/commands';
import { chordCaps } from '@/editor/keymap';
import { KeymapDialog } from '@/ui/KeymapDialog';
import { commandName } from './commandName';
import { useBench, useRoom } from './useEditor';

const GROUPS: readonly CommandGroup[] = ['findings', 'marking', 'viewing', 'slices', 'measuring', 'presets', 'case'];

export function Keys() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const opened = useBench((bench) => bench.dialog === 'keys');
  const bench = useBench((now) => now);
  const groups = useMemo(
    () =>
      GROUPS.map((group) => ({
        title: t(`keys.${group}`),
        rows: COMMANDS.filter((one) => one.group === group).flatMap((one) => {
          const label = commandName(one, bench, t);
          return label ? [{ label, keys: one.keys.map((chord) => chordCaps(chord).join('+')) }] : [];
        }),
      })),
    [bench, t],
  );
  return <KeymapDialog opened={opened} onClose={() => editor.set({ dialog: null })} place={t('keys.place')} groups={opened ? groups : []} />;
}
