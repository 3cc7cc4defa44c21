/** The 52 px rail: each tool with its key on it. */
import { Tooltip } from '@mantine/core';
import {
  IconAngle,
  IconArrowsCross,
  IconArrowsMove,
  IconArrowUpRight,
  IconBrush,
  IconBucketDroplet,
  IconCircleDashed,
  IconContrastFilled,
  IconCurrentLocation,
  IconEraser,
  IconEye,
  IconEyeOff,
  IconKeyboard,
  IconLayoutSidebarRight,
  IconRulerMeasure,
  IconScissors,
  IconSquareDashed,
  IconStack2,
  IconStairs,
  IconWand,
  IconVectorTriangle,
  IconZoomIn,
  type Icon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { commandOf, run } from '@/editor/commands';
import { chordCaps } from '@/editor/keymap';
import { useBench, useRoom } from './useEditor';
import classes from './reading.module.css';

const TOOLS: readonly (readonly [string, Icon])[][] = [
  [['window', IconContrastFilled], ['zoom', IconZoomIn], ['pan', IconArrowsMove]],
  [['brush', IconBrush], ['eraser', IconEraser], ['threshold', IconStairs], ['box', IconSquareDashed]],
  [['scissors', IconScissors], ['fill', IconBucketDroplet], ['interpolate', IconStack2]],
  [
    ['length', IconRulerMeasure], ['bidirectional', IconArrowsCross], ['ellipse', IconCircleDashed], ['probe', IconCurrentLocation],
    ['angle', IconAngle], ['cobb', IconVectorTriangle], ['arrow', IconArrowUpRight],
  ],
];

export function ToolRail() {
  const tool = useBench((bench) => bench.tool);
  const panel = useBench((bench) => bench.maskPanel);
  const overlays = useBench((bench) => bench.overlays && !bench.peek);
  return (
    <nav className={classes.rail} aria-label={useTranslation('reading').t('rail.label')}>
      {TOOLS.map((group, n) => (
        <div key={n} className={classes.railGroup}>
          {group.map(([id, symbol]) => (
            <RailButton key={id} id={id} symbol={symbol} pressed={tool === id} />
          ))}
          {n === 2 ? <RailButton id="maskPanel" symbol={IconWand} pressed={panel} /> : null}
        </div>
      ))}
      <div className={classes.railGroup}>
        <RailButton id="layout" symbol={IconLayoutSidebarRight} />
        <RailButton id="overlays" symbol={overlays ? IconEye : IconEyeOff} pressed={!overlays} />
      </div>
      <span className={classes.grow} />
      <RailButton id="keys" symbol={IconKeyboard} />
    </nav>
  );
}

function RailButton({ id, symbol: Symbol, pressed = false }: { id: string; symbol: Icon; pressed?: boolean }) {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  const command = commandOf(id);
  const caps = command.keys[0] ? chordCaps(command.keys[0]).join(' ') : '';
  const name = t(command.label);
  return (
    <Tooltip label={`${name}  ${caps}`} position="right" openDelay={400}>
      <button
        type="button"
        className={`${classes.railButton} ${pressed ? classes.railPressed : ''}`}
        aria-label={name}
        aria-pressed={pressed}
        aria-keyshortcuts={caps}
        data-command={id}
        onClick={() => run(id, editor, effects)}
      >
        <Symbol size={18} stroke={1.6} aria-hidden />
        <span className={classes.railKey} aria-hidden>
          {caps}
        </span>
      </button>
    </Tooltip>
  );
}
