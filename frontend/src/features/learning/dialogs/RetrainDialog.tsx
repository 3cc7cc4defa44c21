/** Before a run starts: what it will learn from, what it leaves out and why, about how long, with which network. */
import { Modal, Select } from '@mantine/core';
import { toast } from '@/ui/Toast';
import { IconAlertTriangle, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { DialogError } from '@/features/learning/dialogs/DialogError';
import { useRetrain } from '@/features/learning/hooks';
import classes from '@/features/learning/learning.module.css';
import { referenceText } from '@/features/learning/loop';
import { durationText } from '@/features/learning/text';
import type { Learning, NextTraining } from '@/features/learning/types';

const AUTO = 'auto';

function Blockers({ learning }: { learning: Learning }) {
  const { t } = useTranslation('learning');
  const { blockers, ready } = learning.next_training;
  if (ready || blockers.length === 0) return null;
  return (
    <div className={classes.blockers} role="note">
      <IconAlertTriangle size={16} stroke={1.6} aria-hidden />
      <div>
        <strong>{t('retrain.blocked_title')}</strong>
        {blockers.map((blocker) => <p key={blocker}>{blocker}</p>)}
      </div>
    </div>
  );
}

function Excluded({ next }: { next: NextTraining }) {
  const { t } = useTranslation('learning');
  if (next.excluded.length === 0) return <p className={classes.dialogText}>{t('retrain.excludes_none')}</p>;
  return (
    <section>
      <h3 className={classes.dialogHead}>{t('retrain.excludes', { count: next.excluded.length })}</h3>
      <div className={classes.scrollBox}>
        <table className={classes.plainTable}>
          <thead>
            <tr><th scope="col">{t('retrain.case')}</th><th scope="col">{t('retrain.why')}</th></tr>
          </thead>
          <tbody>
            {next.excluded.map((item) => (
              <tr key={`${item.case_id}-${item.reason_code}`}>
                <th scope="row">{item.pseudonym}</th>
                <td className={classes.wrap}>{item.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Labels({ next }: { next: NextTraining }) {
  const { t } = useTranslation('learning');
  return (
    <section>
      <h3 className={classes.dialogHead}>{t('retrain.labels')}</h3>
      <table className={classes.plainTable}>
        <thead>
          <tr>
            <th scope="col">{t('retrain.label')}</th>
            <th scope="col" className={classes.right}>{t('retrain.marked')}</th>
            <th scope="col" className={classes.right}>{t('retrain.searched_none')}</th>
            <th scope="col" className={classes.right}>{t('retrain.not_assessed')}</th>
          </tr>
        </thead>
        <tbody>
          {next.labels.map((label) => (
            <tr key={label.key}>
              <th scope="row">{label.name}</th>
              <td className={classes.right}>{label.marked}</td>
              <td className={classes.right}>{label.searched_none}</td>
              <td className={`${classes.right} ${label.not_assessed > 0 ? classes.amber : ''}`}>{label.not_assessed}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.foot}>{t('retrain.labels_foot')}</p>
    </section>
  );
}

function Uses({ next }: { next: NextTraining }) {
  const { t } = useTranslation('learning');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <section>
      <div className={classes.usesLine}>
        <h3 className={classes.dialogHead}>{t('retrain.uses', { count: next.count })}</h3>
        {next.cases.length > 0 ? (
          <Button kind="quiet" size="small" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {t(isOpen ? 'retrain.hide_cases' : 'retrain.show_cases')}
          </Button>
        ) : null}
      </div>
      {isOpen ? <p className={`${classes.caseList} ${classes.scrollBox}`}>{next.cases.map((item) => item.pseudonym).join(' · ')}</p> : null}
    </section>
  );
}

function networkChoices(next: NextTraining, autoName: string): { value: string; label: string }[] {
  const named = next.networks.map(({ key, name }) => ({ value: key, label: name }));
  return named.some(({ value }) => value === AUTO) ? named : [{ value: AUTO, label: autoName }, ...named];
}

function Facts({ learning, network, onNetwork }: { learning: Learning; network: string; onNetwork: (key: string) => void }) {
  const { t } = useTranslation('learning');
  const { next_training: next, reference } = learning;
  return (
    <div className={classes.factGrid}>
      <Select label={t('retrain.network')} data={networkChoices(next, t('retrain.network_auto'))} value={network} allowDeselect={false}
        onChange={(value) => onNetwork(value ?? AUTO)} />
      <div>
        <div className={classes.factName}>{t('retrain.estimate')}</div>
        <div className={classes.factValue}>{durationText(t, next.estimate_seconds)}</div>
      </div>
      <div>
        <div className={classes.factName}>{t('retrain.reference')}</div>
        <div className={`${classes.factValue} ${reference.read < reference.needed ? classes.amber : ''}`}>
          {referenceText(reference, t)}
        </div>
      </div>
    </div>
  );
}

function RetrainForm({ projectId, learning, onClose }: { projectId: number; learning: Learning; onClose: () => void }) {
  const { t } = useTranslation('learning');
  const retrain = useRetrain(projectId);
  const { next_training: next, running } = learning;
  const [network, setNetwork] = useState(() => next.networks.find((choice) => choice.default)?.key ?? AUTO);
  const start = (): void =>
    retrain.mutate(network, { onSuccess: (run) => { toast(t('retrain.started', { number: run.number })); onClose(); } });
  return (
    <div className={classes.dialog}>
      <Blockers learning={learning} />
      {running === null ? null : (
        <p className={classes.dialogText}>
          <strong>{t('retrain.running_title', { number: running.number })}</strong> {t('retrain.running_text')}
        </p>
      )}
      <Uses next={next} />
      <Excluded next={next} />
      <Labels next={next} />
      <Facts learning={learning} network={network} onNetwork={setNetwork} />
      <DialogError error={retrain.error} title={t('retrain.failed')} />
      <div className={classes.dialogActions}>
        <Button kind="quiet" onClick={onClose}>{t('button.cancel')}</Button>
        <Button kind="primary" icon={<IconPlayerPlay size={16} stroke={1.6} aria-hidden />} onClick={start} data-testid="start-run"
          disabled={!next.ready || running !== null || retrain.isPending}>
          {t(retrain.isPending ? 'retrain.starting' : 'retrain.start')}
        </Button>
      </div>
    </div>
  );
}

export function RetrainDialog(props: { projectId: number; learning: Learning; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('learning');
  return (
    <Modal opened={props.opened} onClose={props.onClose} size={640} title={t('retrain.title')}>
      <RetrainForm {...props} />
    </Modal>
  );
}
