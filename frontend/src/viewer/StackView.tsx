/** One view of one stack: image, outlines, orientation, corners. Read only unless it is given handlers. */
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { planeAcross, spacingAlong, type CanvasPx, type PlaneName, type ViewAxis } from '@/domain/coordinates';
import { planeAxes } from '@/domain/planes';
import { Button } from '@/ui/Button';
import { Corners, Waiting } from './Corners';
import { Overlay } from './Overlay';
import { registerView } from './testHook';
import type { StackViewProps } from './types';
import { useGestures } from './useGestures';
import { useViewport, type Shown } from './useViewport';
import classes from './viewer.module.css';

/** Name of the plane across each axis of a stack; "2D" where the orientation is unknown. */
export function planeNames(stack: StackViewProps['stack']): Record<ViewAxis, PlaneName> {
  const name = (axis: ViewAxis): PlaneName => (stack.orientation_known ? planeAcross(stack.affine_lps, axis) : '2D');
  return { i: name('i'), j: name('j'), k: stack.shape_zyx[0] === 1 && !stack.orientation_known ? '2D' : name('k') };
}

export function StackView(given: StackViewProps) {
  const { t } = useTranslation('reading');
  const names = useMemo(() => planeNames(given.stack), [given.stack]);
  const view = { ...given, planeNames: names };
  const { stack, axis, cursor, active = false } = view;
  const root = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLDivElement>(null);
  const livePath = useRef<SVGPathElement>(null);
  const liveHalo = useRef<SVGPathElement>(null);
  const tip = useRef<SVGGElement>(null);
  const { shown, error, retry, controls } = useViewport(element, {
    stack,
    axis,
    cursor,
    window: view.window ?? null,
    inverted: view.inverted ?? false,
  });
  const { drawing, handlers } = useGestures({
    root,
    props: view,
    shown,
    controls,
    setLivePath: (path) => {
      livePath.current?.setAttribute('d', path);
      liveHalo.current?.setAttribute('d', path);
    },
    moveTip: (at, erasing) => drawTip(tip.current, at, erasing, view, shown),
  });

  const { fits = 0 } = given;
  useEffect(() => {
    if (fits > 0) controls.reset();
  }, [fits, controls]);

  // A tip left standing where the pointer was would look like a mark.
  const { tool } = given;
  useEffect(() => {
    tip.current?.setAttribute('visibility', 'hidden');
  }, [tool]);

  useEffect(() => registerView(given.testId ?? `view-${axis}`, () => ({ stack, axis, shown })), [given.testId, stack, axis, shown]);

  const { plane, projection, size } = shown;
  const ready = plane !== null && projection !== null;
  return (
    <div
      ref={root}
      className={`${classes.view} ${active ? classes.active : ''}`}
      data-testid={view.testId ?? `view-${axis}`}
      data-plane={plane ?? ''}
      data-tool={view.tool ?? 'window'}
      {...handlers}
    >
      <div ref={element} className={classes.canvas} />
      {ready ? (
        <Overlay view={view} plane={plane} projection={projection} size={size} drawing={drawing} livePath={livePath} liveHalo={liveHalo} tip={tip} />
      ) : null}
      {ready ? <Corners view={view} plane={plane} shown={shown} /> : null}
      {!ready && !error ? <Waiting stack={stack} /> : null}
      {error ? (
        <div className={classes.failed} role="alert">
          <strong>{t(`viewer.error.${error.code}.title`)}</strong>
          <p>{t(`viewer.error.${error.code}.text`)}</p>
          <code>{error.message}</code>
          {error.code === 'webgl' ? null : <Button onClick={retry}>{t('viewer.retry')}</Button>}
        </div>
      ) : null}
    </div>
  );
}

/** The circle under the pointer, in the brush's true size. */
function drawTip(group: SVGGElement | null, at: CanvasPx | null, erasing: boolean, view: StackViewProps, shown: Shown): void {
  if (!group) return;
  if (!at || !view.brush || !shown.projection) {
    group.setAttribute('visibility', 'hidden');
    return;
  }
  const [uAxis, vAxis] = planeAxes(view.axis);
  const { du, dv } = shown.projection;
  const rx = (view.brush.radiusMm / spacingAlong(view.stack.affine_lps, uAxis)) * Math.hypot(...du);
  const ry = (view.brush.radiusMm / spacingAlong(view.stack.affine_lps, vAxis)) * Math.hypot(...dv);
  group.setAttribute('visibility', 'visible');
  for (const ellipse of group.querySelectorAll('ellipse')) {
    ellipse.setAttribute('cx', String(at[0]));
    ellipse.setAttribute('cy', String(at[1]));
    ellipse.setAttribute('rx', String(Math.max(2, rx)));
    ellipse.setAttribute('ry', String(Math.max(2, ry)));
  }
  const line = group.lastElementChild as SVGElement | null;
  line?.setAttribute('stroke', erasing ? '#f58f86' : view.brush.colour);
}

