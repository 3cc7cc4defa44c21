/** Lines at the top of the panel for what the reader must know: offline, read only, changed elsewhere, refused, returned. */
import { IconAlertTriangle, IconArrowBackUp, IconCloudOff, IconGitCompare, IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Reading } from '@/api/readingTypes';
import { Banner } from '@/ui/Banner';
import { Button } from '@/ui/Button';
import { formatTime } from '@/ui/format';
import { useBench, useRoom } from './useEditor';

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const;

export function Banners() {
  const reading = useBench((bench) => bench.reading);
  const editable = useBench((bench) => bench.editable);
  return (
    <>
      {editable ? <Returned reading={reading} /> : <ReadOnly reading={reading} />}
      <SaveTrouble />
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
