import { IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Banner } from './Banner';
import { Button } from './Button';

/** The server was upgraded under this tab. Nothing is reloaded by itself: the reader may be in the middle of a stroke. */
export function UpgradeBanner({ outdated }: { outdated: boolean }) {
  const { t } = useTranslation('common');
  if (!outdated) return null;
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
