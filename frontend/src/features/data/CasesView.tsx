import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch, IconStack2 } from '@tabler/icons-react';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useCases } from '@/api/hooks';
import type { CaseRow, CaseStatus, Project } from '@/api/types';
import { DotText, type Tone } from '@/ui/Chip';
import { Key } from '@/ui/Key';
import { EmptyState, RuleName } from '@/ui/States';
import { formatDate, formatNumber } from '@/ui/format';
import { useHotkeys } from '@/ui/hotkeys';
import { TablePage } from './TablePage';
import classes from './data.module.css';

const COLUMNS = ['case', 'patient', 'modality', 'date', 'series', 'lane', 'status', 'warnings', 'suggestions', 'entropy'] as const;
const STATUS_TONE: Record<CaseStatus, Tone> = { unread: 'neutral', in_progress: 'action', submitted: 'action', returned: 'rejected', approved: 'accepted', rejected: 'rejected' };

function Row({ row }: { row: CaseRow }) {
  const { t } = useTranslation('data');
  return (
    <div role="row" className={classes.caseRow} tabIndex={0}>
      <span role="gridcell" className={classes.caseName}>
        <strong>{row.pseudonym}</strong>
        <span>{row.description}</span>
      </span>
      <span role="gridcell" className={classes.soft}>
        {row.patient}
      </span>
      <span role="gridcell" className={classes.soft}>
        {row.modality}
      </span>
      <span role="gridcell" className={classes.soft}>
        {formatDate(row.study_date)}
      </span>
      <span role="gridcell">{row.series_count}</span>
      <span role="gridcell" className={classes.soft}>
        {t(`lane.${row.lane}`)}
      </span>
      <span role="gridcell">
        <DotText tone={STATUS_TONE[row.status]} plain={row.status === 'unread'}>
          {t(`common:state.${row.status}`)}
        </DotText>
      </span>
      <span role="gridcell" className={classes.warnings}>
        {row.excluded_reason ? <span className={classes.warn} title={row.excluded_reason}>{t('excluded')}</span> : null}
        {row.warnings.map(({ rule, text }) => (
          <span key={rule} title={text}>
            <RuleName name={rule} />
          </span>
        ))}
        {row.warnings.length === 0 && !row.excluded_reason ? <span className={classes.soft}>{'–'}</span> : null}
      </span>
      <span role="gridcell">{row.suggestions ? row.suggestions : '–'}</span>
      <span role="gridcell" className={classes.soft}>
        {row.entropy === null ? '–' : formatNumber(row.entropy, 3)}
      </span>
    </div>
  );
}

/** All cases of the project with side, state and warnings. Lanes are for managers' eyes only. */
export function CasesView({ project, tabs }: { project: Project; tabs: ReactNode }) {
  const { t } = useTranslation('data');
  const [params] = useSearchParams();
  const [text, setText] = useState(params.get('q') ?? '');
  const [side, setSide] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 250);
  const search = useRef<HTMLInputElement>(null);
  const cases = useCases(project.id, wanted, side);
  useHotkeys({ '/': () => search.current?.focus(), KeyF: () => search.current?.focus() });
  const rows = cases.data?.pages.flatMap((page) => page.results) ?? [];
  const count = cases.data?.pages[0]?.count;
  return (
    <TablePage
      title={t('tab.cases')}
      meta={count === undefined ? '' : t('casesCount', { count, shown: formatNumber(count) })}
      tabs={tabs}
      controls={
        <>
          <Select
            value={side}
            onChange={(value) => setSide(value ?? '')}
            data={[
              { value: '', label: t('lane.all') },
              { value: 'learning', label: t('lane.learning') },
              { value: 'reference', label: t('lane.reference') },
            ]}
            allowDeselect={false}
            aria-label={t('lane.label')}
            w={148}
          />
          <TextInput
            ref={search}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            placeholder={t('searchCases')}
            aria-label={t('searchCases')}
            leftSection={<IconSearch size={14} stroke={1.6} aria-hidden />}
            rightSection={<Key k="/" />}
            w={220}
          />
        </>
      }
      columns={COLUMNS.map((key) => ({ key, label: t(`caseColumn.${key}`) }))}
      headClass={classes.casesHead}
      query={cases}
      skeleton={{ rows: 12, columns: [3, 1, 1, 1, 1, 1, 1, 2] }}
      isEmpty={cases.data !== undefined && rows.length === 0}
      empty={<EmptyState icon={<IconStack2 size={24} stroke={1.6} aria-hidden />} title={wanted || side ? t('casesEmpty.filtered') : t('casesEmpty.title')} text={wanted || side ? undefined : t('casesEmpty.text')} />}
    >
      {rows.map((row) => (
        <Row key={row.id} row={row} />
      ))}
    </TablePage>
  );
}
