/** What the workers do for this project now, what waits, and what failed with its reason. */
import { useTranslation } from 'react-i18next';
import { Card } from '@/ui/Card';
import { Bar } from '@/ui/Charts';
import { Chip, type Tone } from '@/ui/Chip';
import { formatDateTime } from '@/ui/format';
import { percent } from '@/features/learning/format';
import { useJobs } from '@/features/learning/hooks';
import classes from '@/features/learning/learning.module.css';
import type { Job } from '@/features/learning/types';

const TONES: Readonly<Record<Job['state'], Tone>> = { running: 'action', queued: 'neutral', failed: 'rejected', succeeded: 'accepted', canceled: 'neutral' };

function kindText(kind: string): string {
  return kind.replace(/^[a-z]+\./, '').replaceAll('_', ' ');
}

function JobNote({ job }: { job: Job }) {
  const { t } = useTranslation('learning');
  if (job.error !== '') return <span className={classes.loss}>{job.error}</span>;
  if (job.state === 'queued') return <>{job.ahead > 0 ? t('jobs.ahead', { count: job.ahead }) : t('jobs.next')}</>;
  return <>{job.progress && 'message' in job.progress ? job.progress.message : ''}</>;
}

function JobRow({ job }: { job: Job }) {
  const { t } = useTranslation('learning');
  return (
    <tr>
      <th scope="row">{t(`jobs.kind_text.${kindText(job.kind).replaceAll(' ', '_')}`, { defaultValue: kindText(job.kind) })}</th>
      <td>
        <Chip tone={TONES[job.state]}>{t(`jobs.state_text.${job.state}`)}</Chip>
        {job.attempt > 1 ? <span className={classes.cardMeta}> {t('jobs.attempt', { count: job.attempt })}</span> : null}
      </td>
      <td className={classes.jobProgress}>
        {job.state === 'running' && job.progress !== null ? (
          <div className={classes.jobBar}>
            <Bar value={job.progress.fraction} ariaLabel={kindText(job.kind)} />
            <span>{percent(job.progress.fraction)}</span>
          </div>
        ) : null}
      </td>
      <td className={classes.cardMeta}>{formatDateTime(job.created_at)}</td>
      <td className={classes.wrap}><JobNote job={job} /></td>
    </tr>
  );
}

export function JobsCard({ projectId }: { projectId: number }) {
  const { t } = useTranslation('learning');
  const jobs = useJobs(projectId).data?.results ?? [];
  return (
    <Card className={classes.wideCard}>
      <header className={classes.lowerHead}>
        <h2 className={classes.cardTitle}>{t('jobs.title')}</h2>
      </header>
      {jobs.length === 0 ? (
        <p className={classes.quietLine}>{t('jobs.empty')}</p>
      ) : (
        <div className={classes.tableScroll}>
          <table className={classes.plainTable}>
            <thead>
              <tr>
                <th scope="col">{t('jobs.kind')}</th>
                <th scope="col">{t('jobs.state')}</th>
                <th scope="col">{t('jobs.progress')}</th>
                <th scope="col">{t('jobs.since')}</th>
                <th scope="col">{t('jobs.note')}</th>
              </tr>
            </thead>
            <tbody>{jobs.map((job) => <JobRow key={job.id} job={job} />)}</tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
