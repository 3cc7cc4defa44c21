/** A change that is not stored yet, in the colours of a difference: added filled, removed hatched. */
import { useId } from 'react';
import type { ViewAxis } from '@/domain/coordinates';
import { outlineOf } from './marks';
import { matrixOf, type Projection } from './projection';
import type { StackViewProps } from './types';
import classes from './viewer.module.css';

export function PreviewShape({ view, axis, plane, projection }: { view: StackViewProps; axis: ViewAxis; plane: number; projection: Projection }) {
  const hatchId = useId();
  const { preview, stack } = view;
  if (!preview) return null;
  const added = outlineOf(preview.added, stack.shape_zyx, axis, plane);
  const removed = outlineOf(preview.removed, stack.shape_zyx, axis, plane);
  const scale = Math.hypot(...projection.du);
  return (
    <g transform={matrixOf(projection)} data-preview={axis} pointerEvents="none">
      <defs>
        <pattern id={hatchId} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform={`scale(${1 / scale}) rotate(45)`}>
          <rect width={2.5} height={6} className={classes.previewHatch} />
        </pattern>
      </defs>
      {removed ? <path d={removed} fill={`url(#${hatchId})`} className={classes.previewRemoved} fillRule="evenodd" /> : null}
      {added ? <path d={added} className={classes.previewAdded} fillRule="evenodd" /> : null}
    </g>
  );
}
