/** Small controls of the mask tools. Buttons only: after a press the keys belong to the image again. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { commandOf, run } from '@/editor/commands';
import { chordCaps } from '@/editor/keymap';
import { stepMask } from '@/editor/masking';
import { formatNumber } from '@/ui/format';
import { Key } from '@/ui/Key';
import { useBench, useRoom } from './useEditor';
import classes from './masks.module.css';

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; name: string; icon?: ReactNode }[];
  onPick: (value: T) => void;
  disabled?: boolean;
}

/** One of a few: the chosen one is pressed. */
export function Segments<T extends string>({ label, value, options, onPick, disabled = false }: SegmentsProps<T>) {
  return (
    <div className={classes.segments} role="group" aria-label={label}>
      {options.map((one) => (
        <button
          key={one.value}
          type="button"
          disabled={disabled}
          aria-pressed={value === one.value}
          aria-label={one.icon ? one.name : undefined}
          title={one.icon ? one.name : undefined}
          className={value === one.value ? classes.segmentOn : classes.segment}
          onClick={() => onPick(one.value)}
        >
          {one.icon ?? one.name}
        </button>
      ))}
    </div>
  );
}

interface StepperProps {
  name: 'mm' | 'minSize' | 'growTolerance' | 'growMm';
  label: string;
  unit: string;
  steps: readonly number[];
}

export function Stepper({ name, label, unit, steps }: StepperProps) {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const value = useBench((bench) => bench.mask[name]);
  const step = (direction: 1 | -1) => stepMask(editor, name, steps, direction);
  return (
    <div className={classes.stepper} role="group" aria-label={label}>
      <button type="button" aria-label={t('mask.less', { name: label })} disabled={value <= (steps[0] ?? 0)} onClick={() => step(-1)}>
        {'−'}
      </button>
      <span data-testid={`mask-${name}`}>
        {formatNumber(value, Number.isInteger(value) ? 0 : 1)} {unit}
      </span>
      <button type="button" aria-label={t('mask.more', { name: label })} disabled={value >= (steps[steps.length - 1] ?? 0)} onClick={() => step(1)}>
        {'+'}
      </button>
    </div>
  );
}

/** A command with its key, as wide as its column. */
export function CommandButton({ id, name, pressed }: { id: string; name: string; pressed?: boolean }) {
  const { editor, effects } = useRoom();
  const chord = commandOf(id).keys[0] ?? '';
  return (
    <button
      type="button"
      className={`${classes.command} ${pressed ? classes.commandOn : ''}`}
      aria-pressed={pressed}
      aria-keyshortcuts={chordCaps(chord).join(' ')}
      data-command={id}
      onClick={() => run(id, editor, effects)}
    >
      <span>{name}</span>
      <Key k={chordCaps(chord).join('+')} />
    </button>
  );
}
