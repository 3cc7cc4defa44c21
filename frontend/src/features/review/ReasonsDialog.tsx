/** Reasons for a return or a rejection: at least one ticked, a note when "other" is among them. */
import { Checkbox, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { isReasonComplete, REJECT_REASONS, RETURN_REASONS } from '@/features/review/decisions';
import classes from '@/features/review/review.module.css';

export interface ReasonsDialogProps {
  kind: 'return' | 'reject' | null;
  reader: string;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: (answer: { reasons: string[]; note: string }) => void;
}

function Form({ kind, isBusy, onClose, onConfirm }: ReasonsDialogProps & { kind: 'return' | 'reject' }) {
  const { t } = useTranslation('review');
  const [reasons, setReasons] = useState<string[]>([]);
  const [note, setNote] = useState('');
  const [isAsked, setIsAsked] = useState(false);
  const choices: readonly string[] = kind === 'return' ? RETURN_REASONS : REJECT_REASONS;
  const isComplete = isReasonComplete(reasons, note);
  const problem = isAsked && !isComplete ? t(reasons.length === 0 ? 'reasons.choose' : 'reasons.words') : null;
  const confirm = (): void => {
    setIsAsked(true);
    if (isComplete) onConfirm({ reasons: choices.filter((choice) => reasons.includes(choice)), note: note.trim() });
  };
  return (
    <form className={classes.dialog} onSubmit={(event) => { event.preventDefault(); confirm(); }}
      onKeyDown={(event) => { if (event.key === 'Enter' && event.ctrlKey) { event.preventDefault(); confirm(); } }}>
      <p className={classes.dialogText}>{t(`reasons.${kind}_text`)}</p>
      <Checkbox.Group value={reasons} onChange={setReasons} error={problem}>
        <div className={classes.checks}>
          {choices.map((choice, index) => (
            <Checkbox key={choice} value={choice} label={t(`reasons.${choice}`)} {...(index === 0 ? { 'data-autofocus': true } : {})} />
          ))}
        </div>
      </Checkbox.Group>
      <Textarea label={t('reasons.note')} value={note} autosize minRows={2} onChange={(event) => setNote(event.currentTarget.value)} />
      <div className={classes.dialogActions}>
        <Button kind="quiet" onClick={onClose}>{t('reasons.cancel')}</Button>
        <Button type="submit" kind={kind === 'reject' ? 'danger' : 'primary'} disabled={isBusy} data-testid="confirm-reasons">{t(`reasons.${kind}_confirm`)}</Button>
      </div>
    </form>
  );
}

export function ReasonsDialog(props: ReasonsDialogProps) {
  const { t } = useTranslation('review');
  const { kind, reader, onClose } = props;
  return (
    <Modal opened={kind !== null} onClose={onClose} size={460} title={kind === null ? '' : t(`reasons.${kind}_title`, { reader })}>
      {kind === null ? null : <Form key={kind} {...props} kind={kind} />}
    </Modal>
  );
}
