import { IconShieldLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { Banner } from '@/ui/Banner';
import { PasswordCard } from './PasswordCard';
import { SecondFactorCard } from './SecondFactorCard';
import { TokensCard } from './TokensCard';
import classes from './account.module.css';

/** How one's own account is protected, and what acts in its name. */
export function AccountPage() {
  const { t } = useTranslation('account');
  const me = useMe().data;
  if (!me) return null;
  const mustEnrol = me.second_factor.is_required && !me.second_factor.is_on;
  return (
    <div className={classes.page}>
      <header className={classes.title}>
        <h1>{t('title')}</h1>
        <span>{t('signedInAs', { name: me.username })}</span>
      </header>
      {mustEnrol ? (
        <Banner tone="uncertain" icon={<IconShieldLock size={16} stroke={1.6} aria-hidden />} title={t('required.title')}>
          {t('required.text')}
        </Banner>
      ) : null}
      <SecondFactorCard me={me} />
      <PasswordCard />
      {mustEnrol ? null : <TokensCard me={me} />}
    </div>
  );
}
