/** Agreement with the suggestion, the labels the reader stated, case tags, and what reviewers decided before. */
import { useTranslation } from 'react-i18next';
import type { Reading } from '@/api/readingTypes';
import { formatDateTime } from '@/ui/format';
import classes from '@/features/review/review.module.css';
import { agreementNumbers, labelLines, shownSuggestions } from '@/features/review/rows';

function Line({ name, value, tone }: { name: string; value: string; tone?: string | undefined }) {
  return (
    <div className={classes.line}>
      <dt>{name}</dt>
      <dd className={tone}>{value}</dd>
    </div>
  );
}

export function AgreementPanel({ reading }: { reading: Reading }) {
  const { t } = useTranslation('review');
  const [suggestion] = shownSuggestions(reading);
  const numbers = agreementNumbers(reading);
  const size = (voxels: number): string =>
    numbers.voxelMl === null ? t('agreement.voxels', { value: voxels }) : t('agreement.ml', { value: (voxels * numbers.voxelMl).toFixed(1) });
  return (
    <section className={classes.section}>
      <header className={classes.panelHead}>
        <h2>{t('agreement.title')}</h2>
        <span className={classes.spacer} />
        {suggestion === undefined ? null : <span className={classes.meta}>{t('agreement.with_ai', { version: versionOf(suggestion.model_version) })}</span>}
      </header>
      {suggestion === undefined ? (
        <p className={classes.quiet}>{t('agreement.blind')}</p>
      ) : (
        <dl className={classes.lines}>
          <Line name={t('agreement.mean_dice')} value={numbers.meanDice === null ? '–' : numbers.meanDice.toFixed(2)} />
          <Line name={t('agreement.unchanged')} value={t('agreement.of', { count: numbers.unchanged, total: numbers.total })} />
          <Line name={t('agreement.added')} value={`+${size(numbers.addedVoxels)}`} />
          <Line name={t('agreement.removed')} value={`−${size(numbers.removedVoxels)}`} />
        </dl>
      )}
    </section>
  );
}

export function versionOf(version: number): string {
  return `v${version}`;
}

export function LabelsPanel({ reading }: { reading: Reading }) {
  const { t } = useTranslation('review');
  const tags = reading.label_set.labels.filter((label) => label.kind === 'tag');
  return (
    <section className={classes.section}>
      <header className={classes.panelHead}><h2>{t('labels.title')}</h2></header>
      <dl className={classes.lines}>
        {labelLines(reading).map((line) => (
          <Line key={line.key} name={line.name} tone={line.status === 'not_assessed' ? classes.amber : undefined}
            value={line.status === 'marked' ? t(line.count > 0 ? 'labels.marked' : 'labels.marked_none', { count: line.count }) : t(`labels.${line.status}`)} />
        ))}
        {tags.map((tag) => <Line key={tag.key} name={tag.name} value={reading.journal.draft.tags[tag.key] ?? t('labels.no_tag')} />)}
      </dl>
    </section>
  );
}

export function EarlierPanel({ reading }: { reading: Reading }) {
  const { t } = useTranslation('review');
  const decided = reading.reviews.filter((review) => review.outcome !== '');
  if (decided.length === 0) return null;
  return (
    <section className={classes.section}>
      <header className={classes.panelHead}><h2>{t('earlier.title')}</h2></header>
      <ul className={classes.earlier}>
        {decided.map((review) => (
          <li key={review.id}>
            <b>{review.reviewer.display_name}</b> {t(`earlier.outcome.${review.outcome}`)} <span className={classes.meta}>{formatDateTime(review.decided_at)}</span>
            {review.reasons.length === 0 ? null : <div>{review.reasons.map((reason) => t(`reasons.${reason}`, { defaultValue: reason })).join(', ')}</div>}
            {review.note === '' ? null : <div>{review.note}</div>}
          </li>
        ))}
      </ul>
    </section>
  );
}
