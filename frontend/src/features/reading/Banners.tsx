/** Lines at the top of the panel for what the reader must know: offline, read only, changed elsewhere, refused, returned. */
import { IconAlertTriangle, IconArchive, IconArrowBackUp, IconCloudOff, IconGitCompare, IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import type { Reading } from '@/api/readingTypes';
import { useOutdated } from '@/api/upgrade';
import { Banner } from '@/ui/Banner';
import { Button, buttonClass } from '@/ui/Button';
import { UpgradeBanner } from '@/ui/UpgradeBanner';
import { formatTime } from '@/ui/format';
import { useBench, useRoom } from './useEditor';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;

export function Banners() {
  const reading = useBench((bench) => bench.reading);
  const editable = useBench((bench) => bench.editable);
  return (
    <>
      {editable ? <Returned reading={reading} /> : <ReadOnly reading={reading} />}
      <UpgradeBanner outdated={useOutdated()} />
      <SaveTrouble />
      <SetAside />
    </>
  );
}

function ReadOnly({ reading }: { reading: Reading }) {
  const { t } = useTranslation('reading');
  const title = reading.submitted_at
    ? t('banner.submitted', { time: formatTime(reading.submitted_at).slice(0, 5), state: t(`readingState.${reading.state}`) })
    : t('banner.readOnly');
  return (
    <Banner tone="action" icon={<IconLock {...ICON} />} title={title}>
      {t('banner.readOnlyText')}
    </Banner>
  );
}

function Returned({ reading }: { reading: Reading }) {
  const { t } = useTranslation('reading');
  const last = reading.reviews.filter(({ outcome }) => outcome === 'returned').at(-1);
  if (!last || reading.round < 2) return null;
  return (
    <Banner tone="rejected" icon={<IconArrowBackUp {...ICON} />} title={t('banner.returned', { name: last.reviewer.display_name })}>
      {[last.reasons.map((reason) => t(`review:reasons.${reason}`, { defaultValue: reason })).join(', '), last.note].filter(Boolean).join('. ')}
    </Banner>
  );
}

/** The page stays as it is: what was drawn is kept here and goes out as soon as this person is signed in again. */
function SignedOut({ count }: { count: number }) {
  const { t } = useTranslation('reading');
  const { pathname } = useLocation();
  return (
    <Banner
      tone="rejected"
      icon={<IconLock {...ICON} />}
      title={t('banner.signedOut')}
      action={
        <Link className={buttonClass('default', 'small')} to={`/sign-in?next=${encodeURIComponent(pathname)}`}>
          {t('banner.signIn')}
        </Link>
      }
    >
      {t('banner.signedOutText', { count })}
    </Banner>
  );
}

function SetAside() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const count = useBench((bench) => bench.aside);
  if (count === 0) return null;
  return (
    <Banner tone="uncertain" icon={<IconArchive {...ICON} />} title={t('banner.aside', { count })}>
      <p>{t('banner.asideText')}</p>
      <div style={{ display: 'flex', gap: 8 }}>
        <Button size="small" onClick={() => void editor.bringBackAside()}>
          {t('banner.asideBack')}
        </Button>
        <Button size="small" kind="quiet" onClick={() => void editor.deleteAside()}>
          {t('banner.asideDelete')}
        </Button>
      </div>
    </Banner>
  );
}

function SaveTrouble() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const save = useBench((bench) => bench.save);
  if (save.kind === 'offline') {
    return (
      <Banner tone="uncertain" icon={<IconCloudOff {...ICON} />} title={t('banner.offline', { time: formatTime(save.since) })}>
        {t('banner.offlineText', { count: save.count })}
      </Banner>
    );
  }
  if (save.kind === 'signed_out') return <SignedOut count={save.count} />;
  if (save.kind === 'elsewhere') {
    return (
      <Banner tone="rejected" icon={<IconGitCompare {...ICON} />} title={t('banner.elsewhere')}>
        <p>{t('banner.elsewhereText', { theirs: save.foreign.length, mine: save.count })}</p>
        <div style={{ display: 'flex', gap: 8 }}>
          {editor.canKeepBoth() ? (
            <Button size="small" onClick={() => void editor.settle('keep_both')}>
              {t('banner.keepBoth')}
            </Button>
          ) : null}
          <Button size="small" onClick={() => void editor.settle('take_theirs')}>
            {t('banner.takeTheirs')}
          </Button>
        </div>
      </Banner>
    );
  }
  if (save.kind === 'refused') {
    return (
      <Banner
        tone="rejected"
        icon={<IconAlertTriangle {...ICON} />}
        title={t('banner.refused')}
        action={
          <Button size="small" onClick={() => void editor.dropRefused()}>
            {t('banner.goBack')}
          </Button>
        }
      >
        {save.message || save.code}
      </Banner>
    );
  }
  return null;
}
