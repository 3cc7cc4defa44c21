/** The views of the shown series: the acquisition plane, and the other two beside it. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stack, Triple } from '@/api/readingTypes';
import type { PlaneUV, ViewAxis } from '@/domain/coordinates';
import { isMeasureTool } from '@/domain/measures';
import { planeToIndex } from '@/domain/planes';
import type { Editor } from '@/editor/editor';
import { addMeasure, moveMeasure } from '@/editor/measuring';
import { addBox, addLength, applyStroke, labelFor, moveBox, moveLength, strokeTarget } from '@/editor/marking';
import { rowsOf, selectRow } from '@/editor/judging';
import { cutMask, fillClick, islandClick, previewGrow } from '@/editor/masking';
import { rowGeometry } from '@/editor/rows';
import { resizeBrush, setCursor, setWindow } from '@/editor/viewing';
import { activeStack } from '@/editor/workbench';
import { ErrorState } from '@/ui/States';
import { formatDate } from '@/ui/format';
import { readBlock, valueSampler } from '@/viewer/cornerstone';
import type { ViewBrush } from '@/viewer/types';
import { StackView } from '@/viewer/StackView';
import { MaskPanel } from './MaskPanel';
import { marksOf, MEASURE_COLOUR } from './marksOf';
import { PreviewBar } from './PreviewBar';
import { ToastBar } from './ToastBar';
import { ToolOptions } from './ToolOptions';
import { useBench, useRoom } from './useEditor';
import classes from './reading.module.css';

export function Views() {
  const { t } = useTranslation('reading');
  const stack = useBench(activeStack);
  const layout = useBench((bench) => bench.layout);
  if (!stack) return <ErrorState title={t('views.none')} text={t('views.noneText')} />;
  return (
    <main className={`${classes.views} ${layout === 'three' ? classes.three : ''}`} aria-label={t('views.label')}>
      <div className={classes.mainView}>
        <OneView key={`${stack.id}k`} stack={stack} axis="k" />
        <ToolOptions />
        <PreviewBar />
        <MaskPanel />
        <ToastBar />
      </div>
      {layout === 'three' ? (
        <>
          <OneView key={`${stack.id}j`} stack={stack} axis="j" />
          <OneView key={`${stack.id}i`} stack={stack} axis="i" />
        </>
      ) : null}
    </main>
  );
}

function useMarks() {
  const { t } = useTranslation('reading');
  const reading = useBench((bench) => bench.reading);
  const draft = useBench((bench) => bench.draft);
  const rowKey = useBench((bench) => bench.rowKey);
  const editable = useBench((bench) => bench.editable);
  return useMemo(
    () =>
      marksOf(reading, draft, rowKey, editable, {
        ai: (version) => t('findings.ai', { version }),
        mm: t('unit.mm'),
        px: t('unit.px'),
        t,
      }),
    [reading, draft, rowKey, editable, t],
  );
}

/** Colour, size and target of the brush; the eraser and a new finding alike. */
function useBrush(stack: Stack): ViewBrush {
  const { editor } = useRoom();
  const radius = useBench((bench) => bench.brushMm);
  const tolerance = useBench((bench) => bench.tolerance);
  const tool = useBench((bench) => bench.tool);
  const rowKey = useBench((bench) => bench.rowKey);
  const labelKey = useBench((bench) => bench.labelKey);
  const draft = useBench((bench) => bench.draft);
  return useMemo(() => {
    // The store decides the target; these say when to ask again.
    void [rowKey, labelKey, draft];
    const isMeasuring = tool === 'length' || isMeasureTool(tool);
    const row = tool === 'box' || isMeasuring ? null : strokeTarget(editor, stack.id);
    const label = row?.label ?? labelFor(editor, tool === 'box' ? 'box' : 'segment');
    return {
      radiusMm: radius,
      tolerance,
      colour: isMeasuring ? MEASURE_COLOUR : (label?.colour ?? '#FFFFFF'),
      target: (row && rowGeometry(row)?.slices) ?? [],
      targetKey: row?.key ?? null,
    };
  }, [editor, stack.id, radius, tolerance, tool, rowKey, labelKey, draft]);
}

