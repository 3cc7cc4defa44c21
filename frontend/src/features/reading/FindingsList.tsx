/** What the reader decides on: suggestions and own findings, the current row opened. */
import { IconCheck, IconCursorText, IconPencil, IconX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Finding, Stack } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { countSlices, xorSlices } from '@/domain/runs';
import { run } from '@/editor/commands';
import { REJECT_REASONS, rejectCurrent, selectRow } from '@/editor/judging';
import { findingRows, isMeasurement, rowGeometry, type FindingRow } from '@/editor/rows';
import { StateChip } from '@/ui/Chip';
import { formatNumber, formatScore } from '@/ui/format';
import { measureLines } from '@/viewer/measureText';
import { Key } from '@/ui/Key';
import { Swatch } from '@/ui/Swatch';
import { NameInput } from './NameInput';
import { colourOf, lengthText, rowName, versionText } from './marksOf';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';
import classes from './reading.module.css';

export function useRows(): FindingRow[] {
  const reading = useBench((bench) => bench.reading);
  const draft = useBench((bench) => bench.draft);
  return useMemo(() => findingRows(reading, draft), [reading, draft]);
}

export function FindingsList() {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  const rows = useRows();
  const open = rows.filter(({ state }) => state === 'to_decide').length;
  return (
    <section className={panel.findings} aria-label={t('findings.title')}>
      <div className={panel.sectionHead}>
        <h2>{t('findings.title')}</h2>
        <span className={panel.count}>{rows.length}</span>
        <span className={classes.grow} />
        <span className={open > 0 ? panel.toDecide : classes.dim} data-testid="undecided">
          {open > 0 ? t('findings.open', { count: open }) : rows.length > 0 ? t('findings.allDecided') : ''}
        </span>
        {(['previous', 'next'] as const).map((id) => (
          <button key={id} type="button" className={panel.capButton} aria-label={t(`command.${id}`)} onClick={() => run(id, editor, effects)} data-command={id}>
            <Key k={id === 'next' ? 'N' : 'P'} />
          </button>
        ))}
      </div>
      {rows.length === 0 ? <p className={panel.emptyLine}>{t('findings.none')}</p> : null}
      <ol className={panel.rows}>
        {rows.map((row) => (
          <Row key={row.key} row={row} />
        ))}
      </ol>
    </section>
  );
}

function Row({ row }: { row: FindingRow }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const reading = useBench((bench) => bench.reading);
  const current = useBench((bench) => bench.rowKey === row.key);
  const editable = useBench((bench) => bench.editable);
  const renaming = useBench((bench) => bench.renaming);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) item.current?.scrollIntoView?.({ block: 'nearest' });
  }, [current]);
  return (
    <li ref={item} className={`${panel.row} ${current ? panel.currentRow : ''}`} data-row={row.key} data-state={row.state}>
      <button type="button" className={panel.rowMain} aria-current={current} onClick={() => selectRow(editor, row)}>
        <Swatch colour={colourOf(row, reading)} dashed={row.state === 'to_decide' || (row.state === 'rejected' && row.finding === null)} />
        <span className={`${panel.rowName} ${row.state === 'rejected' ? panel.struck : ''}`}>{rowName(row, t)}</span>
        <StateChip state={row.state} />
        <RowFacts row={row} />
      </button>
      {current && editable && !renaming ? <RowActions row={row} /> : null}
      {current && editable && renaming && row.finding ? <NameInput row={row} /> : null}
    </li>
  );
}

function RowFacts({ row }: { row: FindingRow }) {
  const { t } = useTranslation('reading');
  const stacks = useBench((bench) => bench.reading.stacks);
  const geometry = rowGeometry(row);
  const stack = stacks.find(({ id }) => id === geometry?.grid_id);
  const facts: React.ReactNode[] = [];
  if (row.suggestion) {
    facts.push(<span className={panel.ai}>{t('findings.ai', { version: versionText(row.suggestion.model_version) })}</span>);
    facts.push(t('findings.score', { score: formatScore(row.suggestion.score) }));
  } else facts.push(t('findings.yours'));
  if (row.state === 'rejected') facts.push(t('findings.because', { reason: t(`reject.${row.decision?.reason || 'none'}`) }));
  else facts.push(...sizeFacts(row, stack, t));
  return (
    <span className={`${panel.rowFacts} ${row.finding?.measure ? panel.allFacts : ''}`}>
      {facts.filter(Boolean).map((fact, n) => (
        <span key={n}>{fact}</span>
      ))}
    </span>
  );
}

type Translate = TFunction<'reading'>;
type StackFacts = Stack | undefined;

