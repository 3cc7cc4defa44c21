import type { Project } from '@/api/types';

/** The page a person of this project starts on. */
export function homeOf(project: Pick<Project, 'slug' | 'roles'>): string {
  const base = `/p/${project.slug}`;
  if (project.roles.includes('annotator')) return `${base}/worklist`;
  if (project.roles.includes('reviewer') || project.roles.includes('adjudicator')) return `${base}/review`;
  return `${base}/learning`;
}
