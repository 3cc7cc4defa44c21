import { PasswordInput, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError } from '@/api/client';
import { useDemoUsers } from '@/api/hooks';
import { secondsToWait, sessionState, signIn, signInWithCode } from '@/api/session';
import type { DemoUser } from '@/api/types';
import { Button } from '@/ui/Button';
import { Logo } from '@/ui/Logo';
import { CodeForm } from './CodeForm';
import { Providers } from './Providers';
import { SliceArt } from './SliceArt';
import { safeNext } from './next';
import classes from './signin.module.css';

/** What went wrong, and when to try again where the server said so. `wrong` is the key for a refusal of what was typed. */
function messageFor(error: unknown, wrong: 'problem.wrong' | 'problem.wrongCode', t: TFunction<'signin'>): string {
  if (!(error instanceof ApiError)) return t('problem.other');
  if (error.isNetwork) return t('problem.network');
  const seconds = secondsToWait(error);
  if (seconds !== null) return t('problem.wait', { count: seconds });
  if (error.status === 429 || error.code === 'too_many_login_attempts') return t('problem.slow');
  return error.status === 400 || error.status === 401 ? t(wrong) : t('problem.other');
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
  const [problem, setProblem] = useState(params.get('error') ? t('problem.provider') : '');
  const [busy, setBusy] = useState(false);
  const [wantsCode, setWantsCode] = useState(false);
  const next = safeNext(params.get('next'));

  const goOn = () => {
    // Whatever was loaded for the last person is gone before the next one sees a page.
    client.clear();
    navigate(next, { replace: true });
  };
  const attempt = async (step: () => Promise<'in' | 'code'>, wrong: 'problem.wrong' | 'problem.wrongCode') => {
    setBusy(true);
    setProblem('');
    try {
      if ((await step()) === 'code') setWantsCode(true);
      else goOn();
    } catch (error) {
      setProblem(messageFor(error, wrong, t));
    } finally {
      setBusy(false);
    }
  };
  const enter = (who: string, secret: string) => attempt(() => signIn(who, secret), 'problem.wrong');
  const enterCode = (code: string) => attempt(() => signInWithCode(code).then(() => 'in' as const), 'problem.wrongCode');

  const isBack = params.get('back') !== null && !params.get('error');
  useEffect(() => {
    if (!isBack) return;
    // Back from the organisation's sign-in: signed in, or the second factor is still wanted.
    void sessionState().then((state) => {
      if (state === 'in') navigate(next, { replace: true });
      else setWantsCode(state === 'code');
    });
  }, [isBack, navigate, next]);

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
          <h1>{t(wantsCode ? 'code.title' : 'title')}</h1>
          {wantsCode ? (
            <CodeForm busy={busy} problem={problem} onCode={(code) => void enterCode(code)} onBack={() => setWantsCode(false)} />
          ) : (
            <>
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
                  {problem || null}
                </p>
                <Button type="submit" kind="primary" full disabled={busy} hotkey="Enter">
                  {busy ? t('busy') : t('submit')}
                </Button>
              </form>
              <Providers next={next} busy={busy} />
              <DemoPeople users={demo} busy={busy} onChoose={(user) => void enter(user.username, user.password)} />
            </>
          )}
        </div>
        <footer className={classes.notice}>{t('common:researchOnly')}</footer>
      </main>
    </div>
  );
}
