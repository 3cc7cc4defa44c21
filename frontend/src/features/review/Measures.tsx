/** The reader's lengths and measures: drawn on their slice, and listed with what they say. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Finding, Reading, Stack, Triple } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { centreOf, isMeasurement } from '@/editor/rows';
import classes from '@/features/review/review.module.css';
import { Swatch } from '@/ui/Swatch';
import { measureInPlane } from '@/viewer/measureDrags';
import { MeasureShape } from '@/viewer/MeasureShape';
import { measureLines, measureName } from '@/viewer/measureText';
import { toCanvas, type Projection } from '@/viewer/projection';

const COLOUR = '#F2D98B';

interface Shown {
  readonly finding: Finding;
  readonly label: Label | null;
  readonly stack: Stack | undefined;
  readonly points: readonly Triple[];
}

export function measuresOf(reading: Reading): Shown[] {
  const labels = new Map(reading.label_set.labels.map((label) => [label.key, label]));
  return reading.journal.draft.findings.filter(isMeasurement).map((finding) => ({
    finding,
    label: labels.get(finding.label_key) ?? null,
    stack: reading.stacks.find(({ id }) => id === finding.grid_id),
    points: finding.measure?.points_lps ?? finding.points_lps ?? [],
  }));
}

const colourOf = ({ label }: Shown): string => label?.colour || COLOUR;

interface LayerProps {
  readonly reading: Reading;
  readonly stack: Stack;
  readonly k: number;
  readonly projection: Projection;
}

export function MeasuresLayer({ reading, stack, k, projection }: LayerProps) {
  const { t } = useTranslation('reading');
  const shown = useMemo(() => measuresOf(reading).filter((one) => one.stack?.id === stack.id), [reading, stack.id]);
  return (
    <>
      {shown.map((one) => {
        const points = measureInPlane(one.points, { stack, axis: 'k' }, k);
        if (!points) return null;
        const { finding, label } = one;
        // The list beside it says the rest.
        const lines = measureLines(finding, stack, label, t).slice(0, 1);
        return (
          <g key={finding.id} data-measure={finding.id}>
            <MeasureShape tool={finding.measure?.tool ?? 'length'} points={points.map((point) => toCanvas(projection, point))} colour={colourOf(one)} lines={lines} />
          </g>
        );
      })}
    </>
  );
}

export function MeasuresPanel({ reading, onGo }: { reading: Reading; onGo: (stackId: number, k: number) => void }) {
  const { t } = useTranslation('review');
  const { t: words } = useTranslation('reading');
  const shown = useMemo(() => measuresOf(reading), [reading]);
  if (shown.length === 0) return null;
  const go = ({ finding, stack }: Shown): void => {
    if (stack) onGo(stack.id, Math.min(stack.shape_zyx[0] - 1, Math.max(0, centreOf(finding, stack)[2])));
  };
  return (
    <section className={classes.section} data-testid="review-measures">
      <header className={classes.panelHead}>
        <h2>{t('measures.title')}</h2>
        <span className={classes.count}>{shown.length}</span>
      </header>
      <ol className={classes.findings}>
        {shown.map((one) => (
          <li key={one.finding.id}>
            <button type="button" className={classes.finding} onClick={() => go(one)} data-measure-row={one.finding.id}>
              <span className={classes.findingName}>
                <Swatch colour={colourOf(one)} />
                <span>{measureName(one.finding, one.label?.name ?? null, words)}</span>
              </span>
              <span className={classes.measureLines}>
                {measureLines(one.finding, one.stack, one.label, words).filter((line) => line !== one.finding.name).map((line) => <span key={line}>{line}</span>)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
