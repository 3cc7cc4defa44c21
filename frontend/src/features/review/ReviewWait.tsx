/** The review while it loads: every part in its final place and size. */
import { useTranslation } from 'react-i18next';
import { Skeleton } from '@/ui/States';
import classes from '@/features/review/review.module.css';

export function ReviewWait() {
  const { t } = useTranslation('review');
  return (
    <div className={classes.room} aria-busy="true" aria-label={t('loading')}>
      <header className={classes.caseBar}><Skeleton width={80} height={16} /><Skeleton width={320} height={16} /></header>
      <div className={classes.body}>
        <div className={classes.queue} />
        <WaitCenter />
      </div>
      <footer className={classes.bar} />
    </div>
  );
}

/** Viewports and panel only; the queue beside them stays usable. */
export function WaitCenter() {
  return (
    <>
      <div className={classes.views} aria-hidden="true">
        <div className={`${classes.viewport} ${classes.viewLarge}`} />
        <div className={classes.viewport} />
        <div className={classes.viewport} />
      </div>
      <aside className={classes.panel} aria-hidden="true">
        <div className={classes.panelWait}>
          <Skeleton width={96} height={16} />
          <Skeleton height={44} />
          <Skeleton height={44} />
          <Skeleton height={44} />
          <Skeleton width={120} height={16} />
          <Skeleton height={92} />
        </div>
      </aside>
    </>
  );
}
