import { PageHold } from '@/ui/States';

export function WorklistPage() {
  return <PageHold />;
}
