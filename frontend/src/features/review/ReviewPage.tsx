/** The reviewer's page: the queue, and the reading named in the address or the first that waits. */
import { IconInbox } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useParams } from 'react-router';
import { useMe, useProjectBySlug, useReviews } from '@/api/hooks';
import type { ReviewRow } from '@/api/readingTypes';
import type { Project } from '@/api/types';
import { useLive } from '@/api/useLive';
import { buttonClass } from '@/ui/Button';
import { EmptyState, RequestError } from '@/ui/States';
import { CaseBar } from '@/features/review/CaseBar';
import { QueueColumn } from '@/features/review/QueueColumn';
import classes from '@/features/review/review.module.css';
import { ReviewRoom } from '@/features/review/ReviewRoom';
import { ReviewWait } from '@/features/review/ReviewWait';

/** Where the "Review" arrow leads: the office page this person has. */
function homeUrl(project: Project): string {
  if (project.roles.includes('annotator')) return `/p/${project.slug}/worklist`;
  return project.roles.includes('manager') ? `/p/${project.slug}/learning` : '/?all=1';
}

/** The reading to begin with: the first that this reviewer may decide on, else the first. */
export function firstToReview(rows: readonly ReviewRow[], allowsSelfReview: boolean): number | null {
  const open = rows.find((row) => !row.own || allowsSelfReview) ?? rows[0];
  return open?.reading_id ?? null;
}

function EmptyQueue({ project }: { project: Project }) {
  const { t } = useTranslation('review');
  return (
    <div className={classes.room}>
      <CaseBar homeUrl={homeUrl(project)} reading={undefined} mode="difference" onMode={() => undefined} right={null} />
      <div className={classes.emptyBody}>
        <EmptyState icon={<IconInbox size={24} stroke={1.6} aria-hidden />} title={t('queue.empty_title')} text={t('queue.empty_text')}
          actions={<Link to={homeUrl(project)} className={buttonClass('primary')}>{t('queue.empty_back')}</Link>} />
      </div>
    </div>
  );
}

function ProjectReview({ project, readingId }: { project: Project; readingId: number | null }) {
  const me = useMe().data;
  const reviews = useReviews(project.id);
  useLive(project.id);
  const rows = reviews.data?.results;
  if (me === undefined) return <ReviewWait />;
  if (readingId !== null) {
    const queue = <QueueColumn rows={rows} slug={project.slug} currentId={readingId} />;
    return <ReviewRoom key={readingId} project={project} me={me} readingId={readingId} rows={rows ?? []} queue={queue} homeUrl={homeUrl(project)} />;
  }
  if (reviews.isError) return <RequestError error={reviews.error} onRetry={() => void reviews.refetch()} />;
  if (rows === undefined) return <ReviewWait />;
  const first = firstToReview(rows, project.settings.allow_self_review);
  return first === null ? <EmptyQueue project={project} /> : <Navigate to={`/p/${project.slug}/review/${first}`} replace />;
}

export default function ReviewPage() {
  const { slug, readingId } = useParams();
  const project = useProjectBySlug(slug);
  if (project === undefined) return <ReviewWait />;
  const id = readingId === undefined ? null : Number(readingId);
  return <ProjectReview project={project} readingId={id} />;
}
