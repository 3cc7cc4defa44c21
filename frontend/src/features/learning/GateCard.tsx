/** Candidate against active: the verdict, the table, what stands against it, and the four things a manager can do. */
import { IconArrowBackUp, IconCheck, IconInfoCircle, IconMinus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Chip } from '@/ui/Chip';
import { Card } from '@/ui/Card';
import { GateEmpty } from '@/features/learning/GateEmpty';
import { GateTable } from '@/features/learning/GateTable';
import { metric } from '@/features/learning/format';
import classes from '@/features/learning/learning.module.css';
import { metricName } from '@/features/learning/text';
import type { GateReport, Learning, Model } from '@/features/learning/types';
import { isFirstModelGate, promoteLook, rollbackTarget, titleVerdict, versionText, type TitleVerdict } from '@/features/learning/verdict';

export type GateAction = 'promote' | 'decline' | 'report' | 'rollback';

export interface GateCardProps {
  learning: Learning;
  margin: number;
  labelName: (key: string) => string;
  onAction: (action: GateAction, model: Model) => void;
  onRetrain: () => void;
}

const ICON = { size: 16, stroke: 1.8, 'aria-hidden': true } as const;
const TITLE_ICONS: Readonly<Record<TitleVerdict['icon'], ReactNode>> = {
  check: <IconCheck {...ICON} />,
  minus: <IconMinus {...ICON} />,
  cross: <IconX {...ICON} />,
  info: <IconInfoCircle {...ICON} />,
};

function useCardTitle(shown: Model, active: Model | null): string {
  const { t } = useTranslation('learning');
  const candidate = versionText(shown.version);
  if (shown.state !== 'candidate') return t('gate.active_title', { active: candidate });
  if (active === null) return t('gate.first_title', { candidate });
  return t('gate.candidate_title', { candidate, active: versionText(active.version) });
}

function HowText({ gate, model }: { gate: GateReport; model: Model }) {
  const { t } = useTranslation('learning');
  const name = metricName(t, gate.metric_name || model.metric_name);
  const how = isFirstModelGate(gate) ? t('gate.how_first', { metric: name, floor: metric(gate.floor, 2) }) : t('gate.how', { metric: name });
  const testSet =
    gate.test_set_number === null ? '' : t('gate.test_set', { number: gate.test_set_number, count: gate.times_used });
  return <p className={classes.how}>{`${how} ${testSet}`.trim()}</p>;
}

function Refusals({ refusals }: { refusals: readonly string[] }) {
  const { t } = useTranslation('learning');
  if (refusals.length === 0) return null;
  return (
    <div className={classes.refusals} role="note">
      <IconX size={16} stroke={1.8} aria-hidden />
      <div>
        <strong>{t('gate.refused', { count: refusals.length })}</strong>
        <ul>
          {refusals.map((refusal) => (
            <li key={refusal}>{refusal}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function CandidateButtons({ model, onAction }: { model: Model; onAction: GateCardProps['onAction'] }) {
  const { t } = useTranslation('learning');
  const look = promoteLook(model);
  const version = versionText(model.version);
  return (
    <>
      <Button
        kind={look.isPrimary ? 'primary' : 'default'}
        icon={<IconCheck {...ICON} />}
        disabled={!look.isAllowed}
        onClick={() => onAction('promote', model)}
        data-testid="promote"
      >
        {t(look.needsReason && look.isAllowed ? 'button.promote_reason' : 'button.promote', { version })}
      </Button>
      <Button disabled={!model.allowed_events.includes('decline')} onClick={() => onAction('decline', model)}>
        {t('button.decline')}
      </Button>
    </>
  );
}

function Actions({ learning, shown, onAction }: { learning: Learning; shown: Model; onAction: GateCardProps['onAction'] }) {
  const { t } = useTranslation('learning');
  const { active } = learning;
  const isCandidate = shown.state === 'candidate';
  const target = rollbackTarget(learning.models, active);
  const canRollBack = active?.allowed_events.includes('rollback') === true;
  return (
    <div className={classes.actions}>
      {isCandidate ? <CandidateButtons model={shown} onAction={onAction} /> : null}
      <Button kind="quiet" onClick={() => onAction('report', shown)}>
        {t('button.report')}
      </Button>
      {isCandidate && promoteLook(shown).isAllowed ? (
        <p className={classes.actionNote}>
          {t('gate.promote_note_plain')}
          <br />
          {t('gate.drafts_note')}
        </p>
      ) : null}
      <span className={classes.spacer} />
      {canRollBack && active !== null ? (
        <Button kind="danger" icon={<IconArrowBackUp {...ICON} />} onClick={() => onAction('rollback', active)}>
          {target === null ? t('button.rollback_none') : t('button.rollback', { version: versionText(target.version) })}
        </Button>
      ) : null}
    </div>
  );
}

function GateBody({ learning, shown, margin, labelName }: GateCardProps & { shown: Model }) {
  const { t } = useTranslation('learning');
  const { gate } = shown;
  if (gate === null) {
    const version = versionText(shown.version);
    const text = shown.state === 'candidate' ? t('gate.scoring', { version }) : t('gate.no_gate_text', { version });
    return <p className={classes.gateNote}>{text}</p>;
  }
  const activeText = shown.state === 'candidate' && learning.active !== null ? versionText(learning.active.version) : t('verdict.before');
  return (
    <>
      <Refusals refusals={gate.refusals} />
      {gate.notes.map((note) => (
        <p key={note} className={classes.gateRemark} role="note">
          {note}
        </p>
      ))}
      <div className={classes.tableScroll}>
        <GateTable gate={gate} activeText={activeText} candidateText={versionText(shown.version)} margin={margin} labelName={labelName} />
      </div>
    </>
  );
}

function Gate(props: GateCardProps & { shown: Model }) {
  const { t } = useTranslation('learning');
  const { learning, shown, onAction } = props;
  const title = useCardTitle(shown, learning.active);
  const verdict = shown.gate === null ? null : titleVerdict(shown.gate);
  return (
    <Card className={classes.gateCard}>
      <header className={classes.gateHead}>
        <h2 className={classes.cardTitle}>{title}</h2>
        {verdict === null ? null : (
          <Chip tone={verdict.tone} icon={TITLE_ICONS[verdict.icon]} large>
            {t(verdict.textKey)}
          </Chip>
        )}
        <span className={classes.spacer} />
        {shown.gate === null ? null : <HowText gate={shown.gate} model={shown} />}
      </header>
      <GateBody {...props} />
      <Actions learning={learning} shown={shown} onAction={onAction} />
    </Card>
  );
}

export function GateCard(props: GateCardProps) {
  const shown = props.learning.candidate ?? props.learning.active;
  if (shown === null) {
    return (
      <Card className={classes.gateCard}>
        <div className={classes.fill}>
          <GateEmpty learning={props.learning} onRetrain={props.onRetrain} />
        </div>
      </Card>
    );
  }
  return <Gate {...props} shown={shown} />;
}
