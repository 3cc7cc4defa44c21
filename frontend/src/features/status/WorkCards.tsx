/** The project's jobs: those that are open, and those that ended, a page at a time. */
import { Select } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useJobs } from '@/api/jobs';
import type { JobFilter, Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { RequestError, SkeletonRows } from '@/ui/States';
import { JobTable } from './JobTable';
import classes from './status.module.css';
import { kindText } from './words';

const ENDS: readonly JobFilter[] = ['ended', 'failed', 'succeeded', 'canceled'];
const WAIT_COLUMNS = [2, 1, 2, 2, 4, 1];

function JobList({ found, project, label, empty }: { found: ReturnType<typeof useJobs>; project: Project; label: string; empty: string }) {
  const { t } = useTranslation('status');
  const jobs = found.data?.pages.flatMap((page) => page.results);
  if (!jobs) return found.error ? <RequestError error={found.error} onRetry={() => void found.refetch()} /> : <SkeletonRows rows={2} height={52} columns={WAIT_COLUMNS} />;
  if (jobs.length === 0) return <p className={classes.quiet}>{empty}</p>;
  return (
    <>
      <JobTable jobs={jobs} project={project} label={label} />
      {found.hasNextPage ? (
        <div className={classes.more}>
          <Button size="small" onClick={() => void found.fetchNextPage()} disabled={found.isFetchingNextPage}>
            {t('common:action.showMore')}
          </Button>
        </div>
      ) : null}
    </>
  );
}

export function OpenWork({ project, right }: { project: Project; right?: ReactNode }) {
  const { t } = useTranslation('status');
  const found = useJobs(project.id, 'open');
  const count = found.data?.pages[0]?.count;
  return (
    <Card title={t('work.open')} meta={count ? t('work.openMeta', { count }) : undefined} right={right} className={classes.card}>
      <JobList found={found} project={project} label={t('work.open')} empty={t('work.empty')} />
    </Card>
  );
}

export function EndedWork({ project }: { project: Project }) {
  const { t } = useTranslation('status');
  const [state, setState] = useState<JobFilter>('ended');
  const [kind, setKind] = useState('');
  const found = useJobs(project.id, state, kind);
  const first = found.data?.pages[0];
  const isFiltered = state !== 'ended' || kind !== '';
  const filters = (
    <span className={classes.filters}>
      <Select
        size="xs"
        value={state}
        onChange={(value) => setState((value ?? 'ended') as JobFilter)}
        data={ENDS.map((value) => ({ value, label: value === 'ended' ? t('work.anyState') : t(`state.${value}`) }))}
        allowDeselect={false}
        aria-label={t('work.stateLabel')}
        w={128}
      />
      <Select
        size="xs"
        value={kind}
        onChange={(value) => setKind(value ?? '')}
        data={[{ value: '', label: t('work.anyKind') }, ...(first?.kinds ?? (kind ? [kind] : [])).map((value) => ({ value, label: kindText(t, value) }))]}
        allowDeselect={false}
        aria-label={t('work.kindLabel')}
        w={128}
      />
    </span>
  );
  return (
    <Card title={t('work.ended')} meta={first?.count ? t('work.endedMeta', { count: first.count }) : undefined} right={filters} className={classes.card}>
      <JobList found={found} project={project} label={t('work.ended')} empty={isFiltered ? t('work.emptyFiltered') : t('work.emptyEnded')} />
    </Card>
  );
}
