/** "Enhancing lesion  AI v12  0.87" beside a mark, with a line to it, kept inside the view. */
import type { CanvasPx } from '@/domain/coordinates';
import type { Mark } from './marks';
import classes from './viewer.module.css';

const HEIGHT = 24;
const PAD = 8;
const GAP = 10;
/** Mean advance of the 12 px interface face; the box is cut to the text by this, exact measure costs a layout per frame. */
const CHAR_PX = 6.7;
const BOLD_PX = 7.1;

export function MarkTagBox({ mark, anchor, size }: { mark: Mark; anchor: CanvasPx | null; size: readonly [number, number] }) {
  const { tag } = mark;
  if (!tag || !anchor) return null;
  const nameWidth = tag.name.length * BOLD_PX;
  const sourceWidth = tag.source ? tag.source.length * CHAR_PX + GAP : 0;
  const scoreWidth = tag.score ? tag.score.length * BOLD_PX + GAP : 0;
  const width = nameWidth + sourceWidth + scoreWidth + 2 * PAD;
  const x = Math.max(8, Math.min(anchor[0] + 48, size[0] - width - 28));
  const y = Math.max(72, Math.min(anchor[1] - 58, size[1] - 110));
  return (
    <g className={classes.tag} data-tag={mark.key}>
      <line x1={anchor[0]} y1={anchor[1]} x2={Math.max(x, Math.min(anchor[0], x + width))} y2={y + HEIGHT} stroke={mark.colour} />
      <rect x={x} y={y} width={width} height={HEIGHT} rx={4} stroke={mark.colour} strokeDasharray={mark.dashed ? '3 2.5' : undefined} />
      <text x={x + PAD} y={y + 16}>
        <tspan className={classes.tagName}>{tag.name}</tspan>
        {tag.source ? (
          <tspan dx={GAP} className={classes.tagSource}>
            {tag.source}
          </tspan>
        ) : null}
        {tag.score ? (
          <tspan dx={GAP} className={classes.tagName}>
            {tag.score}
          </tspan>
        ) : null}
      </text>
    </g>
  );
}
