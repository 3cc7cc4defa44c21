import { IconPhotoOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorklistRow } from '@/api/types';
import { Button } from '@/ui/Button';
import { SectionTitle } from '@/ui/Card';
import { Bar } from '@/ui/Charts';
import { ReasonChip } from '@/ui/Chip';
import { Swatch } from '@/ui/Swatch';
import { formatDate, formatTime } from '@/ui/format';
import { canSkip, openVerb, versionWord } from './words';
import classes from './worklist.module.css';

/** ln 2: the entropy of a voxel that could as well be either; the right end of the bar. */
const MAX_ENTROPY_NATS = Math.LN2;

function Thumbnail({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklist');
  const [failed, setFailed] = useState('');
  const url = row.thumbnail_url;
  return (
    <div className={classes.thumb}>
      {url && failed !== url ? (
        <img src={url} alt={t('preview.image', { name: row.pseudonym })} onError={() => setFailed(url)} draggable={false} />
      ) : (
        <span className={classes.noThumb}>
          <IconPhotoOff size={24} stroke={1.4} aria-hidden />
          {t('preview.noImage')}
        </span>
      )}
      <span className={classes.thumbTag}>{[row.description, row.modality].filter(Boolean).join(' · ')}</span>
    </div>
  );
}

function Measure({ label, text, fraction, colour }: { label: string; text: string; fraction: number | null; colour: string }) {
  return (
    <div className={classes.measure}>
      <span>{label}</span>
      {fraction === null ? <span /> : <Bar value={fraction} colour={colour} />}
      <strong>{text}</strong>
    </div>
  );
}

function Why({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklist');
  const { entropy, rank, pool, model_version } = row.reason.values;
  return (
    <section>
      <SectionTitle>{t('preview.why')}</SectionTitle>
      <div className={classes.whyChip}>
        <ReasonChip code={row.reason.code} text={row.reason.text} />
      </div>
      <p className={classes.whyText}>{row.reason.detail || t(`why.${row.reason.code}`)}</p>
      {entropy !== undefined && entropy !== null ? (
        <Measure label={t('preview.entropy')} text={t('preview.nats', { value: entropy.toFixed(2) })} fraction={entropy / MAX_ENTROPY_NATS} colour="var(--mr-uncertain)" />
      ) : null}
      {rank && pool ? <Measure label={t('preview.rank')} text={t('preview.rankOf', { rank, pool })} fraction={1 - (rank - 1) / pool} colour="var(--mr-action)" /> : null}
      {model_version ? <Measure label={t('preview.model')} text={versionWord(model_version)} fraction={null} colour="" /> : null}
    </section>
  );
}

function Suggestions({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklist');
  if (!row.suggestions) return null;
  const { count, unsure } = row.suggestions;
  return (
    <section>
      <SectionTitle>{t('preview.suggestions')}</SectionTitle>
      <div className={classes.line}>
        <Swatch colour="var(--mr-suggestion)" dashed />
        <span>{t('preview.offered', { count })}</span>
        <span className={classes.lineEnd}>{versionWord(row.ai.model_version)}</span>
      </div>
      {unsure > 0 ? (
        <div className={classes.line}>
          <Swatch colour="var(--mr-uncertain)" dashed />
          <span>{t('preview.unsure', { count: unsure })}</span>
        </div>
      ) : null}
    </section>
  );
}

export function Preview({ row, onOpen, onSkip, busy }: { row: WorklistRow | null; onOpen: (row: WorklistRow) => void; onSkip: (row: WorklistRow) => void; busy: boolean }) {
  const { t } = useTranslation('worklist');
  if (!row) {
    return (
      <aside className={classes.preview} aria-label={t('preview.label')}>
        <p className={classes.previewNone}>{t('preview.none')}</p>
      </aside>
    );
  }
  return (
    <aside className={classes.preview} aria-label={t('preview.label')}>
      <header className={classes.previewHead}>
        <strong>{row.pseudonym}</strong>
        <span>{[row.modality, formatDate(row.study_date)].join(' · ')}</span>
      </header>
      <Thumbnail row={row} />
      <div className={classes.previewBody}>
        <Why row={row} />
        <Suggestions row={row} />
        {row.has_prior ? (
          <section>
            <SectionTitle>{t('preview.prior')}</SectionTitle>
            <p className={classes.whyText}>{t('preview.priorText')}</p>
          </section>
        ) : null}
      </div>
      <footer className={classes.previewFoot}>
        <span>{row.status === 'open' ? t('preview.draft', { time: formatTime(row.updated_at) }) : t(`preview.status.${row.status}`)}</span>
        <div>
          <Button kind="primary" hotkey="Enter" full disabled={busy} onClick={() => onOpen(row)}>
            {t(`short.${openVerb(row)}`)}
          </Button>
          {canSkip(row) ? (
            <Button hotkey="S" onClick={() => onSkip(row)}>
              {t('skip.short')}
            </Button>
          ) : null}
        </div>
      </footer>
    </aside>
  );
}
