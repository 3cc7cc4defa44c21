import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useProjectBySlug } from '@/api/hooks';
import { RequestError } from '@/ui/States';
import { CasesView } from './CasesView';
import { ImportView } from './ImportView';
import { InboxView } from './InboxView';
import { QuarantineView } from './QuarantineView';

const VIEWS = { import: ImportView, cases: CasesView, quarantine: QuarantineView, inbox: InboxView };
type Tab = keyof typeof VIEWS;

/** Data in: the import with its outcomes, the table of all cases, what was kept aside, and what came by the network. Managers only. */
export function DataPage() {
  const { t } = useTranslation('data');
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  const [params, setParams] = useSearchParams();
  if (!project) return null;
  if (!project.roles.includes('manager')) return <RequestError error={{ status: 403 }} />;
  const asked = params.get('tab') ?? '';
  const tab: Tab = asked in VIEWS ? (asked as Tab) : 'import';
  const tabs = (
    <SegmentedControl
      size="xs"
      value={tab}
      onChange={(value) => setParams(value === 'import' ? {} : { tab: value })}
      data={[
        { value: 'import', label: t('tab.import') },
        { value: 'cases', label: t('tab.cases') },
        { value: 'quarantine', label: t('tab.quarantine') },
        { value: 'inbox', label: t('tab.inbox') },
      ]}
      aria-label={t('tab.label')}
    />
  );
  const View = VIEWS[tab];
  return <View key={project.id} project={project} tabs={tabs} />;
}
