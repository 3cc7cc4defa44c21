import { Checkbox } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useDiscardFromInbox, useInbox, useTakeFromInbox } from '@/api/inbox';
import type { DiscardReason, InboxStudy, Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { ReasonDialog } from '@/ui/Dialogs';
import { EmptyState, VisuallyHidden } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { formatBytes, formatDateTime, formatNumber } from '@/ui/format';
import { InboxAside } from './InboxAside';
import { TablePage } from './TablePage';
import { isCut, shortUid, tickedOf } from './inbox';
import classes from './data.module.css';

const COLUMNS = ['tick', 'study', 'content', 'from', 'to', 'when', 'action'] as const;
const UNSEEN: readonly string[] = ['tick', 'action'];
const REASONS: readonly DiscardReason[] = ['sent_by_mistake', 'not_needed', 'sent_again', 'other'];

interface RowProps {
  study: InboxStudy;
  ticked: boolean;
  busy: boolean;
  onTick: () => void;
  onTake: () => void;
  onDiscard: () => void;
}

function Row({ study, ticked, busy, onTick, onTake, onDiscard }: RowProps) {
  const { t } = useTranslation('data');
  const uid = study.study_instance_uid;
  return (
    <div role="row" aria-selected={ticked} className={`${classes.inboxRow} ${ticked ? classes.inboxTicked : ''}`}>
      <span role="gridcell" className={classes.inboxTick}>
        <Checkbox size="sm" checked={ticked} onChange={onTick} aria-label={t('inbox.tick', { uid })} />
      </span>
      <span role="gridcell" className={classes.inboxUid} title={uid}>
        {shortUid(uid)}
      </span>
      <span role="gridcell">
        {study.modalities.filter(Boolean).join(', ') || '–'}
        <small>{`${t('inbox.objects', { count: study.instances })}, ${formatBytes(study.bytes)}`}</small>
      </span>
      <span role="gridcell">
        <bdi>{study.calling_ae_title || '–'}</bdi>
        <small>{study.peer_address}</small>
      </span>
      <span role="gridcell">
        <bdi>{study.called_ae_title || '–'}</bdi>
      </span>
      <span role="gridcell" className={classes.soft}>
        {formatDateTime(study.last_at)}
      </span>
      <span role="gridcell" className={classes.quarantineActions}>
        <Button size="small" disabled={busy} aria-label={t('inbox.takeOf', { uid })} onClick={onTake}>
          {t('inbox.take')}
        </Button>
        <Button size="small" kind="quiet" disabled={busy} aria-label={t('inbox.discardOf', { uid })} onClick={onDiscard}>
          {t('inbox.discard')}
        </Button>
      </span>
    </div>
  );
}

function useActions(project: Project, onDone: () => void) {
  const { t } = useTranslation('data');
  const navigate = useNavigate();
  const take = useTakeFromInbox(project.id);
  const discard = useDiscardFromInbox();
  const refused = (error: Error) => toast(error.message || t('inbox.failed'), { kind: 'error' });
  return {
    busy: take.isPending || discard.isPending,
    take: (uids: string[]) =>
      take.mutate(uids, {
        onSuccess: (made) => {
          const action = { label: t('inbox.show'), onClick: () => navigate(`/p/${project.slug}/data?import=${made.id}`) };
          toast(t('inbox.taken', { count: uids.length, project: project.name, id: made.id }), { action });
          onDone();
        },
        onError: refused,
      }),
    discard: (uids: string[], reason: DiscardReason) =>
      discard.mutate({ uids, reason }, { onSuccess: () => toast(t('inbox.discarded', { count: uids.length })), onError: refused, onSettled: onDone }),
  };
}

/** Studies that came to an AE title without a route, until a manager takes them in or lets them go. */
export function InboxView({ project, tabs }: { project: Project; tabs: ReactNode }) {
  const { t } = useTranslation('data');
  const found = useInbox();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [leaving, setLeaving] = useState<string[]>([]);
  const studies = found.data?.results ?? [];
  const ticked = tickedOf(chosen, studies);
  const { busy, take, discard } = useActions(project, () => {
    setChosen([]);
    setLeaving([]);
  });
  const tick = (uid: string) => setChosen((before) => (before.includes(uid) ? before.filter((one) => one !== uid) : [...before, uid]));
  const shown = formatNumber(studies.length);
  return (
    <div className={classes.page}>
      <TablePage
        title={t('tab.inbox')}
        meta={found.data && studies.length > 0 ? (isCut(studies) ? t('inbox.cut', { shown }) : t('inbox.count', { count: studies.length, shown })) : ''}
        tabs={tabs}
        columns={COLUMNS.map((key) => ({ key, label: UNSEEN.includes(key) ? <VisuallyHidden>{t(`inbox.column.${key}`)}</VisuallyHidden> : t(`inbox.column.${key}`) }))}
        headClass={classes.inboxHead}
        query={found}
        skeleton={{ rows: 6, columns: [3, 2, 2, 1, 2, 2] }}
        isEmpty={found.data !== undefined && studies.length === 0}
        empty={<EmptyState icon={<IconInbox size={24} stroke={1.6} aria-hidden />} title={t('inbox.empty.title')} text={t('inbox.empty.text')} />}
        foot={
          studies.length > 0 ? (
            <footer className={classes.foot}>
              <span>{t('inbox.leave')}</span>
              <span className={`${classes.footEnd} ${classes.hold} ${ticked.length > 0 ? '' : classes.holdEmpty}`}>
                <Button size="small" kind="quiet" disabled={busy} onClick={() => setLeaving(ticked)}>
                  {t('inbox.discardTicked', { count: ticked.length })}
                </Button>
                <Button size="small" kind="primary" disabled={busy} onClick={() => take(ticked)}>
                  {t('inbox.takeTicked', { count: ticked.length })}
                </Button>
              </span>
            </footer>
          ) : null
        }
      >
        {studies.map((study) => {
          const uid = study.study_instance_uid;
          return <Row key={uid} study={study} ticked={ticked.includes(uid)} busy={busy} onTick={() => tick(uid)} onTake={() => take([uid])} onDiscard={() => setLeaving([uid])} />;
        })}
      </TablePage>
      <InboxAside project={project} />
      <ReasonDialog
        opened={leaving.length > 0}
        onClose={() => setLeaving([])}
        onConfirm={({ reason }) => discard(leaving, reason as DiscardReason)}
        title={t('inbox.sure.title', { count: Math.max(1, leaving.length) })}
        text={t('inbox.sure.text')}
        confirmLabel={t('inbox.sure.confirm')}
        options={REASONS.map((value) => ({ value, label: t(`inbox.reason.${value}`) }))}
        noteless
        danger
        busy={busy}
      />
    </div>
  );
}
