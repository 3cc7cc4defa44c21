/** The overlays of the three review viewports, drawn in index units inside the viewport's own map. */
import { useId, useMemo } from 'react';
import type { Label } from '@/api/types';
import type { Stack } from '@/api/readingTypes';
import type { Projection } from '@/viewer/projection';
import { isChanged, type Mark, type Pair } from '@/features/review/difference';
import { differencePaths, markOutline } from '@/features/review/layers';
import classes from '@/features/review/review.module.css';

export interface LayerProps {
  stack: Stack;
  k: number;
  projection: Projection;
}

/** Line says who: dashed is a suggestion, solid a person. A dark halo keeps it readable on bright tissue. */
export function OutlineLayer({ stack, k, marks, colourOf, isDashed, fill = false, isThin = false }: LayerProps & {
  marks: readonly Mark[];
  colourOf: (labelKey: string) => string;
  isDashed: boolean;
  fill?: boolean;
  /** Under the filled difference a line must leave small changes visible. */
  isThin?: boolean;
}) {
  const line = [isDashed ? classes.outlineDashed : classes.outline, isThin ? classes.thin : ''].join(' ');
  return (
    <g>
      {marks.map((mark) => {
        const path = markOutline(mark, stack, k);
        if (path === '') return null;
        const colour = colourOf(mark.label_key);
        return (
          <g key={mark.id} data-mark={mark.id}>
            {fill ? <path d={path} fill={colour} fillOpacity={0.1} fillRule="evenodd" /> : null}
            <path d={path} className={`${classes.halo} ${isThin ? classes.thinHalo : ''}`} />
            <path d={path} className={line} stroke={colour} />
          </g>
        );
      })}
    </g>
  );
}

const READING_COLOUR = '#FFFFFF';

/** Added filled, removed hatched, the reading's outline white, the suggestion's dashed in its label's colour. */
export function DifferenceLayer({ stack, k, projection, pairs, labels }: LayerProps & { pairs: readonly Pair[]; labels: ReadonlyMap<string, Label> }) {
  const hatchId = useId();
  const paths = useMemo(() => differencePaths(pairs, stack, k), [pairs, stack, k]);
  const readings = useMemo(() => pairs.flatMap((pair) => (pair.reading === null ? [] : [pair.reading])), [pairs]);
  // A suggestion that was accepted as it is would only lie under the reading's own line.
  const suggestions = useMemo(() => pairs.flatMap((pair) => (pair.suggestion === null || !isChanged(pair, k) ? [] : [pair.suggestion])), [pairs, k]);
  const scale = Math.hypot(...projection.du);
  const colourOf = (key: string): string => labels.get(key)?.colour ?? READING_COLOUR;
  return (
    <g>
      <defs>
        <pattern id={hatchId} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform={`scale(${1 / scale}) rotate(45)`}>
          <rect width={6} height={6} className={classes.hatchGround} />
          <rect width={2.5} height={6} className={classes.hatchLine} />
        </pattern>
      </defs>
      <OutlineLayer stack={stack} k={k} projection={projection} marks={suggestions} colourOf={colourOf} isDashed isThin />
      <OutlineLayer stack={stack} k={k} projection={projection} marks={readings} colourOf={() => READING_COLOUR} isDashed={false} isThin />
      <path d={paths.removed} fill={`url(#${hatchId})`} className={classes.removed} fillRule="evenodd" data-testid="removed" data-voxels={paths.removedVoxels} />
      <path d={paths.added} className={classes.added} fillRule="evenodd" data-testid="added" data-voxels={paths.addedVoxels} />
    </g>
  );
}
