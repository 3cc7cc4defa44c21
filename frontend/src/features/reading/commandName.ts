import type { TFunction } from 'i18next';
import type { Command } from '@/editor/commands';
import { presetAt } from '@/editor/viewing';
import { activeStack, type Workbench } from '@/editor/workbench';

type Translate = TFunction<'reading'>;

/** A command in words; null for a label or preset key that this case has no use for. */
export function commandName(command: Command, bench: Workbench, t: Translate): string | null {
  const digit = Number(/\d$/.exec(command.id)?.[0] ?? NaN);
  if (command.id.startsWith('label')) {
    const labels = bench.reading.label_set.labels.filter(({ kind }) => kind !== 'tag');
    const label = labels.find(({ hotkey }) => hotkey === digit) ?? labels.filter(({ hotkey }) => !hotkey)[digit - 1];
    return label ? t('command.label', { name: label.name }) : null;
  }
  if (command.id.startsWith('preset')) {
    if (digit === 0) return t('command.preset0');
    const stack = activeStack(bench);
    const preset = stack ? presetAt(stack, digit) : null;
    return preset ? preset.name : null;
  }
  return t(command.label);
}
