/** The whole report of a model: facts, the gate's table, and each test patient, worst change first. */
import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { formatDateTime } from '@/ui/format';
import { GateTable } from '@/features/learning/GateTable';
import { metric, signed } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import { baselineRows, patientRows } from '@/features/learning/patientRows';
import type { GateReport, Model } from '@/features/learning/types';
import { verdictTone, versionText } from '@/features/learning/verdict';
import { Chip } from '@/ui/Chip';

export interface ReportDialogProps {
  model: Model | null;
  activeText: string | null;
  margin: number;
  labelName: (key: string) => string;
  onClose: () => void;
}

function Fact({ name, value, isCode = false }: { name: string; value: string; isCode?: boolean }) {
  return (
    <div>
      <div className={classes.factName}>{name}</div>
      <div className={isCode ? classes.factCode : classes.factValue} title={value}>{value}</div>
    </div>
  );
}

function Facts({ model }: { model: Model }) {
  const { t } = useTranslation('learning');
  const { gate } = model;
  return (
    <div className={classes.factGrid}>
      <Fact name={t('report.network')} value={model.network} />
      <Fact name={t('report.parameters')} value={model.parameters.toLocaleString('en-US')} />
      <Fact name={t('report.created')} value={formatDateTime(model.created_at)} />
      <Fact name={t('report.floor')} value={metric(gate?.floor, 2)} />
      <Fact name={t('report.seed')} value={String(gate?.seed ?? '–')} />
      <Fact name={t('report.weights')} value={model.weights_sha256} isCode />
      <Fact name={t('report.snapshot')} value={model.snapshot_sha256} isCode />
      <Fact name={t('report.test_set')} value={typeof gate?.test_set_number === 'number' ? t('gate.test_set', { number: gate.test_set_number, count: gate.times_used }) : '–'} />
    </div>
  );
}

function Baselines({ gate, labelName }: { gate: GateReport; labelName: (key: string) => string }) {
  const { t } = useTranslation('learning');
  const rows = baselineRows(gate.baseline);
  if (rows.length === 0) return null;
  return (
    <p className={classes.dialogText}>
      {t('report.baseline')}: {rows.map(({ name, labelKey, value }) => `${labelKey === '' ? '' : `${labelName(labelKey)}, `}${name} ${metric(value)}`).join(' · ')}
    </p>
  );
}

function Patients({ gate, labelName }: { gate: GateReport; labelName: (key: string) => string }) {
  const { t } = useTranslation('learning');
  const rows = patientRows(gate);
  if (rows.length === 0) return <p className={classes.dialogText}>{t('report.no_scores')}</p>;
  return (
    <div className={classes.scrollBox}>
      <table className={classes.plainTable}>
        <thead>
          <tr>
            <th scope="col">{t('report.patient')}</th>
            <th scope="col">{t('gate.label')}</th>
            <th scope="col" className={classes.right}>{t('report.active')}</th>
            <th scope="col" className={classes.right}>{t('report.candidate')}</th>
            <th scope="col" className={classes.right}>{t('report.change')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.caseId}-${row.labelKey}`}>
              <th scope="row" title={row.patient}>{t('report.case', { id: row.caseId, patient: row.patient.slice(0, 8) })}</th>
              <td>{labelName(row.labelKey)}</td>
              <td className={classes.right}>{metric(row.active)}</td>
              <td className={classes.right}>{metric(row.candidate)}</td>
              <td className={`${classes.right} ${row.change !== null && row.change < 0 ? classes.loss : ''}`}>{signed(row.change)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SecondLook({ model, labelName }: { model: Model; labelName: (key: string) => string }) {
  const { t } = useTranslation('learning');
  const { slug = '' } = useParams();
  if (model.second_look.length === 0) return null;
  return (
    <section>
      <h3 className={classes.dialogHead}>{t('report.second_look', { count: model.second_look.length })}</h3>
      <ul className={`${classes.steps} ${classes.scrollBox}`}>
        {model.second_look.map((item) => (
          <li key={`${item.reading_id}-${item.label_key}`}>
            <Link to={`/p/${slug}/review/${item.reading_id}`}>{item.pseudonym}</Link> {labelName(item.label_key)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Report({ model, activeText, margin, labelName }: ReportDialogProps & { model: Model }) {
  const { t } = useTranslation('learning');
  const { gate } = model;
  return (
    <div className={classes.dialog}>
      <Facts model={model} />
      <SecondLook model={model} labelName={labelName} />
      {gate === null ? null : (
        <>
          <p className={classes.dialogText}>
            <Chip tone={verdictTone(gate.verdict)}>{t(`verdict.${gate.verdict}`)}</Chip> {gate.refusals.join(' ')}
          </p>
          <div className={classes.tableScroll}>
            <GateTable gate={gate} activeText={activeText} candidateText={versionText(model.version)} margin={margin} labelName={labelName} />
          </div>
          <Baselines gate={gate} labelName={labelName} />
          <h3 className={classes.dialogHead}>{t('report.per_patient')}</h3>
          <Patients gate={gate} labelName={labelName} />
        </>
      )}
    </div>
  );
}

export function ReportDialog(props: ReportDialogProps) {
  const { t } = useTranslation('learning');
  const { model, onClose } = props;
  return (
    <Modal opened={model !== null} onClose={onClose} size={880} title={model === null ? '' : t('report.title', { version: versionText(model.version) })}>
      {model === null ? null : <Report {...props} model={model} />}
    </Modal>
  );
}
