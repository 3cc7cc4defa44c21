/** The 76 px strip: every series of the case, the shown one framed. */
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stack } from '@/api/readingTypes';
import { showStack } from '@/editor/viewing';
import { useBench, useRoom } from './useEditor';
import classes from './reading.module.css';

export function SeriesStrip() {
  const { t } = useTranslation('reading');
  const stacks = useBench((bench) => bench.reading.stacks);
  return (
    <nav className={classes.strip} aria-label={t('strip.label')}>
      {stacks.map((stack) => (
        <SeriesCard key={stack.id} stack={stack} />
      ))}
    </nav>
  );
}

function SeriesCard({ stack }: { stack: Stack }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const shown = useBench((bench) => bench.stackId === stack.id);
  const warnings = stack.warnings.map(({ text }) => text).join('\n');
  return (
    <button type="button" className={`${classes.series} ${shown ? classes.seriesShown : ''}`} aria-current={shown} onClick={() => showStack(editor, stack)} data-stack={stack.id}>
      <span className={classes.thumb}>
        <img
          src={stack.thumbnail_url}
          alt=""
          loading="lazy"
          onError={(event) => {
            event.currentTarget.hidden = true;
          }}
        />
      </span>
      <span className={classes.seriesText}>
        <b className={classes.ellipsis}>{stack.series_description || stack.modality}</b>
        <span className={classes.dim}>
          {t('strip.slices', { count: stack.shape_zyx[0] })}
          {warnings ? (
            <span title={warnings} className={classes.warn}>
              <IconAlertTriangle size={13} stroke={1.6} aria-label={warnings} />
            </span>
          ) : null}
        </span>
      </span>
    </button>
  );
}
