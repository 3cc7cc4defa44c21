/** Asking before something that cannot be taken back, and asking for a reason. */
import { Modal, Radio, Stack, Textarea } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';

export interface ConfirmDialogProps {
  opened: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  text?: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  busy?: boolean;
}

export function ConfirmDialog({ opened, onClose, onConfirm, title, text, confirmLabel, danger = false, busy = false }: ConfirmDialogProps) {
  const { t } = useTranslation('common');
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={440} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div style={{ color: 'var(--mr-text-2)' }}>{text}</div>
      <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 20 }}>
        <Button kind="quiet" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button kind={danger ? 'danger' : 'primary'} onClick={onConfirm} disabled={busy} data-autofocus>
          {confirmLabel}
        </Button>
      </div>
    </Modal>
  );
}

export interface ReasonOption {
  value: string;
  label: string;
}

export interface ReasonDialogProps {
  opened: boolean;
  onClose: () => void;
  /** `reason` is the chosen option's value, or the note alone where there are no options. */
  onConfirm: (answer: { reason: string; note: string }) => void;
  title: string;
  text?: ReactNode;
  confirmLabel: string;
  options?: ReasonOption[];
  noteLabel?: string;
  noteRequired?: boolean;
  /** The reason is enough: nothing to type. */
  noteless?: boolean;
  danger?: boolean;
  busy?: boolean;
}

function NoteField({ label, value, onChange, lacks }: { label: string | undefined; value: string; onChange: (value: string) => void; lacks: boolean }) {
  const { t } = useTranslation('common');
  return (
    <Textarea
      mt={16}
      label={label ?? t('dialog.note')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autosize
      minRows={2}
      maxRows={6}
      error={lacks ? t('dialog.noteNeeded') : undefined}
    />
  );
}

/** Reasons by radio (keys 1-9 choose) with an optional note. Nothing is chosen beforehand. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { opened, onClose, onConfirm, title, text, confirmLabel, options = [], danger = false, busy = false } = props;
  const { t } = useTranslation('common');
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!opened) return;
    setReason('');
    setNote('');
    setAsked(false);
  }, [opened]);

  const lacksReason = options.length > 0 && !reason;
  const lacksNote = Boolean(props.noteRequired) && !note.trim();
  const confirm = () => {
    setAsked(true);
    if (!lacksReason && !lacksNote) onConfirm({ reason: reason || note.trim(), note: note.trim() });
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={440} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
        onKeyDown={(event) => {
          if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.altKey || event.metaKey) return;
          const option = /^[1-9]$/.test(event.key) ? options[Number(event.key) - 1] : undefined;
          if (option) setReason(option.value);
        }}
      >
        {text ? <p style={{ color: 'var(--mr-text-2)', margin: '0 0 12px' }}>{text}</p> : null}
        {options.length > 0 ? (
          <Radio.Group value={reason} onChange={setReason} error={asked && lacksReason ? t('dialog.chooseReason') : undefined}>
            <Stack gap={8}>
              {options.map((option, index) => (
                <Radio key={option.value} value={option.value} label={option.label} size="xs" {...(index === 0 ? { 'data-autofocus': true } : {})} />
              ))}
            </Stack>
          </Radio.Group>
        ) : null}
        {props.noteless ? null : <NoteField label={props.noteLabel} value={note} onChange={setNote} lacks={asked && lacksNote} />}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 20 }}>
          <Button kind="quiet" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} disabled={busy}>
            {confirmLabel}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
