/** The words in the corners of a view, the letters at its sides, the scale and the slice bar. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { indexToWorld, positionText } from '@/domain/coordinates';
import { planeSize, withPlaneNumber } from '@/domain/planes';
import { formatNumber } from '@/ui/format';
import { loadedSlices, onImagesArriving } from './arrival';
import { planeColour } from './Overlay';
import { lettersOf, pixelsPerMm, scaleBar, type Projection } from './projection';
import { SliceBar } from './SliceBar';
import type { StackViewProps } from './types';
import type { Shown } from './useViewport';
import classes from './viewer.module.css';

interface CornerProps {
  view: StackViewProps;
  plane: number;
  shown: Shown;
}

export function Corners({ view, plane, shown }: CornerProps) {
  const { projection, size } = shown;
  if (!projection) return null;
  return (
    <>
      <Identity view={view} />
      <LookText view={view} shown={shown} />
      <PlaceText view={view} plane={plane} />
      <Scale view={view} projection={projection} width={size[0]} />
      <Sides view={view} projection={projection} />
      <Bar view={view} plane={plane} height={size[1]} />
    </>
  );
}

function Identity({ view: { identity = [], axis, stack } }: { view: StackViewProps }) {
  return (
    <div className={`${classes.corner} ${classes.topLeft}`}>
      {identity.map((line, n) => (
        <div key={n} className={n === 0 && axis === 'k' ? classes.strong : undefined}>
          {line}
        </div>
      ))}
      <Arriving stack={stack} />
    </div>
  );
}

function LookText({ view: { axis, planeNames }, shown }: { view: StackViewProps; shown: Shown }) {
  const { t } = useTranslation('reading');
  const name = planeNames?.[axis] ?? '2D';
  const { window } = shown;
  const digits = window ? digitsOf(window.width) : 0;
  return (
    <div className={`${classes.corner} ${classes.topRight}`}>
      <div className={classes.strong}>
        <span className={classes.planeChip} style={{ background: planeColour(name) }} /> {name}
      </div>
      {axis === 'k' && window ? (
        <div>{t('viewer.window', { width: window.width.toFixed(digits), level: window.center.toFixed(digits).replace('-', '−') })}</div>
      ) : null}
      {axis === 'k' ? <div>{t('viewer.zoom', { zoom: formatNumber(shown.zoom, 1) })}</div> : null}
    </div>
  );
}

function PlaceText({ view, plane }: { view: StackViewProps; plane: number }) {
  const { t } = useTranslation('reading');
  const { stack, axis, cursor } = view;
  const { depth } = planeSize(stack.shape_zyx, axis);
  const world = indexToWorld(stack.affine_lps, withPlaneNumber(axis, cursor, plane));
  return (
    <div className={`${classes.corner} ${classes.bottomLeft}`}>
      {axis === 'k' && depth > 1 ? (
        <div>
          {t('viewer.slice')} <b className={classes.strong}>{plane + 1}</b>/{depth}
        </div>
      ) : null}
      {stack.orientation_known && stack.spacing_known ? <div>{positionText(stack.affine_lps, axis, world)}</div> : null}
    </div>
  );
}

function Scale({ view: { stack, axis }, projection, width }: { view: StackViewProps; projection: Projection; width: number }) {
  const { t } = useTranslation('reading');
  const bar = scaleBar(pixelsPerMm(projection, stack.affine_lps, axis), width);
  return (
    <div className={`${classes.corner} ${classes.bottomRight}`}>
      <div className={classes.scaleBar} style={{ width: bar.px }} />
      <div>
        {bar.mm} {stack.spacing_known ? t('unit.mm') : t('unit.px')}
      </div>
    </div>
  );
}

function Sides({ view: { stack, axis }, projection }: { view: StackViewProps; projection: Projection }) {
  if (!stack.orientation_known) return null;
  const letters = lettersOf(projection, stack.affine_lps, axis);
  return (['left', 'right', 'top', 'bottom'] as const).map((side) => (
    <span key={side} className={`${classes.letter} ${classes[side]}`} data-side={side}>
      {letters[side]}
    </span>
  ));
}

function Bar({ view, plane, height }: { view: StackViewProps; plane: number; height: number }) {
  const { t } = useTranslation('reading');
  const { stack, axis, cursor } = view;
  const { depth } = planeSize(stack.shape_zyx, axis);
  if (!view.sliceBar || depth < 2) return null;
  return (
    <SliceBar
      depth={depth}
      plane={plane}
      height={Math.max(80, height - 98)}
      marks={view.marks.filter(({ gridId }) => gridId === stack.id)}
      onSlice={(k) => view.onCursor?.(withPlaneNumber(axis, cursor, k))}
      label={t('viewer.sliceBar')}
    />
  );
}

const digitsOf = (width: number): number => (width >= 20 ? 0 : width >= 2 ? 1 : 3);

function useLoaded(stack: StackViewProps['stack']): number {
  const [count, setCount] = useState(() => loadedSlices(stack));
  useEffect(() => {
    const recount = () => setCount(loadedSlices(stack));
    recount();
    return onImagesArriving(recount);
  }, [stack]);
  return count;
}

/** "loading 6 of 22 slices" until all are here. */
function Arriving({ stack }: { stack: StackViewProps['stack'] }) {
  const { t } = useTranslation('reading');
  const loaded = useLoaded(stack);
  const total = stack.image_ids.length;
  return loaded < total ? <div className={classes.dim}>{t('viewer.loading', { loaded, total })}</div> : null;
}

export function Waiting({ stack }: { stack: StackViewProps['stack'] }) {
  const { t } = useTranslation('reading');
  const loaded = useLoaded(stack);
  return <div className={classes.waiting}>{t('viewer.loading', { loaded, total: stack.image_ids.length })}</div>;
}
