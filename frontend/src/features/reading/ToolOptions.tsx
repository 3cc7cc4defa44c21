/** Under the top letter of the view: what the brush in the hand would change, and how large it is. */
import { useTranslation } from 'react-i18next';
import { currentRow } from '@/editor/judging';
import { labelFor, strokeTarget } from '@/editor/marking';
import { rowGeometry } from '@/editor/rows';
import { resizeBrush } from '@/editor/viewing';
import { activeStack } from '@/editor/workbench';
import { formatNumber, formatPercent } from '@/ui/format';
import { Key } from '@/ui/Key';
import { Swatch } from '@/ui/Swatch';
import { MaskToolOptions } from './MaskToolOptions';
import { colourOf, rowName } from './marksOf';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';
import classes from './reading.module.css';

const STROKES = ['brush', 'eraser', 'threshold'];
const WITH_TOLERANCE = ['threshold', 'fill'];
const SHOWN = [...STROKES, 'box', 'fill', 'island', 'scissors', 'grow'];

export function ToolOptions() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const tool = useBench((bench) => bench.tool);
  const radius = useBench((bench) => bench.brushMm);
  const tolerance = useBench((bench) => bench.tolerance);
  const hasSpacing = useBench((bench) => activeStack(bench)?.spacing_known ?? false);
  const editable = useBench((bench) => bench.editable);
  if (!editable || !SHOWN.includes(tool)) return null;
  return (
    <div className={classes.toolOptions} data-testid="tool-options">
      <Target box={tool === 'box'} />
      {!STROKES.includes(tool) ? null : (
        <>
          <button type="button" className={panel.capButton} aria-label={t('command.smaller')} onClick={() => resizeBrush(editor, -1)}>
            <Key k="[" />
          </button>
          <span className={classes.radius}>{t('tool.radius', { radius: formatNumber(radius, 1), unit: t(hasSpacing ? 'unit.mm' : 'unit.px') })}</span>
          <button type="button" className={panel.capButton} aria-label={t('command.larger')} onClick={() => resizeBrush(editor, 1)}>
            <Key k="]" />
          </button>
        </>
      )}
      <MaskToolOptions tool={tool} />
      {WITH_TOLERANCE.includes(tool) ? (
        <label className={classes.tolerance}>
          {t('tool.tolerance', { share: formatPercent(tolerance) })}
          <input type="range" min={0.02} max={0.6} step={0.01} value={tolerance} onChange={(event) => editor.set({ tolerance: Number(event.currentTarget.value) })} />
        </label>
      ) : null}
    </div>
  );
}

/** The finding that a tool would change, or the label of a new one. */
export function Target({ box }: { box: boolean }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const reading = useBench((bench) => bench.reading);
  const stackId = useBench((bench) => bench.stackId);
  useBench((bench) => bench.rowKey);
  useBench((bench) => bench.labelKey);
  useBench((bench) => bench.draft);
  const current = currentRow(editor);
  const row = box ? (current && rowGeometry(current)?.kind === 'box' ? current : null) : strokeTarget(editor, stackId);
  const label = labelFor(editor, box ? 'box' : 'segment');
  if (row) {
    return (
      <>
        <Swatch colour={colourOf(row, reading)} dashed={row.state === 'to_decide'} />
        <span>{t(box ? 'tool.movingBox' : 'tool.editing', { name: rowName(row, t) })}</span>
      </>
    );
  }
  if (!label) return <span>{t('tool.noLabel')}</span>;
  return (
    <>
      <Swatch colour={label.colour} />
      <span>{t('tool.new', { name: label.name })}</span>
    </>
  );
}
