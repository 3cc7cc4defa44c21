/** "Enhancing lesion  AI v12  0.87" beside a mark, with a line to it, kept inside the view. */
import type { CanvasPx } from '@/domain/coordinates';
import type { Mark, MarkTag } from './marks';
import classes from './viewer.module.css';

interface PlacedTag {
  readonly mark: Mark;
  readonly tag: MarkTag;
  readonly anchor: CanvasPx;
}

const HEIGHT = 24;
/** Wide enough for most words; only used to keep the tag off the slice bar. */
const CHAR_PX = 6.6;
const PADDING_PX = 48;
/** Below the corners and the line that says what the tool changes. */
const TOP_PX = 104;

function place({ tag, anchor }: PlacedTag, size: readonly [number, number]): { x: number; y: number } {
  const width = (tag.name.length + tag.source.length + tag.score.length) * CHAR_PX + PADDING_PX;
  return {
    x: Math.max(8, Math.min(anchor[0] + 48, size[0] - width - 20)),
    y: Math.max(TOP_PX, Math.min(anchor[1] - 58, size[1] - 110)),
  };
}

export function MarkTags({ tags, size }: { tags: readonly PlacedTag[]; size: readonly [number, number] }) {
  return (
    <>
      <svg className={classes.overlay} style={{ pointerEvents: 'none' }} width={size[0]} height={size[1]} aria-hidden="true">
        {tags.map((placed) => {
          const { x, y } = place(placed, size);
          const [ax, ay] = placed.anchor;
          const end = ay > y + HEIGHT ? y + HEIGHT : y;
          return <line key={placed.mark.key} className={classes.leader} x1={ax} y1={ay} x2={x} y2={end} stroke={placed.mark.colour} />;
        })}
      </svg>
      {tags.map((placed) => {
        const { mark, tag } = placed;
        const { x, y } = place(placed, size);
        return (
          <div
            key={mark.key}
            className={classes.tag}
            style={{ left: x, top: y, borderColor: mark.colour, borderStyle: mark.dashed ? 'dashed' : 'solid' }}
            data-tag={mark.key}
          >
            <b>{tag.name}</b>
            {tag.source ? <span>{tag.source}</span> : null}
            {tag.score ? <b>{tag.score}</b> : null}
          </div>
        );
      })}
    </>
  );
}
