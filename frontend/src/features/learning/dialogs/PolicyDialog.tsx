/** What happens by itself in this project. Fields are checked here so that a slip is seen at once; the server checks again. */
import { Checkbox, Modal, NumberInput, Radio } from '@mantine/core';
import { toast } from '@/ui/Toast';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useUpdateProject } from '@/api/hooks';
import type { Project, ProjectSettings } from '@/api/types';
import { Button } from '@/ui/Button';
import { DialogError } from '@/features/learning/dialogs/DialogError';
import { isPolicyValid, LIMITS, type LimitedField } from '@/features/learning/dialogs/policyLimits';
import classes from '@/features/learning/learning.module.css';

const PROMOTION = ['auto', 'ask', 'refuse'] as const;

type Policy = Pick<
  ProjectSettings,
  'retrain_every' | 'promotion_policy' | 'random_share' | 'gate_margin' | 'min_reference_cases' | 'allow_self_review'
>;

interface NumberFieldProps {
  field: LimitedField;
  label: string;
  help: string;
  value: number;
  onChange: (value: number) => void;
  suffix?: string;
}

/** Shares are stored as fractions and shown in per cent. */
function NumberField({ field, label, help, value, onChange, suffix }: NumberFieldProps) {
  const { t } = useTranslation('learning');
  const limit = LIMITS[field];
  const isWrong = !(value >= limit.min && value <= limit.max);
  return (
    <NumberInput
      label={label}
      description={help}
      value={Number.isFinite(value) ? Math.round(value * limit.shownFactor * 1000) / 1000 : ''}
      onChange={(shown) => onChange(shown === '' ? Number.NaN : Number(shown) / limit.shownFactor)}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      step={limit.step * limit.shownFactor}
      decimalScale={3}
      {...(suffix === undefined ? {} : { suffix })}
      error={isWrong ? t('policy.range', { min: limit.min * limit.shownFactor, max: limit.max * limit.shownFactor }) : null}
    />
  );
}

function PromotionField({ value, onChange }: { value: Policy['promotion_policy']; onChange: (value: Policy['promotion_policy']) => void }) {
  const { t } = useTranslation('learning');
  return (
    <Radio.Group label={t('policy.promotion')} value={value} onChange={(next) => onChange(next as Policy['promotion_policy'])}>
      <div className={classes.radioList}>
        {PROMOTION.map((choice) => (
          <Radio key={choice} size="xs" value={choice} label={t(`policy.promotion_${choice}`)} description={t(`policy.promotion_${choice}_help`)} />
        ))}
      </div>
    </Radio.Group>
  );
}

function PolicyForm({ project, onClose }: { project: Project; onClose: () => void }) {
  const { t } = useTranslation('learning');
  const update = useUpdateProject(project.id);
  const [policy, setPolicy] = useState<Policy>(() => {
    const { retrain_every, promotion_policy, random_share, gate_margin, min_reference_cases, allow_self_review } = project.settings;
    return { retrain_every, promotion_policy, random_share, gate_margin, min_reference_cases, allow_self_review };
  });
  const set = <K extends keyof Policy>(field: K, value: Policy[K]): void => setPolicy({ ...policy, [field]: value });
  const save = (): void =>
    update.mutate({ settings: policy }, { onSuccess: () => { toast(t('policy.saved')); onClose(); } });
  return (
    <div className={classes.dialog}>
      <p className={classes.dialogText}>{t('policy.intro')}</p>
      <PromotionField value={policy.promotion_policy} onChange={(value) => set('promotion_policy', value)} />
      <div className={classes.fieldGrid}>
        <NumberField field="retrain_every" label={t('policy.retrain_every')} help={t('policy.retrain_every_help')}
          value={policy.retrain_every} onChange={(value) => set('retrain_every', value)} suffix={` ${t('policy.retrain_every_unit')}`} />
        <NumberField field="random_share" label={t('policy.random_share')} help={t('policy.random_share_help')}
          value={policy.random_share} onChange={(value) => set('random_share', value)} suffix=" %" />
        <NumberField field="gate_margin" label={t('policy.gate_margin')} help={t('policy.gate_margin_help')}
          value={policy.gate_margin} onChange={(value) => set('gate_margin', value)} />
        <NumberField field="min_reference_cases" label={t('policy.min_reference')} help={t('policy.min_reference_help')}
          value={policy.min_reference_cases} onChange={(value) => set('min_reference_cases', value)} />
      </div>
      <Checkbox checked={policy.allow_self_review} label={t('policy.self_review')} description={t('policy.self_review_help')}
        onChange={(event) => set('allow_self_review', event.currentTarget.checked)} />
      <DialogError error={update.error} title={t('policy.failed')} />
      <div className={classes.dialogActions}>
        <Button kind="quiet" onClick={onClose}>{t('button.cancel')}</Button>
        <Button kind="primary" disabled={!isPolicyValid(policy) || update.isPending} onClick={save}>{t('policy.save')}</Button>
      </div>
    </div>
  );
}

export function PolicyDialog({ project, opened, onClose }: { project: Project; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('learning');
  return (
    <Modal opened={opened} onClose={onClose} size={560} title={t('policy.title')}>
      <PolicyForm project={project} onClose={onClose} />
    </Modal>
  );
}