/** A click of a mask tool on a voxel of a view. */
function clickVoxel(editor: Editor, stack: Stack, axis: ViewAxis, plane: number, at: PlaneUV, windowWidth: number): void {
  const index = planeToIndex(axis, plane, at);
  const voxel: Triple = [index[2], index[1], index[0]];
  const { tool } = editor.state;
  if (tool === 'fill') fillClick(editor, stack, axis, plane, at, windowWidth, valueSampler(stack));
  else if (tool === 'island') islandClick(editor, stack, voxel);
  else if (tool === 'grow') previewGrow(editor, stack, voxel, readBlock);
}

function OneView({ stack, axis }: { stack: Stack; axis: ViewAxis }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const marks = useMarks();
  const brush = useBrush(stack);
  const cursor = useBench((bench) => bench.cursors[stack.id]);
  const window = useBench((bench) => bench.windows[stack.id] ?? null);
  const inverted = useBench((bench) => bench.inverted);
  const hidden = useBench((bench) => bench.peek || !bench.overlays);
  const tool = useBench((bench) => bench.tool);
  const fits = useBench((bench) => bench.fits);
  const three = useBench((bench) => bench.layout === 'three');
  const preview = useBench((bench) => (bench.preview?.gridId === stack.id ? bench.preview : null));
  const scissors = useBench((bench) => bench.mask.scissorShape);
  const pseudonym = useBench((bench) => bench.reading.case.pseudonym);
  const date = useBench((bench) => bench.reading.case.study_date);
  const rowFor = (key: string) => rowsOf(editor).find((row) => row.key === key);
  const series = stack.series_description || stack.modality;
  const identity = useMemo(
    () => (axis === 'k' ? [pseudonym, formatDate(date), series] : [t('views.reformat', { series })]),
    [axis, pseudonym, date, series, t],
  );
  if (!cursor) return null;
  return (
    <StackView
      stack={stack}
      axis={axis}
      cursor={cursor}
      marks={marks}
      window={window}
      inverted={inverted}
      hideMarks={hidden}
      tool={tool}
      brush={brush}
      scissors={scissors}
      preview={preview}
      crosshair={three && !hidden}
      fits={fits}
      identity={identity}
      active={three && axis === 'k'}
      sliceBar={axis === 'k'}
      onCursor={(at) => setCursor(editor, stack, at)}
      onWindow={(next) => setWindow(editor, stack.id, next)}
      onStroke={(used, slices) => applyStroke(editor, stack.id, used, slices)}
      onVoxel={(plane, at, width) => clickVoxel(editor, stack, axis, plane, at, width)}
      onCut={(plane, polygon) => cutMask(editor, stack, axis, plane, polygon)}
      onBox={(box) => addBox(editor, stack.id, box)}
      onMoveBox={(key, box) => {
        const row = rowFor(key);
        if (row) moveBox(editor, row, box);
      }}
      onLength={(points) => addLength(editor, stack.id, points)}
      onMoveLength={(key, points) => {
        const id = rowFor(key)?.finding?.id;
        if (id) moveLength(editor, id, points);
      }}
      onMeasure={(drawn) => addMeasure(editor, stack.id, drawn)}
      onMoveMeasure={(key, drawn) => {
        const id = rowFor(key)?.finding?.id;
        if (id) moveMeasure(editor, id, stack.id, drawn);
      }}
      onRefused={(why) => editor.toast('note', `toast.${why}`)}
      onPick={(key) => {
        const row = rowFor(key);
        if (row) selectRow(editor, row, false);
      }}
      onBrushSize={(steps) => resizeBrush(editor, steps)}
    />
  );
}
