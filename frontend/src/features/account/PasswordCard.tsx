import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changePassword } from '@/api/account';
import { ApiError } from '@/api/client';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { toast } from '@/ui/Toast';
import classes from './account.module.css';

interface Problems {
  current?: string;
  next?: string;
}

/** Which field the server refused, in its own words. */
function problemsOf(error: unknown, otherwise: string): Problems {
  if (!(error instanceof ApiError)) return { next: otherwise };
  const found = (error.body as { errors?: { param?: string; message: string }[] } | null)?.errors?.[0];
  if (!found) return { next: otherwise };
  return found.param === 'current_password' ? { current: found.message } : { next: found.message };
}

export function PasswordCard() {
  const { t } = useTranslation('account');
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setProblems({});
    try {
      await changePassword(current, next);
      setCurrent('');
      setNext('');
      toast(t('password.done'));
    } catch (error) {
      setProblems(problemsOf(error, t('failed')));
    } finally {
      setBusy(false);
    }
  };
  const toggle = { 'aria-label': t('password.show') };
  return (
    <Card title={t('password.title')}>
      <form
        className={classes.body}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className={classes.text}>{t('password.text')}</p>
        <div className={classes.fields}>
          <PasswordInput
            label={t('password.current')}
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            error={problems.current}
            visibilityToggleButtonProps={toggle}
            required
            withAsterisk={false}
          />
          <PasswordInput
            label={t('password.next')}
            description={t('password.hint')}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="new-password"
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            error={problems.next}
            visibilityToggleButtonProps={toggle}
            required
            withAsterisk={false}
          />
        </div>
        <div>
          <Button type="submit" disabled={busy}>
            {t('password.submit')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
