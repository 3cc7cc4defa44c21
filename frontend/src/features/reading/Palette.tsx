/** Every command by name: type, Enter. */
import { Modal, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { COMMANDS, type Command } from '@/editor/commands';
import { chordCaps } from '@/editor/keymap';
import { Key } from '@/ui/Key';
import { commandName } from './commandName';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';

const LIMIT = 12;

export function Palette() {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  const opened = useBench((bench) => bench.dialog === 'palette');
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(0);
  const named = useMemo(
    () => (opened ? COMMANDS.map((one) => ({ one, name: commandName(one, editor.state, t) })).filter(({ name }) => name !== null) : []),
    [opened, editor, t],
  );
  const found = named.filter(({ name }) => name?.toLowerCase().includes(wanted.trim().toLowerCase())).slice(0, LIMIT);
  const close = () => {
    setWanted('');
    setAt(0);
    editor.set({ dialog: null });
  };
  const perform = (one: Command) => {
    close();
    if (!one.enabled || one.enabled(editor)) one.perform(editor, effects);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter' && found[at]) perform(found[at].one);
    else return;
    event.preventDefault();
  };
  return (
    <Modal opened={opened} onClose={close} withCloseButton={false} size={520} title={t('palette.title')}>
      <TextInput
        value={wanted}
        onChange={(event) => {
          setWanted(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        placeholder={t('palette.find')}
        aria-label={t('palette.find')}
        data-autofocus
      />
      <ul className={panel.palette} role="listbox" aria-label={t('palette.title')}>
        {found.map(({ one, name }, n) => (
          <li key={one.id} role="option" aria-selected={n === at} className={n === at ? panel.paletteAt : undefined} onClick={() => perform(one)}>
            <span>{name}</span>
            {one.keys[0] ? <Key k={chordCaps(one.keys[0]).join('+')} /> : null}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
