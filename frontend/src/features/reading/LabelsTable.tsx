/** For each label: marked (with the count), searched and none, or not assessed. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseLabel, stateLabel } from '@/editor/marking';
import { labelRows, type LabelRow } from '@/editor/rows';
import { Key } from '@/ui/Key';
import { Swatch } from '@/ui/Swatch';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';
import classes from './reading.module.css';

export function LabelsTable() {
  const { t } = useTranslation('reading');
  const reading = useBench((bench) => bench.reading);
  const draft = useBench((bench) => bench.draft);
  const rows = useMemo(() => labelRows(reading, draft), [reading, draft]);
  if (rows.length === 0) return null;
  return (
    <section className={classes.labels} aria-label={t('labels.title')}>
      <div className={panel.labelHead}>
        <h2>{t('labels.title')}</h2>
        {(['marked', 'searched_none', 'not_assessed'] as const).map((answer) => (
          <span key={answer}>{t(`labels.${answer}`)}</span>
        ))}
      </div>
      {rows.map((row, n) => (
        <LabelLine key={row.label.key} row={row} number={n + 1} />
      ))}
    </section>
  );
}

function LabelLine({ row, number }: { row: LabelRow; number: number }) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const chosen = useBench((bench) => bench.labelKey === row.label.key);
  const editable = useBench((bench) => bench.editable);
  const { label, answer, count } = row;
  const digit = label.hotkey ?? number;
  const radio = (value: 'searched_none' | 'not_assessed') => (
    <input
      type="radio"
      name={`label-${label.key}`}
      className={`${panel.radio} ${value === 'not_assessed' ? panel.radioOpen : ''}`}
      checked={answer === value}
      disabled={!editable || count > 0}
      onChange={() => stateLabel(editor, label.key, value)}
      aria-label={`${label.name}: ${t(`labels.${value}`)}`}
      data-answer={value}
    />
  );
  return (
    <div className={`${panel.labelRow} ${chosen ? panel.labelChosen : ''}`} role="radiogroup" aria-label={label.name} data-label={label.key} data-answer={answer}>
      <button type="button" className={panel.labelName} aria-pressed={chosen} onClick={() => chooseLabel(editor, label)} title={label.meaning || label.name}>
        <Swatch colour={label.colour} filled />
        <span className={classes.ellipsis}>{label.name}</span>
      </button>
      {digit <= 9 ? <Key k={`⇧${digit}`} /> : <span />}
      {count > 0 ? (
        <span className={panel.marked} title={t('labels.marked')}>
          {count}
        </span>
      ) : (
        <input
          type="radio"
          name={`label-${label.key}`}
          className={panel.radio}
          checked={answer === 'marked'}
          disabled={!editable}
          title={t('labels.markFirst')}
          onChange={() => chooseLabel(editor, label)}
          aria-label={`${label.name}: ${t('labels.marked')}`}
        />
      )}
      {radio('searched_none')}
      {radio('not_assessed')}
    </div>
  );
}
