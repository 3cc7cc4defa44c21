/** Outlines, boxes, lengths and the crosshair over one view, as SVG in CSS pixels. */
import { useState, type RefObject } from 'react';
import { canvasPx, planeUV, worldLps, worldToIndex, type CanvasPx, type PlaneUV, type ViewAxis } from '@/domain/coordinates';
import { indexToPlane, planeNumber, withPlaneNumber } from '@/domain/planes';
import type { Drawing } from './drags';
import { boxInPlane, outlineOf, type Mark, type PlaneBox } from './marks';
import { measureInPlane } from './measureDrags';
import { MeasureShape } from './MeasureShape';
import { MarkTags } from './MarkTags';
import { PreviewShape } from './PreviewShape';
import { matrixOf, toCanvas, type Projection } from './projection';
import { isMaskTool, type StackViewProps } from './types';
import classes from './viewer.module.css';

interface OverlayProps {
  view: StackViewProps;
  plane: number;
  projection: Projection;
  size: readonly [number, number];
  drawing: Drawing | null;
  livePath: RefObject<SVGPathElement | null>;
  liveHalo: RefObject<SVGPathElement | null>;
  tip: RefObject<SVGGElement | null>;
}

export function Overlay({ view, plane, projection, size, drawing, livePath, liveHalo, tip }: OverlayProps) {
  const [hovered, setHovered] = useState<string | null>(null);
  const { stack, axis, marks, brush } = view;
  const matrix = matrixOf(projection);
  const shown = view.hideMarks ? [] : marks.filter(({ gridId, key }) => gridId === stack.id && key !== drawing?.replaces);
  // The current finding is named where it was acquired; in the other planes a name would cover half of the picture.
  const tagged = shown.filter(({ key, current }) => (current && axis === 'k') || key === hovered);
  const scene = { axis, plane, projection, view };
  return (
    <>
    <svg className={classes.overlay} width={size[0]} height={size[1]} aria-hidden="true">
      {view.crosshair ? <Crosshair view={view} projection={projection} size={size} /> : null}
      {shown.map((mark) => (
        <MarkShape key={mark.key} mark={mark} {...scene} onHover={setHovered} />
      ))}
      {view.preview && !view.hideMarks ? <PreviewShape {...scene} /> : null}
      <path ref={liveHalo} className={classes.halo} transform={matrix} fill="none" />
      <path
        ref={livePath}
        className={classes.line}
        transform={matrix}
        stroke={brush?.colour}
        fill={brush?.colour}
        fillOpacity={0.1}
        data-live="stroke"
      />
      {drawing?.kind === 'box' ? <BoxShape box={drawing.box} projection={projection} colour={brush?.colour ?? '#fff'} dashed={false} /> : null}
      {drawing?.kind === 'length' ? <LengthShape points={drawing.points} projection={projection} text="" /> : null}
      {drawing?.kind === 'measure' && drawing.plane === plane ? (
        <MeasureShape tool={drawing.tool} points={drawing.points.map((point) => toCanvas(projection, point))} colour="var(--mr-orientation)" lines={[]} />
      ) : null}
      <g ref={tip} className={classes.tip} visibility="hidden">
        <ellipse className={classes.tipHalo} />
        <ellipse className={classes.tipLine} />
      </g>
    </svg>
    <MarkTags tags={tagged.flatMap((mark) => tagAt(mark, anchorOf(mark, scene)))} size={size} />
    </>
  );
}

interface ShapeScene {
  axis: ViewAxis;
  plane: number;
  projection: Projection;
  view: StackViewProps;
}

