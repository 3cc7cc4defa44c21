/** Promote, decline and roll back: what will happen, a reason where one is asked for, then the act. */
import { Modal, Textarea } from '@mantine/core';
import { toast } from '@/ui/Toast';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { DialogError } from '@/features/learning/dialogs/DialogError';
import { useModelEvent } from '@/features/learning/hooks';
import classes from '@/features/learning/learning.module.css';
import type { Model, ModelEvent } from '@/features/learning/types';
import { promoteLook, versionText } from '@/features/learning/verdict';

export interface DecideDialogProps {
  projectId: number;
  event: ModelEvent | null;
  model: Model | null;
  /** Where a roll back leads, when known. */
  target: Model | null;
  onClose: () => void;
}

const ROLLBACK_STEPS = ['rollback_2', 'rollback_3', 'rollback_4'] as const;

function RollbackText({ active, target }: { active: string; target: string | null }) {
  const { t } = useTranslation('learning');
  return (
    <>
      <h3 className={classes.dialogHead}>{t('decide.rollback_what')}</h3>
      <ul className={classes.steps}>
        <li>{target === null ? t('decide.rollback_alone', { active }) : t('decide.rollback_back', { active, version: target })}</li>
        {ROLLBACK_STEPS.map((step) => <li key={step}>{t(`decide.${step}`, { active })}</li>)}
      </ul>
      <p className={classes.safe}>{t('decide.rollback_safe')}</p>
    </>
  );
}

function EventText({ event, model, target }: { event: ModelEvent; model: Model; target: Model | null }) {
  const { t } = useTranslation('learning');
  const version = versionText(model.version);
  if (event === 'rollback') return <RollbackText active={version} target={target === null ? null : versionText(target.version)} />;
  const isReasonAsked = event === 'promote' && promoteLook(model).needsReason;
  const verdict = t(`verdict.${model.gate?.verdict ?? 'cannot_tell'}`);
  return (
    <>
      <p className={classes.dialogText}>{t(`decide.${event}_text`, { version })}</p>
      {isReasonAsked ? <p className={classes.dialogText}>{t('decide.promote_why', { verdict })}</p> : null}
    </>
  );
}

const DONE_KEYS: Readonly<Record<ModelEvent, string>> = { promote: 'decide.promoted', decline: 'decide.declined', rollback: 'decide.rolled_back' };

function doneKey(event: ModelEvent, target: Model | null): string {
  return event === 'rollback' && target === null ? 'decide.rolled_back_alone' : DONE_KEYS[event];
}

function DecideForm({ projectId, event, model, target, onClose }: DecideDialogProps & { event: ModelEvent; model: Model }) {
  const { t } = useTranslation('learning');
  const act = useModelEvent(projectId);
  const [reason, setReason] = useState('');
  const isReasonNeeded = event === 'promote' && promoteLook(model).needsReason;
  const version = versionText(model.version);
  const shown = event === 'rollback' && target !== null ? versionText(target.version) : version;
  const send = (): void =>
    act.mutate({ modelId: model.id, event, reason }, {
      onSuccess: () => { toast(t(doneKey(event, target), { version: shown })); onClose(); },
    });
  const isMissing = isReasonNeeded && reason.trim() === '';
  return (
    <div className={classes.dialog}>
      <EventText event={event} model={model} target={target} />
      <Textarea label={t(isReasonNeeded ? 'decide.reason' : 'decide.reason_optional')} value={reason} autosize minRows={2} data-autofocus
        required={isReasonNeeded} onChange={(change) => setReason(change.currentTarget.value)} />
      <DialogError error={act.error} title={t('decide.failed')} />
      <div className={classes.dialogActions}>
        {isMissing ? <span className={classes.missing}>{t('decide.reason_needed')}</span> : null}
        <Button kind="quiet" onClick={onClose}>{t('button.cancel')}</Button>
        <Button kind={event === 'promote' ? 'primary' : 'danger'} disabled={isMissing || act.isPending} onClick={send} data-testid={`confirm-${event}`}>
          {event === 'rollback' ? t('decide.rollback_confirm') : t(`decide.${event}_title`, { version })}
        </Button>
      </div>
    </div>
  );
}

export function DecideDialog(props: DecideDialogProps) {
  const { t } = useTranslation('learning');
  const { event, model, target, onClose } = props;
  const isOpen = event !== null && model !== null;
  const key = event === 'rollback' && target === null ? 'rollback_title_none' : `${event ?? 'promote'}_title`;
  const subject = event === 'rollback' ? target : model;
  return (
    <Modal opened={isOpen} onClose={onClose} size={520} title={t(`decide.${key}`, { version: subject === null ? '' : versionText(subject.version) })}>
      {event === null || model === null ? null : <DecideForm {...props} event={event} model={model} />}
    </Modal>
  );
}
