/** One short line about what became of the latest models that do not serve: "v6: better, promoted. v5: cannot tell, declined." */
import type { T } from '@/features/learning/text';
import type { Learning, Model } from '@/features/learning/types';
import { isFirstModelGate, versionText } from '@/features/learning/verdict';

const SHOWN = 2;

function verdictText(model: Model, t: T): string {
  if (model.gate === null) return t('history.no_gate');
  if (model.gate.refusals.length > 0) return t('verdict.refused');
  return isFirstModelGate(model.gate) ? t('history.floor') : t(`verdict.${model.gate.verdict}`);
}

export function historyLine({ models }: Pick<Learning, 'models'>, t: T): string {
  return [...models]
    .filter((model) => model.state === 'retired' || model.state === 'declined')
    .sort((a, b) => b.id - a.id)
    .slice(0, SHOWN)
    .map((model) => {
      const outcome = t(model.state === 'declined' ? 'history.declined' : 'history.promoted');
      return t('history.line', { version: versionText(model.version), verdict: verdictText(model, t), outcome });
    })
    .join(' ');
}
