import { IconCloudOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Banner } from '@/ui/Banner';
import { formatTime } from '@/ui/format';

/** The time since when the browser has been offline, or null. */
export function useOfflineSince(): number | null {
  const [since, setSince] = useState<number | null>(() => (navigator.onLine ? null : Date.now()));
  useEffect(() => {
    const off = () => setSince((before) => before ?? Date.now());
    const on = () => setSince(null);
    window.addEventListener('offline', off);
    window.addEventListener('online', on);
    return () => {
      window.removeEventListener('offline', off);
      window.removeEventListener('online', on);
    };
  }, []);
  return since;
}

export function OfflineBanner() {
  const { t } = useTranslation('common');
  const since = useOfflineSince();
  if (since === null) return null;
  return (
    <Banner tone="uncertain" icon={<IconCloudOff size={16} stroke={1.6} aria-hidden />} title={t('offline.title', { time: formatTime(since) })}>
      {t('offline.text')}
    </Banner>
  );
}
