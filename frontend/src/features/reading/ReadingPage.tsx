import { PageHold } from '@/ui/States';

export default function ReadingPage() {
  return <PageHold />;
}
