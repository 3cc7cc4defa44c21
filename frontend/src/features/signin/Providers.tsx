import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { keys } from '@/api/keys';
import { leaveFor, signInProviders } from '@/api/session';
import { Button } from '@/ui/Button';
import classes from './signin.module.css';

/** The organisation's own sign-in, where there is one. It comes back to this page, which goes on to `next`. */
export function Providers({ next, busy }: { next: string; busy: boolean }) {
  const { t } = useTranslation('signin');
  const providers = useQuery({ queryKey: keys.providers, queryFn: signInProviders, staleTime: Infinity }).data ?? [];
  if (providers.length === 0) return null;
  const callback = `/sign-in?back=1&next=${encodeURIComponent(next)}`;
  return (
    <div className={classes.providers}>
      {providers.map((provider) => (
        <Button key={provider.id} full disabled={busy} onClick={() => leaveFor(provider, callback)}>
          {t('provider', { name: provider.name })}
        </Button>
      ))}
    </div>
  );
}
