import { useTranslation } from 'react-i18next';
import { Link, useRouteError } from 'react-router';
import { buttonClass } from '@/ui/Button';
import { Button } from '@/ui/Button';
import { ErrorState } from '@/ui/States';

/** The error boundary of the router: says what is safe and offers the two ways on. */
export function Crash() {
  const { t } = useTranslation('common');
  const error = useRouteError();
  return (
    <ErrorState
      title={t('error.crash.title')}
      text={t('error.crash.text')}
      code={error instanceof Error ? error.message.slice(0, 120) : undefined}
      actions={
        <>
          <Button kind="primary" onClick={() => window.location.reload()}>
            {t('action.reload')}
          </Button>
          <a className={buttonClass()} href="/">
            {t('nav.allProjects')}
          </a>
        </>
      }
    />
  );
}

export function NotFound() {
  const { t } = useTranslation('common');
  return (
    <ErrorState
      title={t('error.missing.title')}
      text={t('error.missing.text')}
      actions={
        <Link className={buttonClass()} to="/">
          {t('nav.allProjects')}
        </Link>
      }
    />
  );
}
