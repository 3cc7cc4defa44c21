import { Modal } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useWorklist } from '@/api/hooks';
import type { Project, ThemeChoice } from '@/api/types';
import { homeOf } from '@/features/projects/home';
import type { NavEntry } from '@/ui/TopBar';
import { findItems, type PaletteItem } from './palette';
import classes from './app.module.css';

export interface CommandPaletteProps {
  onClose: () => void;
  project: Project | undefined;
  projects: Project[];
  nav: NavEntry[];
  onTheme: (theme: ThemeChoice) => void;
  onSignOut: () => void;
}

/** Cases of the reader's own list; for a manager's search of everything there is Data, Cases. */
function useCaseItems(project: Project | undefined, go: (to: string) => void): PaletteItem[] {
  const list = useWorklist(project?.id ?? 0, project?.roles.includes('annotator') ?? false).data;
  return useMemo(
    () =>
      (list?.groups ?? [])
        .flatMap((group) => group.items)
        .map((row) => ({
          id: `case-${row.case_id}`,
          group: 'case' as const,
          label: row.pseudonym,
          detail: [row.description, row.modality, row.study_date].filter(Boolean).join(', '),
          run: () => go(row.reading_id === null ? `/p/${project?.slug}/worklist?case=${row.case_id}` : `/p/${project?.slug}/read/${row.reading_id}`),
        })),
    [go, list, project?.slug],
  );
}

export function CommandPalette({ onClose, project, projects, nav, onTheme, onSignOut }: CommandPaletteProps) {
  const { t } = useTranslation('common');
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const cases = useCaseItems(project, navigate);
  const items: PaletteItem[] = [
    ...cases,
    ...nav.map((entry) => ({ id: entry.to, group: 'page' as const, label: entry.label, detail: t('palette.page'), run: () => navigate(entry.to) })),
    ...projects
      .filter((one) => one.id !== project?.id)
      .map((one) => ({ id: one.slug, group: 'project' as const, label: one.name, detail: t('palette.project'), run: () => navigate(homeOf(one)) })),
    ...(['dark', 'light'] as const).map((theme) => ({
      id: theme,
      group: 'command' as const,
      label: t(`palette.${theme}`),
      detail: t('theme.title'),
      run: () => onTheme(theme),
    })),
    { id: 'out', group: 'command', label: t('action.signOut'), detail: '', run: onSignOut },
  ];
  const found = findItems(items, text);
  useEffect(() => setAt(0), [text]);
  const choose = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    item.run();
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((before) => Math.min(found.length - 1, Math.max(0, before + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[at]);
    }
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} size={560} padding={0} yOffset={96} centered={false} aria-label={t('nav.search')}>
      <div className={classes.paletteInput}>
        <IconSearch size={16} stroke={1.6} aria-hidden />
        <input
          autoFocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKey}
          placeholder={t('nav.search')}
          aria-label={t('nav.search')}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[at] ? `palette-${found[at].id}` : undefined}
        />
      </div>
      <ul id="palette-list" role="listbox" className={classes.paletteList}>
        {found.map((item, index) => (
          <li key={item.id} id={`palette-${item.id}`} role="option" aria-selected={index === at} onMouseEnter={() => setAt(index)} onClick={() => choose(item)}>
            <span>{item.label}</span>
            <small>{item.detail}</small>
          </li>
        ))}
        {found.length === 0 ? <li className={classes.paletteNone}>{t('palette.none')}</li> : null}
      </ul>
    </Modal>
  );
}
