/** Every model of the project, newest first. A click opens its report. */
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Chip, type Tone } from '@/ui/Chip';
import { formatDateTime } from '@/ui/format';
import { metric } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import { metricName } from '@/features/learning/text';
import type { Model, ModelState } from '@/features/learning/types';
import { versionText } from '@/features/learning/verdict';

const TONES: Readonly<Record<ModelState, Tone>> = { active: 'accepted', candidate: 'action', retired: 'neutral', declined: 'neutral' };

function ModelRow({ model, onOpen }: { model: Model; onOpen: (model: Model) => void }) {
  const { t } = useTranslation('learning');
  return (
    <tr>
      <th scope="row">
        <Button kind="quiet" size="small" className={classes.linkButton ?? ''} onClick={() => onOpen(model)}>{versionText(model.version)}</Button>
      </th>
      <td><Chip tone={TONES[model.state]}>{t(`model_state.${model.state}`)}</Chip></td>
      <td>{`${metricName(t, model.metric_name)} ${metric(model.metric)}`}</td>
      <td>{model.gate === null ? '–' : t(`verdict.${model.gate.refusals.length > 0 ? 'refused' : model.gate.verdict}`)}</td>
      <td className={classes.cardMeta}>{model.network}</td>
      <td className={classes.cardMeta}>{formatDateTime(model.created_at)}</td>
    </tr>
  );
}

export function ModelsCard({ models, onOpen }: { models: readonly Model[]; onOpen: (model: Model) => void }) {
  const { t } = useTranslation('learning');
  const sorted = [...models].sort((a, b) => b.id - a.id);
  return (
    <Card className={classes.wideCard}>
      <header className={classes.lowerHead}>
        <h2 className={classes.cardTitle}>{t('models.title')}</h2>
      </header>
      {sorted.length === 0 ? (
        <p className={classes.quietLine}>{t('models.empty')}</p>
      ) : (
        <div className={classes.tableScroll}>
          <table className={classes.plainTable}>
            <thead>
              <tr>
                <th scope="col">{t('models.version')}</th>
                <th scope="col">{t('models.state')}</th>
                <th scope="col">{t('models.metric')}</th>
                <th scope="col">{t('gate.verdict')}</th>
                <th scope="col">{t('models.network')}</th>
                <th scope="col">{t('models.made')}</th>
              </tr>
            </thead>
            <tbody>{sorted.map((model) => <ModelRow key={model.id} model={model} onOpen={onOpen} />)}</tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
