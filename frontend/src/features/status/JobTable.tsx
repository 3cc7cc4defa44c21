/** Jobs as rows: what each is about, where it stands, what went wrong and what to do. Used by the status and learning pages. */
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useJobEvent } from '@/api/jobs';
import type { Job, Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { Bar } from '@/ui/Charts';
import { Chip } from '@/ui/Chip';
import { ConfirmDialog } from '@/ui/Dialogs';
import { VisuallyHidden } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { formatDateTime, formatPercent } from '@/ui/format';
import classes from './status.module.css';
import { adviceKey, kindKey, SILENT_SECONDS, spanText, stateOf, targetPath, targetText, timeText } from './words';

const COLUMNS = ['job', 'state', 'progress', 'time', 'note', 'action'] as const;

function About({ job, slug }: { job: Job; slug: string }) {
  const { t } = useTranslation('status');
  const path = targetPath(slug, job);
  const key = kindKey(job.kind);
  const size = key && job.target?.size ? t(`size.${key}`, { count: job.target.size }) : '';
  return (
    <>
      {path ? <Link to={path}>{targetText(t, job)}</Link> : <span>{targetText(t, job)}</span>}
      <small>{[t('inQueue', { queue: job.queue }), size].filter(Boolean).join(', ')}</small>
    </>
  );
}

function Progress({ job }: { job: Job }) {
  const { t } = useTranslation('status');
  if (job.state === 'queued') return <span>{job.ahead > 0 ? t('ahead', { count: job.ahead }) : t('next')}</span>;
  if (!job.progress) return <span className={classes.soft}>{'–'}</span>;
  const { fraction, message, done, total, seconds_left: left } = job.progress;
  const words = [done !== null && total !== null ? t('doneOf', { done, total }) : message, left === null ? '' : t('left', { time: spanText(t, left) })];
  return (
    <>
      <span className={classes.bar}>
        <Bar value={fraction} ariaLabel={t('progressOf', { name: targetText(t, job) })} />
        <span>{formatPercent(fraction)}</span>
      </span>
      <small>{words.filter(Boolean).join(', ')}</small>
    </>
  );
}

function Times({ job }: { job: Job }) {
  const { t } = useTranslation('status');
  const heard = job.heard_seconds;
  return (
    <>
      <span>{timeText(t, job) || t('time.created', { time: formatDateTime(job.created_at) })}</span>
      {job.state === 'running' ? (
        <small>
          <bdi>{job.worker}</bdi>
          {heard === null ? null : <span className={heard > SILENT_SECONDS ? classes.late : undefined}>{`, ${t('heard', { time: spanText(t, heard) })}`}</span>}
        </small>
      ) : (
        <small>{formatDateTime(job.finished_at ?? job.created_at)}</small>
      )}
    </>
  );
}

function Note({ job }: { job: Job }) {
  const { t } = useTranslation('status');
  const advice = adviceKey(job);
  if (advice === null) return null;
  return (
    <>
      <span className={job.state === 'failed' ? classes.error : undefined}>{job.error}</span>
      <small>{t(`advice.${advice}`)}</small>
    </>
  );
}

function Actions({ job, project }: { job: Job; project: Project }) {
  const { t } = useTranslation('status');
  const act = useJobEvent(project.id);
  const [asks, setAsks] = useState(false);
  const name = targetText(t, job);
  const send = (event: Job['allowed_events'][number]) =>
    act.mutate(
      { id: job.id, event },
      {
        onSuccess: () => toast(t(`eventDone.${event}`, { name })),
        onError: (error) => toast(error.message || t('eventFailed'), { kind: 'error' }),
        onSettled: () => setAsks(false),
      },
    );
  const icon = { size: 14, stroke: 1.6, 'aria-hidden': true } as const;
  return (
    <>
      {job.allowed_events.includes('cancel') ? (
        <Button size="small" disabled={act.isPending} aria-label={t('event.cancelOf', { name })} icon={<IconPlayerStop {...icon} />} onClick={() => setAsks(true)}>
          {t('event.cancel')}
        </Button>
      ) : null}
      {job.allowed_events.includes('retry') ? (
        <Button size="small" disabled={act.isPending} aria-label={t('event.retryOf', { name })} icon={<IconRefresh {...icon} />} onClick={() => send('retry')}>
          {t('event.retry')}
        </Button>
      ) : null}
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => send('cancel')}
        title={t('sure.title', { name })}
        text={t(`sure.${kindKey(job.kind) ?? 'text'}`)}
        confirmLabel={t('sure.confirm')}
        danger
        busy={act.isPending}
      />
    </>
  );
}

function Row({ job, project }: { job: Job; project: Project }) {
  const { t } = useTranslation('status');
  const state = stateOf(job);
  return (
    <tr data-job={job.id}>
      <th scope="row">
        <About job={job} slug={project.slug} />
      </th>
      <td>
        <span>
          <Chip tone={state.tone}>{t(`state.${state.key}`)}</Chip>
        </span>
        {job.attempt > 0 ? <small>{t('attempt', { attempt: job.attempt, of: job.max_attempts })}</small> : null}
      </td>
      <td>
        <Progress job={job} />
      </td>
      <td>
        <Times job={job} />
      </td>
      <td className={classes.note}>
        <Note job={job} />
      </td>
      <td className={classes.actions}>
        <Actions job={job} project={project} />
      </td>
    </tr>
  );
}

export function JobTable({ jobs, project, label }: { jobs: Job[]; project: Project; label: string }) {
  const { t } = useTranslation('status');
  return (
    <div className={classes.scroll}>
      <table className={classes.jobs} aria-label={label}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {column === 'action' ? <VisuallyHidden>{t('column.action')}</VisuallyHidden> : t(`column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <Row key={job.id} job={job} project={project} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
