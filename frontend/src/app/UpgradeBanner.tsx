import { IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useOutdated } from '@/api/upgrade';
import { Banner } from '@/ui/Banner';
import { Button } from '@/ui/Button';

/** The server was upgraded under this tab. Nothing is reloaded by itself: the reader may be in the middle of a stroke. */
export function UpgradeBanner() {
  const { t } = useTranslation('common');
  if (!useOutdated()) return null;
  return (
    <Banner
      tone="action"
      icon={<IconRefresh size={16} stroke={1.6} aria-hidden />}
      title={t('upgrade.title')}
      action={
        <Button size="small" onClick={() => location.reload()}>
          {t('upgrade.reload')}
        </Button>
      }
    >
      {t('upgrade.text')}
    </Banner>
  );
}