function MarkShape({ mark, axis, plane, projection, view, onHover }: ShapeScene & { mark: Mark; onHover: (key: string | null) => void }) {
  const hover = { onPointerEnter: () => onHover(mark.key), onPointerLeave: () => onHover(null) };
  if (mark.kind === 'box') {
    const box = mark.box && boxInPlane(mark.box, axis, plane);
    if (!box) return null;
    const handles = mark.current && mark.editable && view.tool === 'box';
    return (
      <g data-mark={mark.key} data-dashed={mark.dashed} {...hover}>
        <BoxShape box={box} projection={projection} colour={mark.colour} dashed={mark.dashed} />
        {handles ? <BoxHandles box={box} projection={projection} markKey={mark.key} /> : null}
      </g>
    );
  }
  if (mark.kind === 'length') {
    const points = lengthPoints(mark, axis, plane, view);
    if (!points) return null;
    return (
      <g data-mark={mark.key} {...hover}>
        <LengthShape points={points} projection={projection} text={mark.text ?? ''} handleOf={mark.editable ? mark.key : null} />
      </g>
    );
  }
  if (mark.measure) return <MeasureMark mark={mark} measure={mark.measure} axis={axis} plane={plane} projection={projection} view={view} hover={hover} />;
  const path = outlineOf(mark.slices, view.stack.shape_zyx, axis, plane);
  if (!path) return null;
  const matrix = matrixOf(projection);
  return (
    <g data-mark={mark.key} data-dashed={mark.dashed} {...hover}>
      <path className={classes.halo} d={path} transform={matrix} fill="none" />
      <path
        className={classes.line}
        d={path}
        transform={matrix}
        stroke={mark.colour}
        fill={mark.colour}
        fillOpacity={0.1}
        strokeDasharray={mark.dashed ? '5 4' : undefined}
        style={{ strokeWidth: mark.current ? 2 : 1.5 }}
      />
    </g>
  );
}

type Hover = { onPointerEnter: () => void; onPointerLeave: () => void };
type MeasureMarkProps = ShapeScene & { mark: Mark; measure: NonNullable<Mark['measure']>; hover: Hover };

function MeasureMark({ mark, measure, plane, projection, view, hover }: MeasureMarkProps) {
  const points = measureInPlane(measure.points, view, plane);
  if (!points) return null;
  const { tool } = measure;
  // All of what it says beside the current one; the number alone beside the others, which would cover each other.
  const lines = mark.current ? measure.lines : measure.lines.slice(0, 1);
  const shape = { tool, lines, points: points.map((point) => toCanvas(projection, point)), colour: mark.colour, current: mark.current };
  return (
    <g data-mark={mark.key} data-measure={tool} {...hover}>
      <MeasureShape {...shape} handleOf={mark.editable && !isMaskTool(view.tool) ? mark.key : null} />
    </g>
  );
}

const cornersOf = ({ u0, v0, u1, v1 }: PlaneBox, projection: Projection): [CanvasPx, CanvasPx] => [
  toCanvas(projection, planeUV(u0, v0)),
  toCanvas(projection, planeUV(u1, v1)),
];

function BoxShape({ box, projection, colour, dashed }: { box: PlaneBox; projection: Projection; colour: string; dashed: boolean }) {
  const [p, q] = cornersOf(box, projection);
  const shape = { x: Math.min(p[0], q[0]), y: Math.min(p[1], q[1]), width: Math.abs(q[0] - p[0]), height: Math.abs(q[1] - p[1]) };
  return (
    <>
      <rect {...shape} className={classes.halo} fill="none" />
      <rect {...shape} className={classes.line} stroke={colour} fill={colour} fillOpacity={0.06} strokeDasharray={dashed ? '5 4' : undefined} />
    </>
  );
}

const SIDES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w', 'move'] as const;

function BoxHandles({ box, projection, markKey }: { box: PlaneBox; projection: Projection; markKey: string }) {
  const { u0, v0, u1, v1 } = box;
  const at = (sides: string) => {
    const u = sides.includes('w') ? u0 : sides.includes('e') && sides !== 'move' ? u1 : (u0 + u1) / 2;
    const v = sides.includes('n') ? v0 : sides.includes('s') ? v1 : (v0 + v1) / 2;
    return toCanvas(projection, planeUV(u, v));
  };
  return (
    <>
      {SIDES.map((sides) => {
        const [x, y] = at(sides);
        return <rect key={sides} className={classes.handle} x={x - 5} y={y - 5} width={10} height={10} rx={sides === 'move' ? 5 : 2} data-handle={`box|${markKey}|${sides}`} />;
      })}
    </>
  );
}

function lengthPoints(mark: Mark, axis: ViewAxis, plane: number, { stack }: StackViewProps): readonly [PlaneUV, PlaneUV] | null {
  if (!mark.points) return null;
  const [p, q] = mark.points.map(([x, y, z]) => worldToIndex(stack.affine_lps, worldLps(x, y, z)));
  if (!p || !q) return null;
  const here = [p, q].every((end) => Math.abs(planeNumber(axis, end) - plane) < 0.5);
  return here ? [indexToPlane(axis, p), indexToPlane(axis, q)] : null;
}

