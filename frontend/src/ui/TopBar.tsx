/** The 48 px bar of all office pages. It knows no server: everything comes by props. */
import { Menu, SegmentedControl, Tooltip } from '@mantine/core';
import { IconCheck, IconChevronDown, IconKeyboard, IconLogout, IconPlus, IconSearch, IconUserCog } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import { DotText, type Tone } from './Chip';
import { Key } from './Key';
import { Logo } from './Logo';
import classes from './topbar.module.css';

export interface NavEntry {
  to: string;
  label: string;
  count?: number;
}

export interface TopBarProps {
  projects: { slug: string; name: string }[];
  currentSlug?: string;
  onProject: (slug: string) => void;
  onAllProjects?: () => void;
  onNewProject?: () => void;
  nav: NavEntry[];
  live?: 'connecting' | 'live' | 'polling' | 'offline';
  onSearch?: () => void;
  onKeys?: () => void;
  user: { initials: string; name: string; detail: string };
  theme: 'dark' | 'light' | 'auto';
  onTheme: (theme: 'dark' | 'light' | 'auto') => void;
  onAccount?: () => void;
  onSignOut: () => void;
}

const LIVE_TONE: Record<NonNullable<TopBarProps['live']>, Tone> = {
  connecting: 'neutral',
  live: 'accepted',
  polling: 'neutral',
  offline: 'uncertain',
};

function ProjectSwitcher({ projects, currentSlug, onProject, onAllProjects, onNewProject }: Pick<TopBarProps, 'projects' | 'currentSlug' | 'onProject' | 'onAllProjects' | 'onNewProject'>) {
  const { t } = useTranslation('common');
  const current = projects.find((project) => project.slug === currentSlug);
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <button type="button" className={classes.switcher} aria-label={t('nav.project', { name: current?.name ?? t('nav.allProjects') })}>
          <span>{current?.name ?? t('nav.allProjects')}</span>
          <IconChevronDown size={14} stroke={1.6} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {projects.map((project) => (
          <Menu.Item
            key={project.slug}
            onClick={() => onProject(project.slug)}
            rightSection={project.slug === currentSlug ? <IconCheck size={16} stroke={1.6} aria-hidden /> : null}
          >
            {project.name}
          </Menu.Item>
        ))}
        {onAllProjects || onNewProject ? <Menu.Divider /> : null}
        {onAllProjects ? <Menu.Item onClick={onAllProjects}>{t('nav.allProjects')}</Menu.Item> : null}
        {onNewProject ? (
          <Menu.Item onClick={onNewProject} leftSection={<IconPlus size={16} stroke={1.6} aria-hidden />}>
            {t('nav.newProject')}
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu({ user, theme, onTheme, onAccount, onSignOut }: Pick<TopBarProps, 'user' | 'theme' | 'onTheme' | 'onAccount' | 'onSignOut'>) {
  const { t } = useTranslation('common');
  return (
    <Menu position="bottom-end" width={248} closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={classes.avatar} aria-label={t('nav.userMenu', { name: user.name })}>
          {user.initials}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <strong>{user.name}</strong>
          <span>{user.detail}</span>
        </div>
        <Menu.Divider />
        <div className={classes.theme}>
          <span>{t('theme.title')}</span>
          <SegmentedControl
            size="xs"
            fullWidth
            value={theme}
            onChange={(value) => onTheme(value as TopBarProps['theme'])}
            data={(['dark', 'light', 'auto'] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
            aria-label={t('theme.title')}
          />
        </div>
        <Menu.Divider />
        {onAccount ? (
          <Menu.Item onClick={onAccount} closeMenuOnClick leftSection={<IconUserCog size={16} stroke={1.6} aria-hidden />}>
            {t('nav.account')}
          </Menu.Item>
        ) : null}
        <Menu.Item component="a" href="/api/docs/" target="_blank" rel="noreferrer">
          {t('nav.apiDocs')}
        </Menu.Item>
        <Menu.Item onClick={onSignOut} leftSection={<IconLogout size={16} stroke={1.6} aria-hidden />}>
          {t('action.signOut')}
        </Menu.Item>
        <p className={classes.notice}>{t('researchOnly')}</p>
      </Menu.Dropdown>
    </Menu>
  );
}

export function TopBar({ nav, live, onSearch, onKeys, user, theme, onTheme, onAccount, onSignOut, ...switcher }: TopBarProps) {
  const { t } = useTranslation('common');
  return (
    <header className={classes.bar}>
      <NavLink to="/" className={classes.brand ?? ''}>
        <Logo size={22} />
        <span>{t('appName')}</span>
      </NavLink>
      {switcher.projects.length > 0 ? <ProjectSwitcher {...switcher} /> : null}
      <nav className={classes.nav} aria-label={t('nav.label')}>
        {nav.map((entry) => (
          <NavLink key={entry.to} to={entry.to} className={({ isActive }) => `${classes.link} ${isActive ? classes.active : ''}`}>
            {entry.label}
            {entry.count ? <span className={classes.count}>{entry.count}</span> : null}
          </NavLink>
        ))}
      </nav>
      <div className={classes.right}>
        {onSearch ? (
          <button type="button" className={classes.search} onClick={onSearch}>
            <IconSearch size={14} stroke={1.6} aria-hidden />
            <span>{t('nav.search')}</span>
            <Key k="Ctrl K" />
          </button>
        ) : null}
        {live ? (
          <Tooltip label={t(`live.${live}Hint`)}>
            <span className={classes.live} role="status">
              <DotText tone={LIVE_TONE[live]} plain hollow={live === 'connecting' || live === 'polling'}>
                {t(`live.${live}`)}
              </DotText>
            </span>
          </Tooltip>
        ) : null}
        {onKeys ? (
          <Tooltip label={t('keymap.title')}>
            <button type="button" className={classes.iconButton} onClick={onKeys} aria-label={t('keymap.title')} aria-keyshortcuts="?">
              <IconKeyboard size={16} stroke={1.6} aria-hidden />
            </button>
          </Tooltip>
        ) : null}
        <UserMenu user={user} theme={theme} onTheme={onTheme} {...(onAccount ? { onAccount } : {})} onSignOut={onSignOut} />
      </div>
    </header>
  );
}
