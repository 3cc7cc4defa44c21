import { Checkbox } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconFolderDown, IconInbox, IconPencil } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Project } from '@/api/types';
import { SectionTitle } from '@/ui/Card';
import { toggle, VIEWS, type Facet, type Facets, type Filters, type View } from './filters';
import classes from './worklist.module.css';

const ICON = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;
const VIEW_ICONS: Record<View, ReactNode> = {
  queue: <IconInbox {...ICON} />,
  open: <IconPencil {...ICON} />,
  returned: <IconArrowBackUp {...ICON} />,
  submitted: <IconCheck {...ICON} />,
};

export interface FilterRailProps {
  ref: Ref<HTMLElement>;
  open: boolean;
  view: View;
  onView: (view: View) => void;
  counts: Record<View, number>;
  facets: Facets;
  filters: Filters;
  onFilters: (filters: Filters) => void;
  project: Project;
  /** Files hover over the page. */
  over: boolean;
}

function FacetList({ title, facets, off, words, onToggle }: { title: string; facets: Facet[]; off: ReadonlySet<string>; words: (key: string) => string; onToggle: (key: string) => void }) {
  if (facets.length === 0) return null;
  return (
    <div className={classes.facets} role="group" aria-label={title}>
      <SectionTitle>{title}</SectionTitle>
      {facets.map((facet) => (
        <label key={facet.key} className={classes.facet}>
          <Checkbox checked={!off.has(facet.key)} onChange={() => onToggle(facet.key)} aria-label={words(facet.key)} />
          <span>{words(facet.key)}</span>
          <span className={classes.facetCount}>{facet.count}</span>
        </label>
      ))}
    </div>
  );
}

/** The first screen's invitation: a manager drops a folder anywhere on the page. */
function DropHint({ project, over }: { project: Project; over: boolean }) {
  const { t } = useTranslation('worklist');
  if (!project.roles.includes('manager')) {
    return project.is_demo ? <p className={classes.dropNote}>{t('drop.others')}</p> : null;
  }
  return (
    <Link to={`/p/${project.slug}/data`} className={`${classes.drop} ${over ? classes.dropOver : ''}`}>
      <IconFolderDown size={20} stroke={1.6} aria-hidden />
      <span>{over ? t('drop.now') : t('drop.title')}</span>
      <small>{t('drop.text')}</small>
    </Link>
  );
}

export function FilterRail({ ref, open, view, onView, counts, facets, filters, onFilters, project, over }: FilterRailProps) {
  const { t } = useTranslation('worklist');
  return (
    <aside ref={ref} className={`${classes.rail} ${open ? classes.railOpen : ''}`} aria-label={t('rail')}>
      <SectionTitle>{t('views')}</SectionTitle>
      <ul className={classes.views}>
        {VIEWS.map((one) => (
          <li key={one}>
            <button type="button" className={`${classes.view} ${one === view ? classes.viewOn : ''}`} aria-current={one === view} onClick={() => onView(one)}>
              {VIEW_ICONS[one]}
              <span>{t(`view.${one}`)}</span>
              <span className={classes.facetCount}>{counts[one]}</span>
            </button>
          </li>
        ))}
      </ul>
      <FacetList
        title={t('facet.reason')}
        facets={facets.reasons}
        off={filters.reasonsOff}
        words={(key) => t(`common:reason.${key}`)}
        onToggle={(key) => onFilters({ ...filters, reasonsOff: toggle(filters.reasonsOff, key) })}
      />
      <FacetList
        title={t('facet.modality')}
        facets={facets.modalities}
        off={filters.modalitiesOff}
        words={(key) => key}
        onToggle={(key) => onFilters({ ...filters, modalitiesOff: toggle(filters.modalitiesOff, key) })}
      />
      <FacetList
        title={t('facet.suggestions')}
        facets={facets.suggestions}
        off={filters.suggestionsOff}
        words={(key) => t(`facet.${key}`)}
        onToggle={(key) => onFilters({ ...filters, suggestionsOff: toggle(filters.suggestionsOff, key) })}
      />
      <DropHint project={project} over={over} />
    </aside>
  );
}
