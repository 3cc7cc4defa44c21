/** The name of a finding, typed in its row: Enter keeps it, Escape leaves it as it was. */
import { TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { renameCurrent } from '@/editor/measuring';
import type { FindingRow } from '@/editor/rows';
import { useRoom } from './useEditor';
import panel from './panel.module.css';

const MAX_NAME_LENGTH = 200;

export function NameInput({ row }: { row: FindingRow }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const [text, setText] = useState(row.finding?.name ?? '');
  const input = useRef<HTMLInputElement>(null);
  // Going away takes the focus too; only one of the two may decide.
  const settled = useRef(false);
  useEffect(() => input.current?.select(), []);
  const settle = (keep: boolean) => {
    if (settled.current) return;
    settled.current = true;
    if (keep) renameCurrent(editor, text);
    else editor.set({ renaming: false });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter') settle(true);
    else if (event.key === 'Escape') settle(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={panel.naming}>
      <TextInput
        ref={input}
        size="xs"
        value={text}
        maxLength={MAX_NAME_LENGTH}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => settle(true)}
        placeholder={t('measure.namePrompt')}
        aria-label={t('measure.name')}
        autoFocus
      />
    </div>
  );
}
