import { PageHold } from '@/ui/States';

export function SignInPage() {
  return <PageHold />;
}