function LengthShape({ points, projection, text, handleOf = null }: { points: readonly [PlaneUV, PlaneUV]; projection: Projection; text: string; handleOf?: string | null }) {
  const [p, q] = [toCanvas(projection, points[0]), toCanvas(projection, points[1])];
  const line = { x1: p[0], y1: p[1], x2: q[0], y2: q[1] };
  const [right] = p[0] > q[0] ? [p] : [q];
  return (
    <>
      <line {...line} className={classes.halo} />
      <line {...line} className={classes.line} stroke="var(--mr-orientation)" />
      {[p, q].map(([x, y], end) => (
        <circle key={end} className={classes.handle} cx={x} cy={y} r={4.5} data-handle={handleOf ? `length|${handleOf}|${end}` : undefined} />
      ))}
      {text ? (
        <text className={classes.lengthText} x={right[0] + 10} y={right[1] + 4}>
          {text}
        </text>
      ) : null}
    </>
  );
}

const tagAt = (mark: Mark, anchor: CanvasPx | null) => (mark.tag && anchor ? [{ mark, tag: mark.tag, anchor }] : []);

/** Where a tag's leader ends: the right edge of what the mark shows in this plane. */
function anchorOf(mark: Mark, { axis, plane, projection, view }: ShapeScene): CanvasPx | null {
  const box = mark.box ? boxInPlane(mark.box, axis, plane) : null;
  if (box) {
    const [p, q] = cornersOf(box, projection);
    return canvasPx(Math.max(p[0], q[0]), Math.min(p[1], q[1]));
  }
  const path = mark.kind === 'segment' ? outlineOf(mark.slices, view.stack.shape_zyx, axis, plane) : '';
  let best: CanvasPx | null = null;
  for (const [, u, v] of path.matchAll(/([-\d.]+) ([-\d.]+)/g)) {
    const at = toCanvas(projection, planeUV(Number(u), Number(v)));
    if (!best || at[0] - at[1] > best[0] - best[1]) best = at;
  }
  return best;
}

const PLANE_COLOUR = { AX: 'var(--mr-plane-ax)', COR: 'var(--mr-plane-cor)', SAG: 'var(--mr-plane-sag)', OBL: 'var(--mr-text-3)', '2D': 'var(--mr-text-3)' } as const;
export const planeColour = (name: keyof typeof PLANE_COLOUR): string => PLANE_COLOUR[name];

const GAP_PX = 26;

/** Where the other planes cut this one; open round the crossing, so that the crosshair never hides what it points at. */
function Crosshair({ view, projection, size }: { view: StackViewProps; projection: Projection; size: readonly [number, number] }) {
  const { stack, axis, cursor } = view;
  const [depth, rows, columns] = stack.shape_zyx;
  const ends = { i: columns, j: rows, k: depth };
  const at = (index: typeof cursor) => toCanvas(projection, indexToPlane(axis, index));
  const centre = at(cursor);
  return (
    <g className={classes.crosshair}>
      {(['i', 'j', 'k'] as const)
        .filter((along) => along !== axis)
        .map((along) => {
          const across = (['i', 'j', 'k'] as const).find((one) => one !== along && one !== axis) ?? 'k';
          const [p, q] = [at(withPlaneNumber(along, cursor, 0)), at(withPlaneNumber(along, cursor, ends[along] - 1))];
          return <CrossLine key={along} p={p} q={q} centre={centre} size={size} colour={planeColour(view.planeNames?.[across] ?? 'OBL')} />;
        })}
    </g>
  );
}

function CrossLine({ p, q, centre, size, colour }: { p: CanvasPx; q: CanvasPx; centre: CanvasPx; size: readonly [number, number]; colour: string }) {
  const length = Math.hypot(q[0] - p[0], q[1] - p[1]) || 1;
  const [dx, dy] = [(q[0] - p[0]) / length, (q[1] - p[1]) / length];
  const reach = size[0] + size[1];
  const half = (sign: number) => ({
    x1: centre[0] + sign * dx * GAP_PX,
    y1: centre[1] + sign * dy * GAP_PX,
    x2: centre[0] + sign * dx * reach,
    y2: centre[1] + sign * dy * reach,
  });
  return (
    <>
      <line {...half(1)} stroke={colour} />
      <line {...half(-1)} stroke={colour} />
    </>
  );
}

