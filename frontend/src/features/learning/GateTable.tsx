/** One row per label: the pair of means, the paired gain as dot and interval, n and the verdict. */
import { useTranslation } from 'react-i18next';
import { StateChip } from '@/ui/Chip';
import { interval, metric, signed } from '@/features/learning/format';
import { PLOT_WIDTH_PX, PlotHead, PlotRow } from '@/features/learning/GatePlot';
import { floorScale, gateScale, type GateScale } from '@/features/learning/gateScale';
import classes from '@/features/learning/learning.module.css';
import type { T } from '@/features/learning/text';
import type { GateReport, LabelComparison } from '@/features/learning/types';
import { isFirstModelGate, verdictColour } from '@/features/learning/verdict';

export interface GateTableProps {
  gate: GateReport;
  /** Column heads, e.g. v7 and v8; null for a first model. */
  activeText: string | null;
  candidateText: string;
  margin: number;
  labelName: (key: string) => string;
}

interface RowProps extends GateTableProps {
  row: LabelComparison;
  name: string;
  scale: GateScale;
  isFirst: boolean;
  isOverall: boolean;
}

function plotDescription(t: T, { row, name, margin }: RowProps): string {
  if (row.gain === null) return `${name}: ${t('gate.no_interval')}`;
  return t('gate.interval_text', { label: name, gain: signed(row.gain), low: signed(row.low), high: signed(row.high), margin });
}

function GainCell({ row, isFirst, isOverall, gate }: RowProps) {
  const { t } = useTranslation('learning');
  const needed = row.needed_n === null ? null : <span className={classes.needed}>{t('gate.needed', { count: row.needed_n })}</span>;
  if (row.gain === null) {
    const floor = isFirst && isOverall && gate.floor !== null && row.candidate_mean !== null ? signed(row.candidate_mean - gate.floor) : null;
    return (
      <td className={classes.gain}>
        {floor === null ? null : <strong>{floor}</strong>} {needed}
      </td>
    );
  }
  return (
    <td className={classes.gain} {...(row.needed_n === null ? {} : { title: t('gate.needed', { count: row.needed_n }) })}>
      <strong>{signed(row.gain)}</strong> <span className={classes.interval}>{interval(row.low, row.high)}</span>
    </td>
  );
}

function Row(props: RowProps) {
  const { t } = useTranslation('learning');
  const { row, name, scale, isFirst, isOverall, activeText } = props;
  const isNewLabel = !isFirst && row.active_mean === null && activeText !== null;
  return (
    <tr className={isOverall ? `${classes.overall} ${classes[`overall_${row.verdict}`] ?? ''}` : ''} data-label={row.label_key}>
      <th scope="row">{name}</th>
      {isFirst ? null : <td className={classes.number}>{metric(row.active_mean)}</td>}
      <td className={`${classes.number} ${classes.candidateMean}`}>{metric(row.candidate_mean)}</td>
      <td className={classes.plotCell}>
        <PlotRow
          scale={scale}
          dot={isFirst ? row.candidate_mean : row.gain}
          low={row.low}
          high={row.high}
          colour={verdictColour(row.verdict)}
          description={plotDescription(t, props)}
          note={isNewLabel ? t('gate.new_label', { version: activeText }) : undefined}
        />
      </td>
      <GainCell {...props} />
      <td className={classes.n}>{row.n}</td>
      <td className={classes.verdictCell}>
        <StateChip state={row.verdict}>{t(isFirst ? `verdict.row_first.${row.verdict}` : `verdict.${row.verdict}`)}</StateChip>
      </td>
    </tr>
  );
}

export function GateTable(props: GateTableProps) {
  const { t } = useTranslation('learning');
  const { gate, margin, labelName, activeText, candidateText } = props;
  const isFirst = isFirstModelGate(gate);
  const scale = isFirst ? floorScale(gate.floor ?? 0, PLOT_WIDTH_PX) : gateScale([gate.overall, ...gate.labels], margin, PLOT_WIDTH_PX);
  const shared = { ...props, scale, isFirst };
  return (
    <table className={classes.gateTable}>
      <thead>
        <tr>
          <th scope="col">{t('gate.label')}</th>
          {isFirst ? null : <th scope="col" className={classes.number}>{activeText}</th>}
          <th scope="col" className={classes.number}>{candidateText}</th>
          <td className={classes.plotCell}>
            <PlotHead scale={scale} />
          </td>
          <th scope="col" className={classes.gain}>{t(isFirst ? 'gate.against_floor' : 'gate.paired_gain')}</th>
          <th scope="col" className={classes.n} title={t('gate.n_full')}>{t('gate.n')}</th>
          <th scope="col" className={classes.verdictCell}>{t('gate.verdict')}</th>
        </tr>
      </thead>
      <tbody>
        <Row {...shared} row={gate.overall} name={t(isFirst ? 'gate.overall_first' : 'gate.overall')} isOverall />
        {gate.labels.map((row) => (
          <Row key={row.label_key} {...shared} row={row} name={labelName(row.label_key)} isOverall={false} />
        ))}
      </tbody>
    </table>
  );
}
