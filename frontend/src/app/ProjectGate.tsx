import { Outlet, useParams } from 'react-router';
import { useProjectBySlug } from '@/api/hooks';
import { NotFound } from './Crash';

/** Absent and forbidden look the same: a project that is not in `me` is not here. */
export function ProjectGate() {
  const { slug } = useParams();
  return useProjectBySlug(slug) ? <Outlet /> : <NotFound />;
}
