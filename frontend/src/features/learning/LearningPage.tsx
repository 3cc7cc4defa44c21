/** The manager's page: where the loop stands, whether the new model is better, and the few things a manager decides. */
import { IconPlayerPlay, IconSettings } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useProjectBySlug, useProjectDetail } from '@/api/hooks';
import type { Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { Chip } from '@/ui/Chip';
import { RequestError, Skeleton } from '@/ui/States';
import { CurveCard } from '@/features/learning/CurveCard';
import { DecideDialog } from '@/features/learning/dialogs/DecideDialog';
import { PolicyDialog } from '@/features/learning/dialogs/PolicyDialog';
import { ReportDialog } from '@/features/learning/dialogs/ReportDialog';
import { RetrainDialog } from '@/features/learning/dialogs/RetrainDialog';
import { GateCard, type GateAction } from '@/features/learning/GateCard';
import { useLearning } from '@/features/learning/hooks';
import classes from '@/features/learning/learning.module.css';
import { LoopStrip } from '@/features/learning/LoopStrip';
import { ModelsCard } from '@/features/learning/ModelsCard';
import { ReasonsCard } from '@/features/learning/ReasonsCard';
import { RegressionsCard } from '@/features/learning/RegressionsCard';
import { historyLine } from '@/features/learning/history';
import { dayText } from '@/features/learning/text';
import { TrainingCard } from '@/features/learning/TrainingCard';
import { OpenWork } from '@/features/status/WorkCards';
import type { Learning, Model, ModelEvent } from '@/features/learning/types';
import { rollbackTarget, versionText } from '@/features/learning/verdict';

type SimpleDialog = 'policy' | 'retrain' | null;

function TitleBar({ learning, onOpen }: { learning: Learning; onOpen: (dialog: SimpleDialog) => void }) {
  const { t, i18n } = useTranslation('learning');
  const { active, policy } = learning;
  const every = policy.retrain_every;
  const policyKey = `policy_line.${policy.promotion_policy}${every > 0 ? '' : '_manual'}`;
  return (
    <div className={classes.titleBar}>
      <h1>{t('title')}</h1>
      {active === null ? (
        <Chip tone="neutral">{t('no_active')}</Chip>
      ) : (
        <Chip tone="accepted">{t('active_since', { version: versionText(active.version), date: dayText(active.promoted_at, i18n.language) })}</Chip>
      )}
      <span className={classes.history}>{historyLine(learning, t)}</span>
      <span className={classes.spacer} />
      <span className={classes.policyText}>{t(policyKey, { count: every })}</span>
      <Button size="small" icon={<IconSettings size={16} stroke={1.6} aria-hidden />} onClick={() => onOpen('policy')}>{t('button.policy')}</Button>
      <Button size="small" icon={<IconPlayerPlay size={16} stroke={1.6} aria-hidden />} onClick={() => onOpen('retrain')} data-testid="retrain">
        {t('button.retrain')}
      </Button>
    </div>
  );
}

interface Asked {
  event: ModelEvent;
  model: Model;
}

function Loaded({ project, learning }: { project: Project; learning: Learning }) {
  const { t } = useTranslation('learning');
  const detail = useProjectDetail(project.id).data;
  const [dialog, setDialog] = useState<SimpleDialog>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [report, setReport] = useState<Model | null>(null);
  const labels = new Map(detail?.label_set?.labels.map((label) => [label.key, label.name]));
  const labelName = (key: string): string => labels.get(key) ?? learning.next_training.labels.find((label) => label.key === key)?.name ?? key;
  const margin = project.settings.gate_margin;
  const close = (): void => setDialog(null);
  const onAction = (action: GateAction, model: Model): void => (action === 'report' ? setReport(model) : setAsked({ event: action, model }));
  return (
    <div className={classes.page}>
      <TitleBar learning={learning} onOpen={setDialog} />
      <LoopStrip learning={learning} />
      <div className={classes.upper}>
        <GateCard learning={learning} margin={margin} labelName={labelName} onAction={onAction} onRetrain={() => setDialog('retrain')} />
        <TrainingCard projectId={project.id} learning={learning} />
      </div>
      <div className={classes.lower}>
        <CurveCard learning={learning} />
        <ReasonsCard reasons={learning.reasons} />
        <RegressionsCard learning={learning} labelName={labelName} />
      </div>
      <div className={classes.last}>
        <OpenWork project={project} right={<Link to={`/p/${project.slug}/status`}>{t('all_jobs')}</Link>} />
        <ModelsCard models={learning.models} onOpen={setReport} />
      </div>
      <PolicyDialog project={project} opened={dialog === 'policy'} onClose={close} />
      <RetrainDialog projectId={project.id} learning={learning} opened={dialog === 'retrain'} onClose={close} />
      <DecideDialog projectId={project.id} event={asked?.event ?? null} model={asked?.model ?? null} target={rollbackTarget(learning.models, learning.active)} onClose={() => setAsked(null)} />
      <ReportDialog model={report} activeText={learning.active === null || report?.id === learning.active.id ? null : versionText(learning.active.version)}
        margin={margin} labelName={labelName} onClose={() => setReport(null)} />
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation('learning');
  return (
    <div className={classes.page} aria-busy="true" aria-label={t('loading')}>
      <Skeleton width={260} height={32} />
      <Skeleton height={92} />
      <div className={classes.upper}><Skeleton height={338} /><Skeleton height={338} /></div>
      <div className={classes.lower}><Skeleton height={320} /><Skeleton height={320} /><Skeleton height={320} /></div>
    </div>
  );
}

function ProjectLearning({ project }: { project: Project }) {
  const learning = useLearning(project.id);
  if (learning.data !== undefined) return <Loaded project={project} learning={learning.data} />;
  if (learning.isError) return <RequestError error={learning.error} onRetry={() => void learning.refetch()} />;
  return <Waiting />;
}

export default function LearningPage() {
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  return project === undefined ? <Waiting /> : <ProjectLearning key={project.id} project={project} />;
}