function sizeFacts(row: FindingRow, stack: StackFacts, t: Translate): string[] {
  const geometry = rowGeometry(row);
  if (!geometry) return [];
  if (row.finding?.kind === 'length') {
    return [lengthText(row.finding, stack?.spacing_known ?? false, { mm: t('unit.mm'), px: t('unit.px') })];
  }
  const slice = (stack?.shape_zyx[0] ?? 1) > 1 ? t('findings.slice', { slice: geometry.largest_slice + 1 }) : '';
  if (row.finding?.measure) return [...measureFacts(row.finding, row.label, stack, t), slice];
  const change = row.state === 'edited' ? changeText(row, t) : '';
  return [sizeText(geometry, stack, t), change || slice];
}

/** An arrow says nothing but its text, which is the row's name already. */
const measureFacts = (finding: Finding, label: Label | null, stack: StackFacts, t: Translate): string[] =>
  finding.measure?.tool === 'arrow' ? [] : measureLines(finding, stack, label, t);

function sizeText(geometry: NonNullable<ReturnType<typeof rowGeometry>>, stack: StackFacts, t: Translate): string {
  if (geometry.kind === 'box' && geometry.box) {
    const { start_zyx: start, stop_zyx: stop } = geometry.box;
    return t('findings.box', { width: stop[2] - start[2], height: stop[1] - start[1] });
  }
  const flat = (stack?.shape_zyx[0] ?? 1) === 1;
  if (geometry.volume_ml === null || flat) return t('findings.voxels', { count: formatNumber(geometry.voxel_count) });
  return t('findings.volume', { volume: formatNumber(geometry.volume_ml, geometry.volume_ml < 0.1 ? 2 : 1) });
}

/** "+1.8 −0.6 ml": what the reader added to and took from the suggestion. */
function changeText(row: FindingRow, t: Translate): string {
  const { suggestion, finding } = row;
  if (!suggestion || !finding || finding.kind !== 'segment' || finding.volume_ml === null || finding.voxel_count === 0) return '';
  const different = countSlices(xorSlices(suggestion.slices, finding.slices));
  const grown = finding.voxel_count - countSlices(suggestion.slices);
  const ml = finding.volume_ml / finding.voxel_count;
  const digits = different * ml < 0.2 ? 2 : 1;
  const text = (voxels: number) => formatNumber(voxels * ml, digits);
  return t('findings.change', { added: text((different + grown) / 2), removed: text((different - grown) / 2) });
}

function RowActions({ row }: { row: FindingRow }) {
  const rejecting = useBench((bench) => bench.rejecting);
  if (rejecting && row.suggestion) return <RejectReasons />;
  const taken = row.state === 'accepted' || row.state === 'edited';
  return (
    <div className={panel.rowActions}>
      {row.suggestion && !taken ? <Action id="accept" tone={panel.accept} hotkey="A" icon={<IconCheck size={14} stroke={1.8} aria-hidden />} /> : null}
      {row.suggestion && row.state !== 'rejected' ? <Action id="reject" tone={panel.reject} hotkey="X" icon={<IconX size={14} stroke={1.8} aria-hidden />} /> : null}
      {row.state !== 'rejected' ? <Action id="edit" tone={classes.edit} hotkey="B" icon={<IconPencil size={14} stroke={1.8} aria-hidden />} /> : null}
      {row.finding && isMeasurement(row.finding) ? <Action id="rename" tone={classes.edit} hotkey="⇧R" icon={<IconCursorText size={14} stroke={1.8} aria-hidden />} /> : null}
      {row.suggestion ? null : <Action id="delete" tone={classes.edit} hotkey="Del" icon={<IconX size={14} stroke={1.8} aria-hidden />} />}
    </div>
  );
}

function Action({ id, tone, hotkey, icon }: { id: string; tone: string | undefined; hotkey: string; icon: React.ReactNode }) {
  const { t } = useTranslation('reading');
  const { editor, effects } = useRoom();
  return (
    <button type="button" className={`${panel.action} ${tone}`} onClick={() => run(id === 'edit' ? 'brush' : id, editor, effects)} data-action={id}>
      {icon}
      {t(`action.${id}`)}
      <Key k={hotkey} />
    </button>
  );
}

function RejectReasons() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  return (
    <div className={panel.reasons} role="group" aria-label={t('reject.title')}>
      <div className={classes.dim}>{t('reject.title')}</div>
      {REJECT_REASONS.map((reason, n) => (
        <button key={reason} type="button" className={panel.reason} onClick={() => rejectCurrent(editor, reason)} data-reason={reason}>
          <Key k={String(n + 1)} /> {t(`reject.${reason}`)}
        </button>
      ))}
      <button type="button" className={panel.reason} onClick={() => rejectCurrent(editor)}>
        <Key k="Enter" /> {t('reject.none')}
      </button>
    </div>
  );
}
