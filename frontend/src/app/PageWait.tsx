import { Skeleton } from '@/ui/States';

/** Stands in for a whole page while its code or the session loads: bar and page in their final place. */
export function PageWait() {
  return (
    <div aria-busy="true" style={{ height: '100%' }}>
      <div style={{ height: 48, borderBottom: '1px solid var(--mr-line)', background: 'var(--mr-surface)', display: 'flex', alignItems: 'center', gap: 16, padding: '0 16px' }}>
        <Skeleton width={104} height={16} />
        <Skeleton width={136} height={32} />
      </div>
      <div style={{ padding: 24, display: 'grid', gap: 12 }}>
        <Skeleton width={180} height={20} />
        <Skeleton width="60%" />
      </div>
    </div>
  );
}
