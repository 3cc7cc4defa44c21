/** Beside the inbox: how to send to this server, and which AE titles lead into this project. */
import { TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { useAddRoute, useRemoveRoute, useRoutes } from '@/api/inbox';
import { useStatus } from '@/api/jobs';
import type { AeRoute, Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { SectionTitle } from '@/ui/Card';
import { RequestError, Skeleton } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { listOf } from './inbox';
import classes from './data.module.css';

const START_RECEIVER = 'medreview dimse --host 0.0.0.0 --port 11112';
const MAX_TITLE = 16;

function Line({ name, value }: { name: string; value: string }) {
  return (
    <div className={classes.line}>
      <span>{name}</span>
      <strong>{value}</strong>
    </div>
  );
}

function HowToSend({ project, routes }: { project: Project; routes: AeRoute[] }) {
  const { t } = useTranslation('data');
  const status = useStatus(project.id).data;
  const ports = status?.dicom_ports ?? [];
  const titles = routes.map((route) => route.ae_title).join(', ');
  return (
    <section aria-label={t('inbox.send.title')}>
      <SectionTitle>{t('inbox.send.title')}</SectionTitle>
      <div className={classes.send}>
        <Line name={t('inbox.send.host')} value={window.location.hostname} />
        <Line name={t('inbox.send.port')} value={ports.length > 0 ? ports.join(', ') : t('inbox.send.unknown')} />
        <Line name={t('inbox.send.title_')} value={titles || t('inbox.send.anyTitle')} />
      </div>
      {status && ports.length === 0 ? (
        <p className={classes.asideNote}>
          {t('inbox.send.notRunning')} <code>{START_RECEIVER}</code>
        </p>
      ) : null}
      <p className={classes.asideNote}>{t('inbox.send.network')}</p>
    </section>
  );
}

function Route({ route, project }: { route: AeRoute; project: Project }) {
  const { t } = useTranslation('data');
  const remove = useRemoveRoute(project.id);
  const [sure, setSure] = useState(false);
  const title = route.ae_title;
  const callers = route.calling_ae_titles.length > 0 ? t('inbox.route.callers', { names: route.calling_ae_titles.join(', ') }) : t('inbox.route.anyone');
  const addresses = route.peer_addresses.length > 0 ? t('inbox.route.addresses', { names: route.peer_addresses.join(', ') }) : '';
  const send = () =>
    remove.mutate(route.id, {
      onSuccess: () => toast(t('inbox.route.removed', { title })),
      onError: (error) => toast(error.message || t('inbox.route.failed'), { kind: 'error' }),
    });
  return (
    <li>
      <span>
        <strong>{title}</strong>
        <small>{[callers, addresses].filter(Boolean).join(' ')}</small>
      </span>
      <Button size="small" kind={sure ? 'danger' : 'quiet'} disabled={remove.isPending} aria-label={t('inbox.route.removeOf', { title })} onClick={() => (sure ? send() : setSure(true))}>
        {sure ? t('inbox.route.removeSure') : t('inbox.route.remove')}
      </Button>
    </li>
  );
}

function AddRoute({ project }: { project: Project }) {
  const { t } = useTranslation('data');
  const add = useAddRoute(project.id);
  const [title, setTitle] = useState('');
  const [calling, setCalling] = useState('');
  const [peers, setPeers] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const route = { ae_title: title.trim(), calling_ae_titles: listOf(calling), peer_addresses: listOf(peers) };
    add.mutate(route, {
      onSuccess: (made) => {
        toast(t('inbox.route.added', { title: made.ae_title, project: project.name }));
        setTitle('');
        setCalling('');
        setPeers('');
      },
    });
  };
  return (
    <form className={classes.routeForm} onSubmit={submit} aria-label={t('inbox.route.add')}>
      <TextInput size="xs" label={t('inbox.route.aeTitle')} description={t('inbox.route.aeHint')} maxLength={MAX_TITLE} required withAsterisk={false} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      <TextInput size="xs" label={t('inbox.route.calling')} description={t('inbox.route.callingHint')} value={calling} onChange={(event) => setCalling(event.currentTarget.value)} />
      <TextInput size="xs" label={t('inbox.route.peers')} description={t('inbox.route.peersHint')} value={peers} onChange={(event) => setPeers(event.currentTarget.value)} />
      {add.error ? (
        <p className={classes.routeError} role="alert">
          {add.error.message || t('inbox.route.failed')}
        </p>
      ) : null}
      <Button type="submit" size="small" disabled={add.isPending}>
        {t('inbox.route.save')}
      </Button>
    </form>
  );
}

export function InboxAside({ project }: { project: Project }) {
  const { t } = useTranslation('data');
  const me = useMe().data;
  const found = useRoutes(project.id);
  const routes = found.data?.results ?? [];
  const heading = t('inbox.route.title', { project: project.name });
  return (
    <aside className={classes.detail}>
      <HowToSend project={project} routes={routes} />
      <section className={classes.aside} aria-label={heading}>
        <SectionTitle>{heading}</SectionTitle>
        {found.isPending ? <Skeleton height={44} /> : null}
        {found.error ? <RequestError error={found.error} onRetry={() => void found.refetch()} /> : null}
        {found.data && routes.length === 0 ? <p className={classes.asideNote}>{t('inbox.route.none')}</p> : null}
        {routes.length > 0 ? (
          <ul className={classes.routes}>
            {routes.map((route) => (
              <Route key={route.id} route={route} project={project} />
            ))}
          </ul>
        ) : null}
        <AddRoute project={project} />
      </section>
      <div className={classes.aside}>
        <p className={classes.asideNote}>
          {t('inbox.shared')}
          {me && !me.can_make_projects ? ` ${t('inbox.operators')}` : ''}
        </p>
      </div>
    </aside>
  );
}
