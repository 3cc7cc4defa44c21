import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateToken, useRevokeToken, useTokens } from '@/api/account';
import { ApiError } from '@/api/client';
import type { Me, Token, TokenScope } from '@/api/types';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/Dialogs';
import { RequestError, SkeletonRows } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { formatDateTime } from '@/ui/format';
import { Shown } from './Shown';
import classes from './account.module.css';

const SCOPES: readonly TokenScope[] = ['read', 'annotate', 'manage'];
const DAYS = [7, 30, 90, 365] as const;
const COLUMNS = ['name', 'begins', 'scope', 'project', 'used', 'expires'] as const;

function MakeToken({ me, onMade }: { me: Me; onMade: (token: string) => void }) {
  const { t } = useTranslation('account');
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<TokenScope>('read');
  const [project, setProject] = useState('');
  const [days, setDays] = useState('90');
  const submit = () =>
    create.mutate(
      { name: name.trim(), scope, project_id: project ? Number(project) : null, days: days ? Number(days) : null },
      {
        onSuccess: ({ token }) => {
          setName('');
          onMade(token);
        },
        onError: (error) => toast(error instanceof ApiError && error.message ? error.message : t('failed'), { kind: 'error' }),
      },
    );
  return (
    <form
      className={classes.make}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextInput label={t('tokens.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={80} required withAsterisk={false} />
      <Select
        label={t('tokens.scope')}
        data={SCOPES.map((value) => ({ value, label: t(`tokens.scopeShort.${value}`) }))}
        value={scope}
        onChange={(value) => setScope((value as TokenScope | null) ?? 'read')}
        allowDeselect={false}
      />
      <Select
        label={t('tokens.project')}
        data={[{ value: '', label: t('tokens.allProjects') }, ...me.projects.map((one) => ({ value: String(one.id), label: one.name }))]}
        value={project}
        onChange={(value) => setProject(value ?? '')}
        allowDeselect={false}
      />
      <Select
        label={t('tokens.days')}
        data={[...DAYS.map((count) => ({ value: String(count), label: t('tokens.inDays', { count }) })), { value: '', label: t('tokens.never') }]}
        value={days}
        onChange={(value) => setDays(value ?? '')}
        allowDeselect={false}
      />
      <Button type="submit" disabled={create.isPending}>
        {t('tokens.make')}
      </Button>
      <p className={classes.scope}>{t(`tokens.scopes.${scope}`)}</p>
    </form>
  );
}

function Row({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { t } = useTranslation('account');
  return (
    <div role="row" className={classes.row}>
      <span role="cell" className={classes.name}>
        {token.name}
      </span>
      <span role="cell">
        <code className={classes.prefix}>{`${token.prefix}…`}</code>
      </span>
      <span role="cell">{t(`tokens.scopeShort.${token.scope}`)}</span>
      <span role="cell">{token.project?.name ?? t('tokens.allProjects')}</span>
      <span role="cell" className={classes.soft}>
        {token.last_used_at ? formatDateTime(token.last_used_at) : t('tokens.unused')}
      </span>
      <span role="cell" className={classes.soft}>
        {token.expires_at ? formatDateTime(token.expires_at) : t('tokens.never')}
      </span>
      <span role="cell" className={classes.end}>
        <Button size="small" onClick={onRevoke}>
          {t('tokens.revoke')}
        </Button>
      </span>
    </div>
  );
}

/** One's own API tokens: make one (shown once), see what the others are for, end them. */
export function TokensCard({ me }: { me: Me }) {
  const { t } = useTranslation('account');
  const list = useTokens();
  const revoke = useRevokeToken();
  const [made, setMade] = useState('');
  const [leaving, setLeaving] = useState<Token | null>(null);
  const rows = list.data?.results;
  const end = (token: Token) => {
    setLeaving(null);
    revoke.mutate(token.id, { onSuccess: () => toast(t('tokens.revoked')), onError: () => toast(t('failed'), { kind: 'error' }) });
  };
  return (
    <Card title={t('tokens.title')}>
      <div className={classes.body}>
        <p className={classes.text}>{t('tokens.text')}</p>
        {made ? (
          <Shown lines={[made]} text={t('tokens.made')} doneLabel={t('tokens.keep')} onDone={() => setMade('')} />
        ) : (
          <MakeToken me={me} onMade={setMade} />
        )}
      </div>
      {list.isPending ? <SkeletonRows rows={2} height={36} columns={[2, 1, 1, 1, 1, 1, 1]} /> : null}
      {list.error && !rows ? <RequestError error={list.error} onRetry={() => void list.refetch()} /> : null}
      {rows?.length === 0 ? <p className={classes.none}>{t('tokens.none')}</p> : null}
      {rows && rows.length > 0 ? (
        <div role="table" aria-label={t('tokens.label')} className={classes.table}>
          <div role="row" className={classes.head}>
            {COLUMNS.map((column) => (
              <span key={column} role="columnheader">
                {t(`tokens.column.${column}`)}
              </span>
            ))}
            <span role="columnheader" aria-label={t('tokens.revoke')} />
          </div>
          {rows.map((token) => (
            <Row key={token.id} token={token} onRevoke={() => setLeaving(token)} />
          ))}
        </div>
      ) : null}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        onConfirm={() => leaving && end(leaving)}
        title={t('tokens.revokeTitle', { name: leaving?.name ?? '' })}
        text={t('tokens.revokeText')}
        confirmLabel={t('tokens.revoke')}
        danger
      />
    </Card>
  );
}
