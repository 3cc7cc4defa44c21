/** The findings of the reading with what became of each suggestion. A click, N or P shows one on its largest slice. */
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { StateChip } from '@/ui/Chip';
import { Key } from '@/ui/Key';
import { Swatch } from '@/ui/Swatch';
import { formatClock } from '@/ui/format';
import classes from '@/features/review/review.module.css';
import { MUCH_CHANGED_DICE, type FindingRow } from '@/features/review/rows';

export interface FindingsPanelProps {
  rows: readonly FindingRow[];
  currentKey: string | null;
  seen: ReadonlySet<string>;
  onShow: (row: FindingRow) => void;
  onStep: (step: 1 | -1) => void;
}

function Numbers({ row }: { row: FindingRow }) {
  const { t } = useTranslation('review');
  const isMuchChanged = row.state === 'edited' && row.dice !== null && row.dice < MUCH_CHANGED_DICE;
  const tone = isMuchChanged ? classes.amber : classes.value;
  return (
    <span className={classes.findingNumbers}>
      {row.dice === null ? null : <span>{t('findings.dice')} <b className={tone}>{row.dice.toFixed(2)}</b></span>}
      {row.hd95 === null ? null : <span>{t('findings.hd95')} <b className={tone}>{t(`findings.${row.hd95Unit}`, { value: row.hd95.toFixed(row.hd95Unit === 'mm' ? 1 : 0) })}</b></span>}
      {row.seconds === null ? null : <span>{t('findings.took')} <b className={classes.value}>{formatClock(row.seconds)}</b></span>}
    </span>
  );
}

function FindingItem({ row, isCurrent, onShow }: { row: FindingRow; isCurrent: boolean; onShow: (row: FindingRow) => void }) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [isCurrent]);
  return (
    <li ref={ref}>
      <button type="button" className={`${classes.finding} ${isCurrent ? classes.findingCurrent : ''}`} onClick={() => onShow(row)} aria-current={isCurrent}
        data-finding={row.key}>
        <span className={classes.findingName}>
          <Swatch colour={row.colour} dashed={row.state === 'rejected'} />
          <span className={row.state === 'rejected' ? classes.struck : ''}>{row.name}</span>
        </span>
        <StateChip state={row.state} />
        <Numbers row={row} />
      </button>
    </li>
  );
}

export function FindingsPanel({ rows, currentKey, seen, onShow, onStep }: FindingsPanelProps) {
  const { t } = useTranslation('review');
  return (
    <section className={classes.section}>
      <header className={classes.panelHead}>
        <h2>{t('findings.title')}</h2>
        <span className={classes.count}>{rows.length}</span>
        <span className={classes.spacer} />
        {rows.length === 0 ? null : <span className={classes.meta}>{t('findings.seen', { seen: seen.size, count: rows.length })}</span>}
        <button type="button" className={classes.keyButton} onClick={() => onStep(-1)} aria-label={t('findings.previous')}><Key k="P" /></button>
        <button type="button" className={classes.keyButton} onClick={() => onStep(1)} aria-label={t('findings.next')}><Key k="N" /></button>
      </header>
      {rows.length === 0 ? (
        <p className={classes.quiet}>{t('findings.none')}</p>
      ) : (
        <ol className={classes.findings}>
          {rows.map((row) => <FindingItem key={row.key} row={row} isCurrent={row.key === currentKey} onShow={onShow} />)}
        </ol>
      )}
    </section>
  );
}
