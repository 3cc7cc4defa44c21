/** One read-only viewport of the review: the image by Cornerstone, the layers as SVG over it, the corners as text. */
import { useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stack } from '@/api/readingTypes';
import { indexIJK, planeUV } from '@/domain/coordinates';
import { Button } from '@/ui/Button';
import type { Mark as ViewMark } from '@/viewer/marks';
import { lettersOf, matrixOf, toCanvas, type Projection } from '@/viewer/projection';
import type { ViewerError } from '@/viewer/cornerstone';
import { SliceBar } from '@/viewer/SliceBar';
import { useViewport, type Shown, type ShownWindow } from '@/viewer/useViewport';
import type { NumberedComment } from '@/features/review/comments';
import classes from '@/features/review/review.module.css';
import { usePointer } from '@/features/review/usePointer';

export interface ReviewViewportProps {
  stack: Stack;
  k: number;
  window: ShownWindow | null;
  onSlice: (k: number) => void;
  onWindow: (window: ShownWindow) => void;
  title: ReactNode;
  subtitle?: ReactNode;
  foot?: ReactNode;
  legend?: ReactNode;
  isMain?: boolean;
  /** Ticks of the slice bar; without them there is none. */
  ticks?: readonly ViewMark[];
  pins?: readonly NumberedComment[];
  onPin?: (comment: NumberedComment) => void;
  /** Drawn in index units: u to the right by one column, v down by one row, voxel centres at whole numbers. */
  layer: (projection: Projection) => ReactNode;
  /** Drawn over the layer in CSS pixels, where text keeps its size. */
  over?: (projection: Projection) => ReactNode;
  testId: string;
}

function Pins({ pins, stack, k, projection, onPin }: { pins: readonly NumberedComment[]; stack: Stack; k: number; projection: Projection; onPin: ((comment: NumberedComment) => void) | undefined }) {
  const { t } = useTranslation('review');
  return (
    <>
      {pins.map((comment) => {
        const { point } = comment;
        if (point === null || point.grid_id !== stack.id || point.k !== k) return null;
        const [x, y] = toCanvas(projection, planeUV(point.column, point.row));
        return (
          <button key={comment.id} type="button" className={`${classes.pin} ${comment.resolved ? '' : classes.pinOpen}`} style={{ left: x, top: y }}
            title={comment.text} aria-label={t('comments.go', { number: comment.number })} onClick={() => onPin?.(comment)}>
            {comment.number}
          </button>
        );
      })}
    </>
  );
}

function Letters({ projection, stack }: { projection: Projection; stack: Stack }) {
  if (!stack.orientation_known) return null;
  const letters = lettersOf(projection, stack.affine_lps, 'k');
  return (
    <>
      <span className={`${classes.letter} ${classes.letterLeft}`}>{letters.left}</span>
      <span className={`${classes.letter} ${classes.letterRight}`}>{letters.right}</span>
    </>
  );
}

function sliceText(stack: Stack, plane: number): string {
  const slices = stack.shape_zyx[0];
  return slices === 1 ? '' : `${String(plane + 1)} / ${String(slices)}`;
}

type CornerProps = Pick<ReviewViewportProps, 'stack' | 'title' | 'subtitle' | 'foot'> & { shown: Shown };

function SideCorners({ title, subtitle, foot, isMain }: Omit<CornerProps, 'stack' | 'shown'> & { isMain?: boolean }) {
  return (
    <>
      <div className={`${classes.cornerTopLeft} ${isMain ? '' : classes.cornerSide}`}>
        <strong>{title}</strong>
        {subtitle === undefined ? null : <span>{subtitle}</span>}
      </div>
      {foot === undefined ? null : <div className={classes.cornerBottomLeft}><span>{foot}</span></div>}
    </>
  );
}

function MainCorners({ stack, shown, title, subtitle, foot }: CornerProps) {
  const { t } = useTranslation('review');
  const level = shown.window;
  return (
    <>
      <SideCorners title={title} subtitle={subtitle} isMain />
      <div className={classes.cornerTopRight}>
        <strong>{stack.plane === '2D' ? stack.modality : stack.plane}</strong>
        {level === null ? null : <span>{`W ${Math.round(level.width)} L ${Math.round(level.center)}`}</span>}
      </div>
      <div className={classes.cornerBottomLeft}>
        {shown.plane === null ? null : <span>{sliceText(stack, shown.plane)}</span>}
        {foot === undefined ? null : <span>{foot}</span>}
        {stack.spacing_known ? null : <span>{t('view.no_spacing')}</span>}
      </div>
      <div className={classes.cornerBottomRight}>{t('view.zoom', { value: shown.zoom.toFixed(1) })}</div>
    </>
  );
}

const BAR_INSET_PX = 96;

function Bar({ stack, shown, ticks, onSlice }: Pick<ReviewViewportProps, 'stack' | 'ticks' | 'onSlice'> & { shown: Shown }) {
  const { t } = useTranslation('review');
  const height = shown.size[1] - BAR_INSET_PX;
  if (ticks === undefined || stack.shape_zyx[0] === 1 || shown.plane === null || height <= 0) return null;
  return <SliceBar depth={stack.shape_zyx[0]} plane={shown.plane} marks={ticks} height={height} onSlice={onSlice} label={t('view.slices')} />;
}

function ViewFailure({ error, onRetry }: { error: ViewerError; onRetry: () => void }) {
  const { t } = useTranslation('review');
  return (
    <div className={classes.viewError} role="alert">
      <p>{t(`view.error.${error.code}`)}</p>
      <p className={classes.viewErrorDetail}>{error.message}</p>
      <Button size="small" onClick={onRetry}>{t('view.again')}</Button>
    </div>
  );
}

export function ReviewViewport(props: ReviewViewportProps) {
  const { stack, k, window, onSlice, onWindow, legend, isMain = false, pins = [], onPin, layer, over, testId } = props;
  const image = useRef<HTMLDivElement>(null);
  const cursor = indexIJK(0, 0, k);
  const { shown, error, retry, controls } = useViewport(image, { stack, axis: 'k', cursor, window, inverted: false });
  usePointer(image, { slices: stack.shape_zyx[0], k, window: shown.window, controls, onSlice, onWindow });
  const { projection } = shown;
  const Corners = isMain ? MainCorners : SideCorners;
  return (
    <div className={`${classes.viewport} ${isMain ? classes.viewportMain : ''}`} data-testid={testId} data-slice={shown.plane ?? ''}>
      <div ref={image} className={classes.image} onContextMenu={(event) => event.preventDefault()} />
      {projection === null ? null : <Letters projection={projection} stack={stack} />}
      {/* Layers belong to the slice on the screen, which lags behind the wanted one while a frame loads. */}
      {projection === null || shown.plane !== k ? null : (
        <>
          <svg className={classes.overlay} aria-hidden="true">
            <g transform={matrixOf(projection)}>{layer(projection)}</g>
            {over?.(projection)}
          </svg>
          <Pins pins={pins} stack={stack} k={k} projection={projection} onPin={onPin} />
        </>
      )}
      <Corners {...props} shown={shown} />
      <Bar {...props} shown={shown} />
      {legend === undefined ? null : <div className={classes.legend}>{legend}</div>}
      {error === null ? null : <ViewFailure error={error} onRetry={retry} />}
    </div>
  );
}
