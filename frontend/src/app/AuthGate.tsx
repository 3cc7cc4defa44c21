import { Navigate, Outlet, useLocation } from 'react-router';
import { ApiError } from '@/api/client';
import { useMe } from '@/api/hooks';
import { RequestError } from '@/ui/States';
import { PageWait } from './PageWait';

/** Lets only signed-in people through; everybody else signs in first and comes back to the same address. */
export function AuthGate() {
  const me = useMe();
  const { pathname, search } = useLocation();
  if (me.data) {
    // Nothing else opens before the second factor that this installation asks for is set up.
    const mustEnrol = me.data.second_factor.is_required && !me.data.second_factor.is_on;
    return mustEnrol && pathname !== '/account' ? <Navigate to="/account" replace /> : <Outlet />;
  }
  if (me.isPending) return <PageWait />;
  if (me.error instanceof ApiError && (me.error.status === 401 || me.error.status === 403)) {
    return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />;
  }
  return <RequestError error={me.error} onRetry={() => void me.refetch()} />;
}
