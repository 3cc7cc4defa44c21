import { IconCheck, IconDownload, IconPackageExport, IconShieldCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { ApiError } from '@/api/client';
import { useCreateExport, useExports, useProjectBySlug } from '@/api/hooks';
import type { Export, ExportFormat, Project } from '@/api/types';
import { Button, buttonClass } from '@/ui/Button';
import { Chip, DotText, type Tone } from '@/ui/Chip';
import { EmptyState, RequestError, SkeletonRows } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { formatBytes, formatDateTime, formatNumber } from '@/ui/format';
import classes from './exports.module.css';

const FORMATS: readonly ExportFormat[] = ['dicom-seg', 'nifti', 'coco'];
const STATE_TONE: Record<Export['state'], Tone> = { queued: 'neutral', running: 'action', done: 'accepted', failed: 'rejected' };
const COLUMNS = ['format', 'state', 'verified', 'files', 'size', 'created', 'download'] as const;

/** Approved readings out of the project, each file read back before it is called done. Managers only. */
export function ExportsPage() {
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  if (!project) return null;
  if (!project.roles.includes('manager')) return <RequestError error={{ status: 403 }} />;
  return <Exports key={project.id} project={project} />;
}

function FormatCard({ format, busy, onExport }: { format: ExportFormat; busy: boolean; onExport: () => void }) {
  const { t } = useTranslation('exports');
  return (
    <section className={classes.format}>
      <h2>{t(`format.${format}.name`)}</h2>
      <p>{t(`format.${format}.text`)}</p>
      <ul>
        {(['one', 'two'] as const).map((key) => (
          <li key={key}>
            <IconCheck size={14} stroke={1.8} aria-hidden />
            {t(`format.${format}.${key}`)}
          </li>
        ))}
      </ul>
      <Button onClick={onExport} disabled={busy} icon={<IconPackageExport size={16} stroke={1.6} aria-hidden />}>
        {t('make', { format: t(`format.${format}.name`) })}
      </Button>
    </section>
  );
}

function Verified({ item }: { item: Export }) {
  const { t } = useTranslation('exports');
  if (item.verified) {
    return (
      <Chip tone="accepted" icon={<IconShieldCheck size={13} stroke={1.6} aria-hidden />} title={t('verifiedHint')}>
        {t('verified')}
      </Chip>
    );
  }
  return <span className={classes.soft}>{item.state === 'failed' ? '–' : t('notVerified')}</span>;
}

function Row({ item }: { item: Export }) {
  const { t } = useTranslation('exports');
  const done = item.state === 'done';
  return (
    <div role="row" className={classes.row}>
      <span role="cell" className={classes.name}>
        {t(`format.${item.format}.name`)}
      </span>
      <span role="cell" className={classes.state}>
        <DotText tone={STATE_TONE[item.state]}>{t(`state.${item.state}`)}</DotText>
        {item.error ? <small>{item.error}</small> : null}
      </span>
      <span role="cell">
        <Verified item={item} />
      </span>
      <span role="cell">{done ? formatNumber(item.files) : '–'}</span>
      <span role="cell" className={classes.soft}>
        {done ? formatBytes(item.bytes) : '–'}
      </span>
      <span role="cell" className={classes.soft}>
        {formatDateTime(item.created_at)}
      </span>
      <span role="cell" className={classes.end}>
        {item.url ? (
          <a className={buttonClass('default', 'small')} href={item.url} download>
            <IconDownload size={16} stroke={1.6} aria-hidden />
            {t('common:action.download')}
          </a>
        ) : null}
      </span>
    </div>
  );
}

function ExportTable({ items }: { items: Export[] }) {
  const { t } = useTranslation('exports');
  return (
    <div role="table" aria-label={t('tableLabel')} className={classes.table}>
      <div role="row" className={classes.head}>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader" className={column === 'download' ? classes.end : undefined}>
            {t(`column.${column}`)}
          </span>
        ))}
      </div>
      {items.map((item) => (
        <Row key={item.id} item={item} />
      ))}
    </div>
  );
}

function Exports({ project }: { project: Project }) {
  const { t } = useTranslation('exports');
  const list = useExports(project.id);
  const create = useCreateExport(project.id);
  const make = (format: ExportFormat) =>
    create.mutate(format, {
      onSuccess: () => toast(t('toast.started')),
      onError: (error) => toast(error instanceof ApiError && error.message ? error.message : t('toast.failed'), { kind: 'error' }),
    });
  const items = list.data?.results;
  return (
    <div className={classes.page}>
      <header className={classes.title}>
        <h1>{t('title')}</h1>
        <span>{t('subtitle')}</span>
      </header>
      <div className={classes.formats}>
        {FORMATS.map((format) => (
          <FormatCard key={format} format={format} busy={create.isPending} onExport={() => make(format)} />
        ))}
      </div>
      <section className={classes.card}>
        {list.isPending ? <SkeletonRows rows={4} height={44} columns={[2, 2, 2, 1, 1, 2, 1]} /> : null}
        {list.error && !items ? <RequestError error={list.error} onRetry={() => void list.refetch()} /> : null}
        {items && items.length > 0 ? <ExportTable items={items} /> : null}
        {items?.length === 0 ? <EmptyState icon={<IconPackageExport size={24} stroke={1.6} aria-hidden />} title={t('empty.title')} text={t('empty.text')} /> : null}
      </section>
    </div>
  );
}
