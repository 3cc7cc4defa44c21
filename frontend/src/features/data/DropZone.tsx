import { IconUpload } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '@/api/client';
import type { Import, Project } from '@/api/types';
import { Bar } from '@/ui/Charts';
import { ConfirmDialog } from '@/ui/Dialogs';
import { formatBytes, formatNumber, roughDuration } from '@/ui/format';
import type { UploadProgress } from './uploader';
import { isBusy, useUpload } from './uploadStore';
import classes from './data.module.css';

type Words = TFunction<'data'>;

/** "about 20 s left", or nothing while the rate is not known. */
export function timeLeft(progress: UploadProgress, t: Words): string {
  if (progress.state !== 'sending' || progress.rate <= 0) return '';
  const parts = roughDuration((progress.bytes - progress.bytesSent) / progress.rate);
  const key = parts.hours > 0 ? 'hourMinute' : parts.minutes > 0 ? 'minute' : 'second';
  return t('left', { time: t(`common:unit.${key}`, { ...parts }) });
}

function Progress({ top, right, value, bottom, actions, tone = 'var(--mr-action)' }: { top: string; right?: string; value: number; bottom: ReactNode; actions?: ReactNode; tone?: string }) {
  return (
    <div className={classes.progress} role="status">
      <div className={classes.progressLine}>
        <strong>{top}</strong>
        <span>{right}</span>
      </div>
      <Bar value={value} colour={tone} height={8} ariaLabel={top} />
      <div className={classes.progressLine}>
        <span>{bottom}</span>
        <span className={classes.progressActions}>{actions}</span>
      </div>
    </div>
  );
}

function Link({ children, onClick, quiet = false }: { children: string; onClick: () => void; quiet?: boolean }) {
  return (
    <button
      type="button"
      className={`${classes.textButton} ${quiet ? classes.textButtonQuiet : ''}`}
      onClick={(event) => {
        // The zone around it opens the file dialog.
        event.stopPropagation();
        onClick();
      }}
    >
      {children}
    </button>
  );
}

function errorWords(error: unknown, t: Words): string {
  if (error instanceof ApiError) return error.message || t(error.isNetwork ? 'failed.network' : 'failed.server');
  return t((error as { code?: string } | null)?.code === 'no_files' ? 'failed.noFiles' : 'failed.server');
}

function Sending({ progress, onCancel }: { progress: UploadProgress; onCancel: () => void }) {
  const { t } = useTranslation('data');
  const { pause, resume } = useUpload();
  const paused = progress.state === 'paused';
  const rate = progress.rate > 0 && progress.state === 'sending' ? `, ${formatBytes(progress.rate)}/s` : '';
  const bottom = progress.state === 'waiting' ? t('waiting') : `${t('bytesOf', { sent: formatBytes(progress.bytesSent), all: formatBytes(progress.bytes) })}${rate}`;
  return (
    <Progress
      top={t('filesOf', { sent: formatNumber(progress.filesSent), all: formatNumber(progress.files) })}
      right={paused ? t('paused') : timeLeft(progress, t)}
      value={progress.bytes > 0 ? progress.bytesSent / progress.bytes : 0}
      tone={paused || progress.state === 'waiting' ? 'var(--mr-uncertain)' : 'var(--mr-accepted)'}
      bottom={bottom}
      actions={
        <>
          <Link onClick={() => (paused ? void resume() : pause())}>{paused ? t('resume') : t('pause')}</Link>
          <Link quiet onClick={onCancel}>
            {t('common:action.cancel')}
          </Link>
        </>
      }
    />
  );
}

/** What the browser does for this project now, or null when the rest is up to the server. */
function uploadActivity(upload: ReturnType<typeof useUpload.getState>, onCancel: () => void, t: Words): ReactNode {
  const close = <Link onClick={upload.clear}>{t('common:action.close')}</Link>;
  switch (upload.phase) {
    case 'looking':
    case 'starting':
      return <Progress top={t('looking')} value={0} bottom={t('found', { count: upload.found })} />;
    case 'sending':
      return upload.progress ? <Sending progress={upload.progress} onCancel={onCancel} /> : null;
    case 'failed':
      return (
        <Progress
          top={t('failed.title')}
          value={upload.progress ? upload.progress.bytesSent / Math.max(1, upload.progress.bytes) : 0}
          tone="var(--mr-rejected)"
          bottom={errorWords(upload.error, t)}
          actions={upload.progress ? <Link onClick={() => void upload.resume()}>{t('common:action.tryAgain')}</Link> : close}
        />
      );
    case 'canceled':
      return <Progress top={t('canceled')} value={0} bottom={t('canceledText')} actions={close} />;
    default:
      return null;
  }
}

function ServerActivity({ current }: { current: Import | undefined }) {
  const { t } = useTranslation('data');
  if (current?.state === 'failed') return <Progress top={t('importFailed')} value={1} tone="var(--mr-rejected)" bottom={current.error} />;
  if (current?.state !== 'queued' && current?.state !== 'running') return null;
  const total = Math.max(1, current.files_total || current.files_received);
  return (
    <Progress
      top={current.state === 'queued' ? t('queued') : t('checking', { done: formatNumber(current.files_done), all: formatNumber(total) })}
      value={current.files_done / total}
      bottom={t('checkingText')}
    />
  );
}

/** What happens now, at the right of the drop zone. */
function Activity({ project, current, onCancel }: { project: Project; current: Import | undefined; onCancel: () => void }) {
  const { t } = useTranslation('data');
  const upload = useUpload();
  const here = upload.projectId === project.id ? uploadActivity(upload, onCancel, t) : null;
  return here ?? <ServerActivity current={current} />;
}

export function DropZone({ project, over, current, onPick }: { project: Project; over: boolean; current: Import | undefined; onPick: () => void }) {
  const { t } = useTranslation('data');
  const { phase, cancel } = useUpload();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <div className={`${classes.drop} ${over ? classes.dropOver : ''}`} onClick={isBusy(phase) ? undefined : onPick} data-testid="drop-zone">
        <span className={classes.dropIcon}>
          <IconUpload size={24} stroke={1.6} aria-hidden />
        </span>
        <div className={classes.dropWords}>
          <strong>{over ? t('drop.now') : t('drop.title')}</strong>
          <span>{t('drop.kinds')}</span>
          <small>{t('drop.other')}</small>
        </div>
        <Activity project={project} current={current} onCancel={() => setAsking(true)} />
      </div>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          cancel();
        }}
        title={t('cancel.title')}
        text={t('cancel.text')}
        confirmLabel={t('cancel.confirm')}
        danger
      />
    </>
  );
}
