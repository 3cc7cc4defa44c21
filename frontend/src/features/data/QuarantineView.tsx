import { Select } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { resolveQuarantined, useQuarantine } from '@/api/hooks';
import { keys } from '@/api/keys';
import type { Project, Quarantined, QuarantineState } from '@/api/types';
import { Button } from '@/ui/Button';
import { DotText, type Tone } from '@/ui/Chip';
import { EmptyState, RuleName } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { formatBytes, formatDateTime, formatNumber } from '@/ui/format';
import { TablePage } from './TablePage';
import classes from './data.module.css';

const COLUMNS = ['state', 'name', 'rule', 'from', 'action'] as const;
const STATES: readonly QuarantineState[] = ['waiting', 'released', 'discarded'];
const TONE: Record<QuarantineState, Tone> = { waiting: 'uncertain', released: 'accepted', discarded: 'neutral' };

function useResolve(project: Project) {
  const client = useQueryClient();
  const { t } = useTranslation('data');
  return useMutation({
    mutationFn: ({ id, event }: { id: number; event: 'release' | 'discard' }) => resolveQuarantined(id, event),
    onError: (error) => toast(error.message || t('quarantine.failed'), { kind: 'error' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.project(project.id) }),
  });
}

function Row({ row, project }: { row: Quarantined; project: Project }) {
  const { t } = useTranslation('data');
  const resolve = useResolve(project);
  const [sure, setSure] = useState(false);
  const can = (event: 'release' | 'discard') => row.allowed_events.includes(event);
  return (
    <div role="row" className={classes.quarantineRow}>
      <span role="gridcell">
        <DotText tone={TONE[row.state]}>{t(`quarantine.state.${row.state}`)}</DotText>
      </span>
      <span role="gridcell" className={classes.quarantineName}>
        <bdi>{row.name}</bdi>
        <span>{[row.modality, formatBytes(row.size)].filter(Boolean).join(', ')}</span>
      </span>
      <span role="gridcell" className={classes.quarantineRule}>
        <RuleName name={row.rule} />
        <span>{row.reason}</span>
        {row.first_copy ? <span>{t('quarantine.firstCopy', { time: formatDateTime(row.first_copy.received_at) })}</span> : null}
      </span>
      <span role="gridcell" className={classes.soft}>
        {[row.received_from, formatDateTime(row.created_at)].filter(Boolean).join(', ')}
        {row.resolved_at ? <span>{t('quarantine.resolved', { name: row.resolved_by, time: formatDateTime(row.resolved_at) })}</span> : null}
      </span>
      <span role="gridcell" className={classes.quarantineActions}>
        {can('release') ? (
          <Button size="small" disabled={resolve.isPending} onClick={() => resolve.mutate({ id: row.id, event: 'release' })}>
            {t('quarantine.release')}
          </Button>
        ) : null}
        {can('discard') && !sure ? (
          <Button size="small" kind="quiet" disabled={resolve.isPending} onClick={() => setSure(true)}>
            {t('quarantine.discard')}
          </Button>
        ) : null}
        {can('discard') && sure ? (
          <Button size="small" kind="danger" disabled={resolve.isPending} onClick={() => resolve.mutate({ id: row.id, event: 'discard' })}>
            {t('quarantine.discardSure')}
          </Button>
        ) : null}
      </span>
    </div>
  );
}

/** What was kept but is shown to no reader, until a manager lets it in or gives it up. */
export function QuarantineView({ project, tabs }: { project: Project; tabs: ReactNode }) {
  const { t } = useTranslation('data');
  const [state, setState] = useState<QuarantineState>('waiting');
  const found = useQuarantine(project.id, state);
  const rows = found.data?.pages.flatMap((page) => page.results) ?? [];
  const count = found.data?.pages[0]?.count;
  return (
    <TablePage
      title={t('tab.quarantine')}
      meta={count === undefined ? '' : t('quarantine.count', { count, shown: formatNumber(count) })}
      tabs={tabs}
      controls={
        <Select
          value={state}
          onChange={(value) => setState((value ?? 'waiting') as QuarantineState)}
          data={STATES.map((value) => ({ value, label: t(`quarantine.state.${value}`) }))}
          allowDeselect={false}
          aria-label={t('quarantine.stateLabel')}
          w={148}
        />
      }
      columns={COLUMNS.map((key) => ({ key, label: t(`quarantine.column.${key}`) }))}
      headClass={classes.quarantineHead}
      query={found}
      skeleton={{ rows: 6, columns: [1, 2, 3, 2, 2] }}
      isEmpty={found.data !== undefined && rows.length === 0}
      empty={<EmptyState icon={<IconShieldCheck size={24} stroke={1.6} aria-hidden />} title={t(`quarantine.empty.${state}`)} text={state === 'waiting' ? t('quarantine.emptyText') : undefined} />}
    >
      {rows.map((row) => (
        <Row key={row.id} row={row} project={project} />
      ))}
    </TablePage>
  );
}
