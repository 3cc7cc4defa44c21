import { PageHold } from '@/ui/States';

export function ProjectsPage() {
  return <PageHold />;
}
