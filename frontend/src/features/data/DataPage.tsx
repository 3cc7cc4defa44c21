import { SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useProjectBySlug } from '@/api/hooks';
import { RequestError } from '@/ui/States';
import { CasesView } from './CasesView';
import { ImportView } from './ImportView';

/** Data in: the import with its outcomes, and the table of all cases. Managers only. */
export function DataPage() {
  const { t } = useTranslation('data');
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  const [params, setParams] = useSearchParams();
  if (!project) return null;
  if (!project.roles.includes('manager')) return <RequestError error={{ status: 403 }} />;
  const tab = params.get('tab') === 'cases' ? 'cases' : 'import';
  const tabs = (
    <SegmentedControl
      size="xs"
      value={tab}
      onChange={(value) => setParams(value === 'cases' ? { tab: 'cases' } : {})}
      data={[
        { value: 'import', label: t('tab.import') },
        { value: 'cases', label: t('tab.cases') },
      ]}
      aria-label={t('tab.label')}
    />
  );
  return tab === 'cases' ? <CasesView key={project.id} project={project} tabs={tabs} /> : <ImportView key={project.id} project={project} tabs={tabs} />;
}
