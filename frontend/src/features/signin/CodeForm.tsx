import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import classes from './signin.module.css';

/** The second step of signing in. A recovery code goes into the same field. */
export function CodeForm({ busy, problem, onCode, onBack }: { busy: boolean; problem: string; onCode: (code: string) => void; onBack: () => void }) {
  const { t } = useTranslation('signin');
  const [code, setCode] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onCode(code.replace(/\s/g, ''));
      }}
    >
      <TextInput
        label={t('code.label')}
        description={t('code.hint')}
        inputWrapperOrder={['label', 'input', 'description']}
        name="code"
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        maxLength={16}
        required
        withAsterisk={false}
        autoFocus
      />
      <p className={classes.problem} role="alert">
        {problem || null}
      </p>
      <Button type="submit" kind="primary" full disabled={busy} hotkey="Enter">
        {busy ? t('busy') : t('submit')}
      </Button>
      <Button kind="quiet" full onClick={onBack}>
        {t('code.back')}
      </Button>
    </form>
  );
}
