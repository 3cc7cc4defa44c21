/** The gate card before the first model: what is missing for one, in numbers. */
import { IconPlayerPlay, IconShield } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/States';
import type { Learning } from '@/features/learning/types';

export function GateEmpty({ learning, onRetrain }: { learning: Learning; onRetrain: () => void }) {
  const { t } = useTranslation('learning');
  const { reference, next_training: next, running } = learning;
  const missing = Math.max(0, reference.needed - reference.read);
  const text =
    running !== null
      ? t('gate.no_model_running')
      : missing > 0
        ? t('gate.no_model_read', { read: reference.read, needed: reference.needed, missing })
        : next.ready
          ? t('gate.no_model_ready')
          : next.blockers.join(' ');
  return (
    <EmptyState
      icon={<IconShield size={24} stroke={1.6} aria-hidden />}
      title={t('gate.no_model_title')}
      text={text}
      actions={
        running === null ? (
          <Button kind={next.ready ? 'primary' : 'default'} icon={<IconPlayerPlay size={16} stroke={1.6} aria-hidden />} onClick={onRetrain}>
            {t('button.retrain')}
          </Button>
        ) : null
      }
    />
  );
}
