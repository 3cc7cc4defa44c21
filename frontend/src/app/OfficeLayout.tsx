import { useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useNavigate, useParams } from 'react-router';
import { useMe, useProjectBySlug, useUpdateMe } from '@/api/hooks';
import { signOut } from '@/api/session';
import type { Me, Project, Role, ThemeChoice } from '@/api/types';
import { useLive } from '@/api/useLive';
import { homeOf } from '@/features/projects/home';
import { KeymapDialog } from '@/ui/KeymapDialog';
import { TopBar, type NavEntry } from '@/ui/TopBar';
import { useHotkeys } from '@/ui/hotkeys';
import { CommandPalette } from './CommandPalette';
import { officeKeys } from './officeKeys';
import { useOfflineSince } from './OfflineBanner';
import classes from './app.module.css';

type Words = (key: string) => string;

/** Which pages a person sees: the page of a role they lack is left out (the server refuses it anyway). */
function navFor(project: Project | undefined, t: Words): NavEntry[] {
  if (!project) return [];
  const has = (...roles: Role[]) => roles.some((role) => project.roles.includes(role));
  const base = `/p/${project.slug}`;
  const entries: (NavEntry | false)[] = [
    has('annotator') && { to: `${base}/worklist`, label: t('nav.worklist'), count: project.counts.worklist },
    has('reviewer', 'adjudicator') && { to: `${base}/review`, label: t('nav.review'), count: project.counts.review },
    has('manager') && { to: `${base}/learning`, label: t('nav.learning') },
    has('manager') && { to: `${base}/data`, label: t('nav.data') },
    has('manager') && { to: `${base}/exports`, label: t('nav.exports') },
    has('manager') && { to: `${base}/status`, label: t('nav.status') },
  ];
  return entries.filter((entry): entry is NavEntry => entry !== false);
}

function detailOf(me: Me, project: Project | undefined, t: Words): string {
  if (!project) return me.username;
  return project.roles.map((role) => t(`role.${role}`)).join(', ');
}

function useTheme(stored: ThemeChoice | undefined): [ThemeChoice, (theme: ThemeChoice) => void] {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    // A browser that never chose follows the person's own choice from another computer.
    if (stored && window.localStorage.getItem('medreview-color-scheme') === null) setColorScheme(stored);
  }, [setColorScheme, stored]);
  const save = useUpdateMe();
  const choose = useCallback(
    (theme: ThemeChoice) => {
      setColorScheme(theme);
      save.mutate({ theme });
    },
    [save, setColorScheme],
  );
  return [colorScheme, choose];
}

/** Top bar and page. Every office page lives in here; the live connection too. */
export function OfficeLayout() {
  const { t } = useTranslation('common');
  const { slug } = useParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe().data;
  const project = useProjectBySlug(slug);
  const live = useLive(project?.id);
  const offline = useOfflineSince() !== null;
  const [theme, chooseTheme] = useTheme(me?.theme);
  const [keysOpen, setKeysOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  useHotkeys({ '?': () => setKeysOpen(true), 'Ctrl+KeyK': () => setSearching(true) });
  const groups = useMemo(() => officeKeys(t), [t]);

  if (!me) return null;
  const nav = navFor(project, t);
  const leave = async () => {
    await signOut();
    client.clear();
    navigate('/sign-in');
  };
  const goTo = (wanted: string) => {
    const target = me.projects.find((one) => one.slug === wanted);
    if (target) navigate(homeOf(target));
  };
  return (
    <div className={classes.office}>
      <TopBar
        projects={me.projects}
        {...(slug ? { currentSlug: slug, live: offline ? ('offline' as const) : live } : {})}
        onProject={goTo}
        onAllProjects={() => navigate('/?all=1')}
        nav={nav}
        onSearch={() => setSearching(true)}
        onKeys={() => setKeysOpen(true)}
        user={{ initials: me.initials, name: me.display_name, detail: detailOf(me, project, t) }}
        theme={theme}
        onTheme={chooseTheme}
        onAccount={() => navigate('/account')}
        onSignOut={() => void leave()}
      />
      <main className={classes.page}>
        <Outlet />
      </main>
      {searching ? (
        <CommandPalette onClose={() => setSearching(false)} project={project} projects={me.projects} nav={nav} onTheme={chooseTheme} onSignOut={() => void leave()} />
      ) : null}
      <KeymapDialog opened={keysOpen} onClose={() => setKeysOpen(false)} place={project?.name ?? ''} groups={groups} />
    </div>
  );
}
