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
  const isReader = project.roles.includes('annotator');
  return (
    <div className={classes.emptyPage}>
      <EmptyState icon={<IconInbox size={24} stroke={1.6} aria-hidden />} title={t('queue.empty_title')} text={t('queue.empty_text')}
        actions={isReader ? <Link to={homeUrl(project)} className={buttonClass('primary')}>{t('queue.empty_back')}</Link> : null} />
    </div>
  );
}

/** `/review` lies in the office with its bar: it leads to the first reading, or says that none waits. */
function Queue({ project }: { project: Project }) {
  const reviews = useReviews(project.id);
  const rows = reviews.data?.results;
  if (reviews.isError) return <RequestError error={reviews.error} onRetry={() => void reviews.refetch()} />;
  if (rows === undefined) return <div className={classes.emptyPage} aria-busy="true" />;
  const first = firstToReview(rows, project.settings.allow_self_review);
  return first === null ? <EmptyQueue project={project} /> : <Navigate to={`/p/${project.slug}/review/${first}`} replace />;
}

/** `/review/:readingId` has the whole window, so it holds the live connection itself. */
function Room({ project, readingId }: { project: Project; readingId: number }) {
  const me = useMe().data;
  const rows = useReviews(project.id).data?.results;
  useLive(project.id);
  if (me === undefined) return <ReviewWait />;
  const queue = <QueueColumn rows={rows} slug={project.slug} currentId={readingId} />;
  return <ReviewRoom key={readingId} project={project} me={me} readingId={readingId} rows={rows ?? []} queue={queue} homeUrl={homeUrl(project)} />;
}

export default function ReviewPage() {
  const { slug, readingId } = useParams();
  const project = useProjectBySlug(slug);
  if (project === undefined) return <ReviewWait />;
  return readingId === undefined ? <Queue project={project} /> : <Room project={project} readingId={Number(readingId)} />;
}
