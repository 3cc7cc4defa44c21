import { Modal, TextInput } from '@mantine/core';
import { IconKeyboard, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Key } from './Key';
import classes from './keymap.module.css';

export interface KeymapRow {
  label: string;
  /** One or several alternatives, each as for Key: 'Ctrl+Enter'. */
  keys: string[];
}

export interface KeymapGroup {
  title: string;
  rows: KeymapRow[];
}

/** All keys of a page, four columns, searchable. */
export function KeymapDialog({ opened, onClose, place, groups }: { opened: boolean; onClose: () => void; place: string; groups: KeymapGroup[] }) {
  const { t } = useTranslation('common');
  const [wanted, setWanted] = useState('');
  const shown = useMemo(() => filterGroups(groups, wanted), [groups, wanted]);
  const title = (
    <span className={classes.head}>
      <IconKeyboard size={18} stroke={1.6} color="var(--mr-action)" aria-hidden />
      <span>{t('keymap.title')}</span>
      <span className={classes.place}>{place}</span>
    </span>
  );
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={1152} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <TextInput
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        placeholder={t('keymap.find')}
        aria-label={t('keymap.find')}
        leftSection={<IconSearch size={16} stroke={1.6} aria-hidden />}
        maw={280}
        mb={16}
        data-autofocus
      />
      <div className={classes.columns}>
        {shown.map((group) => (
          <section key={group.title} className={classes.group}>
            <h3 className={classes.groupTitle}>{group.title}</h3>
            {group.rows.map((row) => (
              <div key={row.label} className={classes.row}>
                <span>{row.label}</span>
                <span className={classes.keys}>
                  {row.keys.map((key) => (
                    <Key key={key} k={key} />
                  ))}
                </span>
                <span className={classes.spoken}>{row.keys.join(', ')}</span>
              </div>
            ))}
          </section>
        ))}
        {shown.length === 0 ? <p className={classes.place}>{t('keymap.none')}</p> : null}
      </div>
    </Modal>
  );
}

export function filterGroups(groups: KeymapGroup[], wanted: string): KeymapGroup[] {
  const text = wanted.trim().toLowerCase();
  if (!text) return groups;
  return groups
    .map((group) => ({
      ...group,
      rows: group.rows.filter((row) => row.label.toLowerCase().includes(text) || row.keys.some((key) => key.toLowerCase() === text)),
    }))
    .filter((group) => group.rows.length > 0);
}
