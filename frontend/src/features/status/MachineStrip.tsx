/** The server at a glance: broker, queues with their workers, disk, the door for C-STORE. Numbers of the whole installation. */
import { IconBolt, IconDatabase, IconDeviceFloppy, IconPlugConnected, IconStack2, IconTopologyStar3 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueueFacts, Status } from '@/api/types';
import { Bar } from '@/ui/Charts';
import { formatBytes, formatNumber } from '@/ui/format';
import classes from './status.module.css';
import { spanText } from './words';

type CellTone = 'plain' | 'uncertain' | 'rejected';
const ICON = { size: 15, stroke: 1.6, 'aria-hidden': true } as const;
const QUEUE_ICONS: Record<string, ReactNode> = { light: <IconBolt {...ICON} />, batch: <IconStack2 {...ICON} /> };
const TONE_CLASS: Record<CellTone, string | undefined> = { plain: '', uncertain: classes.cellUncertain, rejected: classes.cellRejected };

function Cell({ icon, name, value, sub, command, tone = 'plain', bar }: { icon: ReactNode; name: string; value: string; sub: string; command?: string | undefined; tone?: CellTone; bar?: ReactNode }) {
  return (
    <li className={`${classes.cell} ${TONE_CLASS[tone] ?? ''}`}>
      <div className={classes.cellName}>
        {icon}
        {name}
      </div>
      <div className={classes.cellValue}>{value}</div>
      <div className={classes.cellSub}>{sub}</div>
      {command ? <code className={classes.command}>{command}</code> : null}
      {bar}
    </li>
  );
}

function QueueCell({ queue }: { queue: QueueFacts }) {
  const { t } = useTranslation('status');
  const name = t(`machine.queue.${queue.name}`, { defaultValue: t('machine.queue.other', { name: queue.name }) });
  const load = t('machine.load', { running: formatNumber(queue.running), waiting: formatNumber(queue.waiting) });
  const oldest = queue.waiting > 0 ? t('machine.oldest', { time: spanText(t, queue.oldest_seconds) }) : t(`machine.does.${queue.name}`, { defaultValue: '' });
  const icon = QUEUE_ICONS[queue.name] ?? <IconTopologyStar3 {...ICON} />;
  const value = queue.workers === null ? t('machine.workersUnknown') : queue.workers === 0 ? t('machine.noWorker') : t('machine.workers', { count: queue.workers });
  const isMissing = queue.workers === 0 && (queue.name !== 'interactive' || queue.waiting > 0);
  return (
    <Cell
      icon={icon}
      name={name}
      value={value}
      sub={[load, oldest].filter(Boolean).join('; ')}
      tone={isMissing ? (queue.waiting > 0 ? 'rejected' : 'uncertain') : 'plain'}
    />
  );
}

function DiskCell({ disk }: { disk: Status['disk'] }) {
  const { t } = useTranslation('status');
  const facts = t('machine.diskSub', { total: formatBytes(disk.total_bytes), minimum: formatBytes(disk.minimum_bytes) });
  const sub = { ample: disk.has_reserve ? facts : `${facts}. ${t('machine.noReserve')}`, low: t('machine.diskLow'), full: t('machine.diskFull') };
  const tone = ({ ample: 'plain', low: 'uncertain', full: 'rejected' } as const)[disk.state];
  const colour = ({ ample: 'var(--mr-accepted)', low: 'var(--mr-uncertain)', full: 'var(--mr-rejected)' } as const)[disk.state];
  const used = disk.total_bytes > 0 ? 1 - disk.free_bytes / disk.total_bytes : 0;
  return (
    <Cell
      icon={<IconDeviceFloppy {...ICON} />}
      name={t('machine.disk')}
      value={t('machine.free', { free: formatBytes(disk.free_bytes) })}
      sub={sub[disk.state]}
      tone={tone}
      bar={<div className={classes.cellBar}><Bar value={used} colour={colour} /></div>}
    />
  );
}

export function MachineStrip({ status }: { status: Status }) {
  const { t } = useTranslation('status');
  const ports = status.dicom_ports;
  return (
    <ul className={classes.strip} aria-label={t('machine.label')}>
      <Cell
        icon={<IconPlugConnected {...ICON} />}
        name={t('machine.broker')}
        value={status.broker_reachable ? t('machine.reachable') : t('machine.notReachable')}
        sub={status.broker_reachable ? t('machine.brokerSub') : t('machine.brokerAway')}
        tone={status.broker_reachable ? 'plain' : 'rejected'}
      />
      {status.queues.map((queue) => (
        <QueueCell key={queue.name} queue={queue} />
      ))}
      <DiskCell disk={status.disk} />
      <Cell
        icon={<IconDatabase {...ICON} />}
        name={t('machine.dicom')}
        value={ports.length > 0 ? t('machine.port', { ports: ports.join(', ') }) : t('machine.noDicom')}
        sub={ports.length > 0 ? t('machine.dicomSub') : t('machine.dicomStart')}
        command={ports.length > 0 ? undefined : 'medreview dimse'}
      />
    </ul>
  );
}
