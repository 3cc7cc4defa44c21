/** The addresses of the product. Reading, review and learning are chunks of their own; the viewer never loads on an office page. */
import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { createBrowserRouter, Navigate, Outlet, useLocation, useParams, type RouteObject } from 'react-router';
import { AccountPage } from '@/features/account/AccountPage';
import { DataPage } from '@/features/data/DataPage';
import { ExportsPage } from '@/features/exports/ExportsPage';
import { ProjectsPage } from '@/features/projects/ProjectsPage';
import { StatusPage } from '@/features/status/StatusPage';
import { SignInPage } from '@/features/signin/SignInPage';
import { WorklistPage } from '@/features/worklist/WorklistPage';
import { useOutdated } from '@/api/upgrade';
import { hideErrorToast } from '@/ui/Toast';
import { UpgradeBanner } from '@/ui/UpgradeBanner';
import { AuthGate } from './AuthGate';
import { Crash, NotFound } from './Crash';
import { OfficeLayout } from './OfficeLayout';
import { OfflineBanner } from './OfflineBanner';
import { PageWait } from './PageWait';
import { ProjectGate } from './ProjectGate';
import classes from './app.module.css';

const ReadingPage = lazy(() => import('@/features/reading/ReadingPage'));
const ReviewPage = lazy(() => import('@/features/review/ReviewPage'));
const LearningPage = lazy(() => import('@/features/learning/LearningPage'));

function Root() {
  const { pathname } = useLocation();
  useEffect(() => hideErrorToast, [pathname]);
  return (
    <div className={classes.root}>
      <OfflineBanner />
      <UpgradeBanner outdated={useOutdated()} />
      <div className={classes.rest}>
        <Outlet />
      </div>
    </div>
  );
}

function Lazy({ children }: { children: ReactNode }) {
  return <Suspense fallback={<PageWait />}>{children}</Suspense>;
}

/** A new reading or review is a new page: nothing of the last one may stay. */
function Keyed({ children, param }: { children: (key: string) => ReactNode; param: string }) {
  const { [param]: value = '', slug = '' } = useParams();
  return <>{children(`${slug}/${value}`)}</>;
}

export const ROUTES: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <Crash />,
    children: [
      { path: '/sign-in', element: <SignInPage /> },
      {
        element: <AuthGate />,
        children: [
          { path: '/', element: <OfficeLayout />, children: [{ index: true, element: <ProjectsPage /> }] },
          { path: '/account', element: <OfficeLayout />, children: [{ index: true, element: <AccountPage /> }] },
          {
            path: '/p/:slug',
            element: <ProjectGate />,
            children: [
              { index: true, element: <Navigate to="worklist" replace /> },
              {
                element: <OfficeLayout />,
                children: [
                  { path: 'worklist', element: <WorklistPage /> },
                  { path: 'review', element: <Lazy><ReviewPage /></Lazy> },
                  { path: 'learning', element: <Lazy><LearningPage /></Lazy> },
                  { path: 'data', element: <DataPage /> },
                  { path: 'exports', element: <ExportsPage /> },
                  { path: 'status', element: <StatusPage /> },
                ],
              },
              { path: 'read/:readingId', element: <Lazy><Keyed param="readingId">{(key) => <ReadingPage key={key} />}</Keyed></Lazy> },
              { path: 'review/:readingId', element: <Lazy><ReviewPage /></Lazy> },
            ],
          },
        ],
      },
      { path: '*', element: <NotFound /> },
    ],
  },
];

export function createRouter() {
  return createBrowserRouter(ROUTES);
}
