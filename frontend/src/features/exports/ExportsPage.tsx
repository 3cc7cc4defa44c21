import { PageHold } from '@/ui/States';

export function ExportsPage() {
  return <PageHold />;
}
