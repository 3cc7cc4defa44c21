import { Modal, PasswordInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/client';
import { confirmPassword, wantsPassword } from '@/api/account';
import { Button } from '@/ui/Button';

interface Pending {
  again: () => Promise<void>;
}

/** Runs what the server may only do after a fresh password: asks for it when the server says so, then runs it again. */
export function usePasswordCheck(): { run: (action: () => Promise<void>) => Promise<void>; dialog: ReactNode } {
  const [pending, setPending] = useState<Pending | null>(null);
  const run = async (action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      if (!wantsPassword(error)) throw error;
      setPending({ again: action });
    }
  };
  const dialog = pending ? <PasswordDialog onClose={() => setPending(null)} onConfirmed={pending.again} /> : null;
  return { run, dialog };
}

function PasswordDialog({ onClose, onConfirmed }: { onClose: () => void; onConfirmed: () => Promise<void> }) {
  const { t } = useTranslation('account');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setProblem('');
    try {
      await confirmPassword(password);
      onClose();
      await onConfirmed();
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 400 ? t('wrongPassword') : t('failed'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={t('confirm.title')} size={440} closeButtonProps={{ 'aria-label': t('common:action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p style={{ color: 'var(--mr-text-2)', margin: '0 0 12px' }}>{t('confirm.text')}</p>
        <PasswordInput
          label={t('confirm.label')}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={problem || undefined}
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          data-autofocus
          required
          withAsterisk={false}
        />
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 20 }}>
          <Button kind="quiet" onClick={onClose}>
            {t('common:action.cancel')}
          </Button>
          <Button type="submit" kind="primary" disabled={busy}>
            {t('confirm.submit')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
