import { PasswordInput, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '@/api/client';
import { useDemoUsers } from '@/api/hooks';
import { signIn } from '@/api/session';
import type { DemoUser } from '@/api/types';
import { Button } from '@/ui/Button';
import { Logo } from '@/ui/Logo';
import { SliceArt } from './SliceArt';
import { safeNext } from './next';
import classes from './signin.module.css';

function messageFor(error: unknown): 'wrong' | 'slow' | 'network' | 'other' {
  if (!(error instanceof ApiError)) return 'other';
  if (error.isNetwork) return 'network';
  if (error.status === 429) return 'slow';
  return error.status === 400 || error.status === 401 ? 'wrong' : 'other';
}

function DemoPeople({ users, onChoose, busy }: { users: DemoUser[]; onChoose: (user: DemoUser) => void; busy: boolean }) {
  const { t } = useTranslation('signin');
  if (users.length === 0) return null;
  return (
    <section className={classes.demo} aria-label={t('demo.title')}>
      <h2>{t('demo.title')}</h2>
      <p>{t('demo.text')}</p>
      <ul>
        {users.map((user) => (
          <li key={user.username}>
            <button type="button" disabled={busy} onClick={() => onChoose(user)}>
              <span className={classes.demoName}>
                <strong>{user.display_name}</strong>
                <span>{user.does}</span>
              </span>
              <code>{user.username}</code>
              <IconArrowRight size={16} stroke={1.6} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Signing in. On a demo installation the demo people are one click away. */
export function SignInPage() {
  const { t } = useTranslation('signin');
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const demo = useDemoUsers().data ?? [];
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<ReturnType<typeof messageFor> | null>(null);
  const [busy, setBusy] = useState(false);

  const enter = async (who: string, secret: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(who, secret);
      // Whatever was loaded for the last person is gone before the next one sees a page.
      client.clear();
      navigate(safeNext(params.get('next')), { replace: true });
    } catch (error) {
      setProblem(messageFor(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={classes.page}>
      <div className={classes.art}>
        <SliceArt />
        <div className={classes.claim}>
          <h2>{t('claim.title')}</h2>
          <p>{t('claim.text')}</p>
        </div>
      </div>
      <main className={classes.side}>
        <div className={classes.column}>
          <div className={classes.brand}>
            <Logo size={28} />
            <span>{t('common:appName')}</span>
          </div>
          <h1>{t('title')}</h1>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void enter(name.trim(), password);
            }}
          >
            <TextInput
              label={t('name')}
              name="username"
              autoComplete="username"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
              withAsterisk={false}
              autoFocus
            />
            <PasswordInput
              label={t('password')}
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              required
              withAsterisk={false}
              visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
            />
            <p className={classes.problem} role="alert">
              {problem ? t(`problem.${problem}`) : null}
            </p>
            <Button type="submit" kind="primary" full disabled={busy} hotkey="Enter">
              {busy ? t('busy') : t('submit')}
            </Button>
          </form>
          <DemoPeople users={demo} busy={busy} onChoose={(user) => void enter(user.username, user.password)} />
        </div>
        <footer className={classes.notice}>{t('common:researchOnly')}</footer>
      </main>
    </div>
  );
}
