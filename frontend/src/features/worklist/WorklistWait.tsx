import { Skeleton, SkeletonRows } from '@/ui/States';
import classes from './worklist.module.css';

/** The page's final shape in grey. */
export function WorklistWait() {
  return (
    <div className={classes.page} aria-busy="true">
      <aside className={classes.rail}>
        {Array.from({ length: 9 }, (_, index) => (
          <Skeleton key={index} width={`${60 + ((index * 17) % 35)}%`} style={{ margin: '8px 0' }} />
        ))}
      </aside>
      <section className={classes.middle}>
        <header className={classes.header}>
          <Skeleton width={220} height={20} style={{ margin: '6px 0 22px' }} />
          <Skeleton width="60%" height={16} style={{ marginBottom: 18 }} />
        </header>
        <SkeletonRows rows={14} columns={[3, 3, 1, 2, 2, 2, 2, 1]} />
      </section>
      <aside className={classes.preview}>
        <Skeleton width="70%" height={16} />
        <Skeleton height={272} style={{ marginTop: 16 }} />
      </aside>
    </div>
  );
}
