import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Import, ImportItem } from '@/api/types';
import { Button } from '@/ui/Button';
import { SectionTitle } from '@/ui/Card';
import { DotText, OutcomeChip, type Tone } from '@/ui/Chip';
import { RuleName } from '@/ui/States';
import { formatBytes, formatDateTime, formatNumber } from '@/ui/format';
import { consequences } from './outcomes';
import classes from './data.module.css';

const STATE_TONE: Record<Import['state'], Tone> = { receiving: 'neutral', queued: 'neutral', running: 'action', done: 'accepted', failed: 'rejected' };

function ItemPart({ item, onClose, onOpen }: { item: ImportItem; onClose: () => void; onOpen: (item: ImportItem) => void }) {
  const { t } = useTranslation('data');
  const meta = [t('files', { count: item.files }), item.modality, item.bytes > 0 ? formatBytes(item.bytes) : '', item.patient];
  const means = consequences(item);
  return (
    <>
      <header className={classes.detailHead}>
        <OutcomeChip outcome={item.outcome} />
        <Button kind="icon" size="small" aria-label={t('common:action.close')} onClick={onClose}>
          <IconX size={16} stroke={1.6} aria-hidden />
        </Button>
      </header>
      <h2 className={classes.detailTitle}>{item.name}</h2>
      <p className={classes.detailMeta}>{meta.filter(Boolean).join(', ')}</p>
      {item.rule || item.reason ? (
        <div className={classes.detailRule}>
          {item.rule ? <RuleName name={item.rule} /> : null}
          <p>{item.reason}</p>
        </div>
      ) : null}
      {means.length > 0 ? (
        <section className={classes.means}>
          <SectionTitle>{t('meansTitle')}</SectionTitle>
          <ul>
            {means.map((one) => (
              <li key={one.key}>
                {one.good ? <IconCheck size={16} stroke={1.8} color="var(--mr-accepted)" aria-hidden /> : <IconX size={16} stroke={1.8} color="var(--mr-rejected)" aria-hidden />}
                {t(`means.${one.key}`)}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {item.case_id !== null ? (
        <Button full onClick={() => onOpen(item)}>
          {t('showCase')}
        </Button>
      ) : null}
    </>
  );
}

function Line({ label, value, warn = false }: { label: string; value: string; warn?: boolean }) {
  return (
    <div className={classes.line}>
      <span>{label}</span>
      <strong className={warn ? classes.warn : undefined}>{value}</strong>
    </div>
  );
}

function SoFar({ current }: { current: Import }) {
  const { t } = useTranslation('data');
  const blocked = new Set(current.items.filter((item) => item.blocks_training && item.case_id !== null).map((item) => item.case_id)).size;
  return (
    <section className={classes.soFar}>
      <SectionTitle>{current.state === 'done' ? t('soFar.titleDone') : t('soFar.title')}</SectionTitle>
      <Line label={t('soFar.started')} value={formatDateTime(current.created_at)} />
      <Line label={t('soFar.received')} value={t('soFar.receivedValue', { count: current.files_received, files: formatNumber(current.files_received), size: formatBytes(current.bytes_received) })} />
      <Line label={t('soFar.patients')} value={t('soFar.patientsValue', { fresh: current.patients_new, known: current.patients_known })} />
      <Line label={t('soFar.cases')} value={formatNumber(current.cases_made)} />
      <Line label={t('soFar.learning')} value={t('soFar.patientCount', { count: current.learning_patients })} />
      <Line label={t('soFar.reference')} value={t('soFar.patientCount', { count: current.reference_patients })} />
      {current.cases_excluded ? <Line label={t('soFar.excluded')} value={t('soFar.caseCount', { count: current.cases_excluded })} warn /> : null}
      {blocked > 0 ? <Line label={t('soFar.blocked')} value={t('soFar.caseCount', { count: blocked })} warn /> : null}
    </section>
  );
}

function Recent({ imports, current, onChoose }: { imports: Import[]; current: Import | undefined; onChoose: (id: number) => void }) {
  const { t } = useTranslation('data');
  if (imports.length === 0) return null;
  return (
    <section className={classes.recent}>
      <SectionTitle>{t('recent')}</SectionTitle>
      <ul>
        {imports.slice(0, 12).map((one) => (
          <li key={one.id}>
            <button type="button" className={one.id === current?.id ? classes.recentOn : undefined} aria-current={one.id === current?.id} onClick={() => onChoose(one.id)}>
              <span>
                <strong>{formatDateTime(one.created_at)}</strong>
                <small>{t('recentMeta', { count: one.files_received, files: formatNumber(one.files_received), cases: one.cases_made })}</small>
              </span>
              <DotText tone={STATE_TONE[one.state]}>{t(`state.${one.state}`)}</DotText>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export interface ImportDetailProps {
  item: ImportItem | null;
  current: Import | undefined;
  imports: Import[];
  onClose: () => void;
  onChoose: (id: number) => void;
  onOpen: (item: ImportItem) => void;
}

export function ImportDetail({ item, current, imports, onClose, onChoose, onOpen }: ImportDetailProps) {
  const { t } = useTranslation('data');
  return (
    <aside className={classes.detail} aria-label={t('detailLabel')}>
      {item ? <ItemPart item={item} onClose={onClose} onOpen={onOpen} /> : null}
      {current ? <SoFar current={current} /> : null}
      <Recent imports={imports} current={current} onChoose={onChoose} />
      {!item && !current && imports.length === 0 ? <p className={classes.detailMeta}>{t('detailNone')}</p> : null}
    </aside>
  );
}
