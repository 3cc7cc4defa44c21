import { PageHold } from '@/ui/States';

export default function LearningPage() {
  return <PageHold />;
}
