import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { activate, deactivate, enrol, makeCodes, useCodesLeft } from '@/api/account';
import { ApiError } from '@/api/client';
import { keys } from '@/api/keys';
import type { Enrolment, Me } from '@/api/types';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Chip } from '@/ui/Chip';
import { ConfirmDialog } from '@/ui/Dialogs';
import { toast } from '@/ui/Toast';
import { Shown } from './Shown';
import classes from './account.module.css';
import { usePasswordCheck } from './usePasswordCheck';

function EnrolForm({ given, onCode, onCancel }: { given: Enrolment; onCode: (code: string) => Promise<void>; onCancel: () => void }) {
  const { t } = useTranslation('account');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState('');
  const submit = async () => {
    setProblem('');
    try {
      await onCode(code.replace(/\s/g, ''));
    } catch (error) {
      setProblem(error instanceof ApiError && error.message ? error.message : t('failed'));
    }
  };
  return (
    <form
      className={classes.enrol}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <img className={classes.qr} src={`data:image/svg+xml;utf8,${encodeURIComponent(given.picture)}`} alt={t('factor.picture')} width={184} height={184} />
      <div className={classes.steps}>
        <p className={classes.text}>{t('factor.scan')}</p>
        <div>
          <span className={classes.small}>{t('factor.secret')}</span>
          <code className={classes.key}>{given.secret.replace(/(.{4})/g, '$1 ').trim()}</code>
        </div>
        <TextInput
          label={t('factor.code')}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={8}
          error={problem || undefined}
          required
          withAsterisk={false}
          autoFocus
          w={200}
        />
        <div className={classes.actions}>
          <Button type="submit" kind="primary">
            {t('factor.activate')}
          </Button>
          <Button kind="quiet" onClick={onCancel}>
            {t('factor.cancel')}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** Setting up an authenticator app, its recovery codes, and turning it off again. */
export function SecondFactorCard({ me }: { me: Me }) {
  const { t } = useTranslation('account');
  const client = useQueryClient();
  const { run, dialog } = usePasswordCheck();
  const isOn = me.second_factor.is_on;
  const left = useCodesLeft(isOn).data;
  const [given, setGiven] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [removing, setRemoving] = useState(false);
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: keys.me });
    await client.invalidateQueries({ queryKey: keys.recoveryCodes });
  };
  const attempt = (action: () => Promise<void>) => void run(action).catch(() => toast(t('failed'), { kind: 'error' }));
  const newCodes = async () => {
    setCodes(await makeCodes());
    await refresh();
  };
  const turnOn = (code: string) =>
    run(async () => {
      await activate(code);
      setGiven(null);
      toast(t('factor.activated'));
      await newCodes();
    });
  const turnOff = async () => {
    setRemoving(false);
    await deactivate();
    setCodes(null);
    toast(t('factor.removed'));
    await refresh();
  };
  return (
    <Card title={t('factor.title')} meta={<Chip tone={isOn ? 'accepted' : 'neutral'}>{isOn ? t('factor.on') : t('factor.off')}</Chip>}>
      <div className={classes.body}>
        <p className={classes.text}>{isOn ? t('factor.textOn') : t('factor.textOff')}</p>
        {codes ? <Shown lines={codes} text={t('codes.text')} doneLabel={t('codes.done')} onDone={() => setCodes(null)} /> : null}
        {!isOn && given ? <EnrolForm given={given} onCode={turnOn} onCancel={() => setGiven(null)} /> : null}
        {!isOn && !given ? (
          <div>
            <Button kind={me.second_factor.is_required ? 'primary' : 'default'} onClick={() => attempt(async () => setGiven(await enrol()))}>
              {t('factor.start')}
            </Button>
          </div>
        ) : null}
        {isOn && !codes ? (
          <div className={classes.actions}>
            <Button onClick={() => attempt(newCodes)} title={t('codes.makeHint')}>
              {t('codes.make')}
            </Button>
            <Button kind="danger" onClick={() => setRemoving(true)}>
              {t('factor.remove')}
            </Button>
            <span className={classes.small}>{left === undefined ? null : t('codes.left', { count: left })}</span>
          </div>
        ) : null}
      </div>
      <ConfirmDialog
        opened={removing}
        onClose={() => setRemoving(false)}
        onConfirm={() => attempt(turnOff)}
        title={t('factor.removeTitle')}
        text={t('factor.removeText')}
        confirmLabel={t('factor.remove')}
        danger
      />
      {dialog}
    </Card>
  );
}
