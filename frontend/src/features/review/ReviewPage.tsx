import { PageHold } from '@/ui/States';

export default function ReviewPage() {
  return <PageHold />;
}
