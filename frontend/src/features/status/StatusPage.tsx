/** For managers: what the workers do for this project, and whether the server is well. */
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useProjectBySlug } from '@/api/hooks';
import { useStatus } from '@/api/jobs';
import type { Project, Status } from '@/api/types';
import { Chip } from '@/ui/Chip';
import { RequestError, Skeleton } from '@/ui/States';
import { ActivityCards } from './ActivityCards';
import { MachineStrip } from './MachineStrip';
import { EndedWork, OpenWork } from './WorkCards';
import classes from './status.module.css';
import { problemsOf, type Problem } from './words';

const ICON = { size: 14, stroke: 1.6, 'aria-hidden': true } as const;

export function StatusPage() {
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  if (!project) return null;
  if (!project.roles.includes('manager')) return <RequestError error={{ status: 403 }} />;
  return <ProjectStatus key={project.id} project={project} />;
}

function Title({ status, problems }: { status: Status | undefined; problems: Problem[] }) {
  const { t } = useTranslation('status');
  const worst = problems[0]?.tone ?? 'accepted';
  return (
    <header className={classes.title}>
      <h1>{t('title')}</h1>
      {status ? (
        <Chip tone={worst} icon={problems.length > 0 ? <IconAlertTriangle {...ICON} /> : <IconCheck {...ICON} />}>
          {problems.length > 0 ? t('needs', { count: problems.length }) : t('well')}
        </Chip>
      ) : null}
      {status ? <span>{t('subtitle', { version: status.version, database: t(`database.${status.database}`) })}</span> : null}
    </header>
  );
}

function Problems({ problems }: { problems: Problem[] }) {
  const { t } = useTranslation('status');
  if (problems.length === 0) return null;
  return (
    <ul className={classes.problems} role="status">
      {problems.map((problem) => (
        <li key={problem.key} className={problem.tone === 'rejected' ? classes.cellRejected : classes.cellUncertain}>
          <IconAlertTriangle size={16} stroke={1.6} aria-hidden />
          <span>
            {problem.text}
            {problem.command ? ` ${t('problem.start')} ` : ''}
            {problem.command ? <code className={classes.command}>{problem.command}</code> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}

function ProjectStatus({ project }: { project: Project }) {
  const { t } = useTranslation('status');
  const found = useStatus(project.id);
  const status = found.data;
  const problems = status ? problemsOf(t, status) : [];
  return (
    <div className={classes.page}>
      <Title status={status} problems={problems} />
      {found.error && !status ? <RequestError error={found.error} onRetry={() => void found.refetch()} /> : null}
      <Problems problems={problems} />
      {status ? <MachineStrip status={status} /> : <Skeleton height={104} />}
      <OpenWork project={project} />
      {status ? <ActivityCards project={project} status={status} /> : <Skeleton height={248} />}
      <EndedWork project={project} />
    </div>
  );
}
