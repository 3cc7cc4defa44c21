/** The loop in five steps, left to right, with the one step that waits for the manager in blue. */
import { IconBox, IconCheck, IconChevronRight, IconFlag3, IconInbox, IconShield } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from '@/features/learning/learning.module.css';
import { loopSteps, type LoopStep, type StepKey } from '@/features/learning/loop';
import type { Learning } from '@/features/learning/types';

const ICON = { size: 15, stroke: 1.6, 'aria-hidden': true } as const;

const ICONS: Readonly<Record<StepKey, ReactNode>> = {
  reference: <IconShield {...ICON} />,
  approved: <IconCheck {...ICON} />,
  since: <IconInbox {...ICON} />,
  training: <IconBox {...ICON} />,
  decision: <IconFlag3 {...ICON} />,
};

function Step({ step, isLast }: { step: LoopStep; isLast: boolean }) {
  const tone = step.isWaiting ? classes.stepWaiting : '';
  return (
    <li className={`${classes.step} ${tone}`} data-step={step.key}>
      <div className={classes.stepName}>
        {ICONS[step.key]}
        {step.name}
      </div>
      <div className={classes.stepValue}>{step.value}</div>
      <div className={classes.stepSub}>{step.sub}</div>
      {step.fraction === null ? null : (
        <div className={classes.stepBar} aria-hidden="true">
          <div className={step.fraction >= 1 ? classes.stepBarDone : classes.stepBarPart} style={{ width: `${Math.min(1, step.fraction) * 100}%` }} />
        </div>
      )}
      {isLast ? null : <IconChevronRight className={classes.stepArrow} size={16} stroke={1.6} aria-hidden />}
    </li>
  );
}

export function LoopStrip({ learning }: { learning: Learning }) {
  const { t } = useTranslation('learning');
  const steps = loopSteps(learning, t);
  return (
    <ol className={classes.strip} aria-label={t('loop.label')}>
      {steps.map((step, index) => (
        <Step key={step.key} step={step} isLast={index === steps.length - 1} />
      ))}
    </ol>
  );
}
