/** `/p/:slug/read/:readingId`: waits in the room's own shape, then opens it. */
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useMe } from '@/api/hooks';
import { buttonClass } from '@/ui/Button';
import { ErrorState, RequestError, Skeleton } from '@/ui/States';
import { ReadingRoom } from './ReadingRoom';
import { useOpening } from './useEditor';
import panel from './panel.module.css';
import classes from './reading.module.css';

export default function ReadingPage() {
  const { slug = '', readingId = '' } = useParams();
  const { t } = useTranslation('reading');
  const me = useMe().data;
  const opening = useOpening(Number(readingId), me?.id ?? 0);
  // A room of its own per reading: a submit still on its way must not swallow the first key in the next case.
  if (opening.state === 'open') return <ReadingRoom key={opening.editor.state.reading.id} editor={opening.editor} />;
  if (opening.state === 'loading') return <Waiting />;
  const back = (
    <Link className={buttonClass()} to={`/p/${slug}/worklist`}>
      {t('page.toQueue')}
    </Link>
  );
  return (
    <div className={classes.failedPage}>
      {Number.isInteger(Number(readingId)) ? <RequestError error={opening.error} onRetry={opening.retry} /> : <ErrorState title={t('page.noReading')} />}
      {back}
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation('reading');
  return (
    <div className={classes.room} aria-busy="true" aria-label={t('page.loading')}>
      <div className={classes.caseBar}>
        <Skeleton width={260} height={14} />
      </div>
      <div className={classes.rail} />
      <div className={classes.views}>
        <div className={classes.mainView} />
      </div>
      <div className={classes.strip}>
        <Skeleton width={120} height={56} />
      </div>
      <aside className={panel.panel}>
        <div className={panel.skeletonRows}>
          {Array.from({ length: 9 }, (_, n) => (
            <Skeleton key={n} width={`${92 - ((n * 17) % 40)}%`} height={14} />
          ))}
        </div>
      </aside>
    </div>
  );
}
