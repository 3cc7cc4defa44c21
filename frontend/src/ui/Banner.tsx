import type { ReactNode } from 'react';
import classes from './ui.module.css';

export type BannerTone = 'action' | 'uncertain' | 'rejected';

const TINTS: Record<BannerTone, { color: string; background: string }> = {
  action: { color: 'var(--mr-action)', background: 'var(--mr-action-tint)' },
  uncertain: { color: 'var(--mr-uncertain)', background: 'var(--mr-uncertain-tint)' },
  rejected: { color: 'var(--mr-rejected)', background: 'var(--mr-rejected-tint)' },
};

/** A line across a page or panel: offline, read only, returned by the reviewer. */
export function Banner({ tone, icon, title, children, action }: { tone: BannerTone; icon?: ReactNode; title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.banner} style={TINTS[tone]} role="status">
      {icon}
      <div className={classes.bannerBody}>
        <div className={classes.bannerTitle} style={{ color: TINTS[tone].color }}>
          {title}
        </div>
        {children}
      </div>
      {action}
    </div>
  );
}
