/** The three viewports and their modes: difference beside the pair, the pair alone, or both in turn in the large one. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Finding, Reading, Stack } from '@/api/readingTypes';
import { isMeasurement } from '@/editor/rows';
import { formatDateTime } from '@/ui/format';
import type { ShownWindow } from '@/viewer/useViewport';
import type { ViewMode } from '@/features/review/CaseBar';
import type { NumberedComment } from '@/features/review/comments';
import { DifferenceLayer, OutlineLayer } from '@/features/review/DifferenceLayer';
import { pairMarks, type Pair } from '@/features/review/difference';
import { MeasuresLayer } from '@/features/review/Measures';
import { versionOf } from '@/features/review/FactsPanels';
import { barMarks, pairsOnStack } from '@/features/review/layers';
import { ReviewViewport, type ReviewViewportProps } from '@/features/review/ReviewViewport';
import classes from '@/features/review/review.module.css';
import { shownSuggestions } from '@/features/review/rows';

export interface ViewportsProps {
  reading: Reading;
  stack: Stack;
  k: number;
  mode: ViewMode;
  /** In blink mode: what the large viewport shows now. */
  blinkShows: 'reading' | 'suggestion';
  window: ShownWindow | null;
  comments: readonly NumberedComment[];
  onSlice: (k: number) => void;
  onWindow: (window: ShownWindow) => void;
  onPin: (comment: NumberedComment) => void;
}

function Legend() {
  const { t } = useTranslation('review');
  return (
    <>
      <span><i className={classes.legendAdded} />{t('legend.added')}</span>
      <span><i className={classes.legendRemoved} />{t('legend.removed')}</span>
      <span><i className={classes.legendReading} />{t('legend.reading')}</span>
      <span><i className={classes.legendSuggestion} />{t('legend.suggestion')}</span>
    </>
  );
}

function useLayers({ reading, stack, k }: ViewportsProps) {
  const labels = useMemo(() => new Map(reading.label_set.labels.map((label) => [label.key, label])), [reading.label_set]);
  const pairs: Pair[] = useMemo(() => {
    const findings = reading.journal.draft.findings.filter((finding: Finding) => !isMeasurement(finding));
    return pairsOnStack(pairMarks(findings, shownSuggestions(reading)), stack.id);
  }, [reading, stack.id]);
  const colourOf = (key: string): string => labels.get(key)?.colour ?? '#FFFFFF';
  const readings = useMemo(() => pairs.flatMap((pair) => (pair.reading === null ? [] : [pair.reading])), [pairs]);
  const suggestions = useMemo(() => pairs.flatMap((pair) => (pair.suggestion === null ? [] : [pair.suggestion])), [pairs]);
  const layers: Record<'difference' | 'reading' | 'suggestion', ReviewViewportProps['layer']> = {
    difference: (projection) => <DifferenceLayer stack={stack} k={k} projection={projection} pairs={pairs} labels={labels} />,
    reading: (projection) => <OutlineLayer stack={stack} k={k} projection={projection} marks={readings} colourOf={colourOf} isDashed={false} fill />,
    suggestion: (projection) => <OutlineLayer stack={stack} k={k} projection={projection} marks={suggestions} colourOf={colourOf} isDashed fill />,
  };
  const ticks = useMemo(() => barMarks(pairs, (key) => labels.get(key)?.colour ?? '#FFFFFF'), [pairs, labels]);
  return { layers, ticks, counts: { reading: readings.length, suggestion: suggestions.length } };
}

export function Viewports(props: ViewportsProps) {
  const { t } = useTranslation('review');
  const { reading, stack, k, mode, blinkShows, window, comments, onSlice, onWindow, onPin } = props;
  const { layers, ticks, counts } = useLayers(props);
  const over: ReviewViewportProps['over'] = (projection) => <MeasuresLayer reading={reading} stack={stack} k={k} projection={projection} />;
  const shared = { stack, k, window, onSlice, onWindow, pins: comments, onPin };
  const [suggestion] = shownSuggestions(reading);
  const texts = {
    suggestion: {
      title: t('view.suggestion'),
      subtitle: suggestion === undefined ? '' : t('view.suggestion_sub', { version: versionOf(suggestion.model_version) }),
      ...(counts.suggestion === 0 ? {} : { foot: t('view.findings_dashed', { count: counts.suggestion }) }),
    },
    reading: {
      title: t('view.reading'),
      subtitle: t('view.reading_sub', { reader: reading.reader.display_name, time: formatDateTime(reading.submitted_at) }),
      foot: t('view.findings_solid', { count: counts.reading }),
    },
  };
  if (suggestion === undefined) {
    return <div className={classes.viewsAlone}><ReviewViewport {...shared} {...texts.reading} ticks={ticks} isMain layer={layers.reading} over={over} testId="view-reading" /></div>;
  }
  const isPair = mode === 'side_by_side';
  const isBlink = mode === 'blink';
  const large = isBlink
    ? { ...texts[blinkShows], layer: layers[blinkShows] }
    : { title: t('view.difference'), subtitle: t('view.difference_sub'), layer: layers.difference, legend: <Legend /> };
  return (
    // A viewport that changes its size keeps its zoom; another layout starts fitted again, hence the keys.
    <div className={isPair ? classes.viewsPair : classes.views}>
      {isPair ? null : <div className={classes.viewLarge}><ReviewViewport {...shared} {...large} ticks={ticks} isMain over={over} testId="view-difference" /></div>}
      <ReviewViewport key={`suggestion-${isPair}`} {...shared} {...texts.suggestion} pins={[]} layer={layers.suggestion} testId="view-suggestion" />
      <ReviewViewport key={`reading-${isPair}`} {...shared} {...texts.reading} {...(isPair ? { ticks } : {})} isMain={isPair} layer={layers.reading} over={over} testId="view-reading" />
    </div>
  );
}
