import { PageHold } from '@/ui/States';

export function DataPage() {
  return <PageHold />;
}
