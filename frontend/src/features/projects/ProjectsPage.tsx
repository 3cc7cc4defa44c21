import { IconFolderDown, IconFolderPlus, IconPlus } from '@tabler/icons-react';
import { useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { useMe } from '@/api/hooks';
import type { Project } from '@/api/types';
import { holdsFiles, takeDrop } from '@/features/data/picked';
import { useUpload } from '@/features/data/uploadStore';
import { Button } from '@/ui/Button';
import { Chip } from '@/ui/Chip';
import { EmptyState } from '@/ui/States';
import { NewProjectDialog } from './NewProjectDialog';
import { homeOf } from './home';
import classes from './projects.module.css';

function Figure({ value, label }: { value: number; label: string }) {
  return (
    <span className={classes.figure}>
      <strong>{value}</strong>
      <span>{label}</span>
    </span>
  );
}

/** Files dropped on a manager's project card become an import into that project. */
function useCardDrop(project: Project) {
  const navigate = useNavigate();
  const { start, setFound } = useUpload();
  const [over, setOver] = useState(false);
  if (!project.roles.includes('manager')) return { over: false, handlers: {} };
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!holdsFiles(event.dataTransfer)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        if (!holdsFiles(event.dataTransfer)) return;
        event.preventDefault();
        setOver(false);
        void start(project.id, takeDrop(event.dataTransfer, setFound));
        navigate(`/p/${project.slug}/data`);
      },
    },
  };
}

function ProjectCard({ project }: { project: Project }) {
  const { t } = useTranslation('common');
  const { over, handlers } = useCardDrop(project);
  return (
    <Link to={homeOf(project)} className={`${classes.card} ${over ? classes.over : ''}`} {...handlers}>
      <span className={classes.cardHead}>
        <strong>{project.name}</strong>
        {project.is_demo ? <Chip>{t('projects.demo')}</Chip> : null}
      </span>
      <span className={classes.description}>{project.description || t('projects.noDescription')}</span>
      <span className={classes.figures}>
        {project.roles.includes('annotator') ? <Figure value={project.counts.worklist} label={t('projects.toRead')} /> : null}
        {project.roles.includes('reviewer') ? <Figure value={project.counts.review} label={t('projects.toReview')} /> : null}
      </span>
      {project.roles.includes('manager') ? (
        <span className={classes.drop}>
          <IconFolderDown size={16} stroke={1.6} aria-hidden />
          {t('projects.drop')}
        </span>
      ) : null}
      <span className={classes.roles}>{project.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
    </Link>
  );
}

/** The chooser: shown to people with several projects, or none; with one the page goes straight there. */
export function ProjectsPage() {
  const { t } = useTranslation('common');
  const [params] = useSearchParams();
  const me = useMe().data;
  const projects = me?.projects ?? [];
  const [making, setMaking] = useState(false);
  const only = projects.length === 1 && !params.has('all') ? projects[0] : undefined;
  if (only) return <Navigate to={homeOf(only)} replace />;
  const add = me?.can_make_projects ? (
    <Button kind={projects.length === 0 ? 'primary' : 'default'} icon={<IconPlus size={16} stroke={1.6} aria-hidden />} onClick={() => setMaking(true)}>
      {t('nav.newProject')}
    </Button>
  ) : null;
  return (
    <div className={classes.page}>
      {projects.length === 0 ? (
        <EmptyState icon={<IconFolderPlus size={24} stroke={1.6} />} title={t('projects.emptyTitle')} text={t(add ? 'projects.emptyText' : 'projects.emptyTextAsk')} actions={add} />
      ) : (
        <>
          <header className={classes.head}>
            <h1>{t('nav.allProjects')}</h1>
            <span>{t('projects.count', { count: projects.length })}</span>
            <span className={classes.headRight}>{add}</span>
          </header>
          <div className={classes.grid}>
            {projects.map((project) => (
              <ProjectCard key={project.id} project={project} />
            ))}
          </div>
        </>
      )}
      <NewProjectDialog opened={making} onClose={() => setMaking(false)} />
    </div>
  );
}
