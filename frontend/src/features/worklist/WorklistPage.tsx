import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { ApiError } from '@/api/client';
import { useClaimCase, useClaimNext, useProjectBySlug, useSkipReading, useWorklist } from '@/api/hooks';
import type { Project, Worklist, WorklistRow } from '@/api/types';
import { takeDrop } from '@/features/data/picked';
import { useUpload } from '@/features/data/uploadStore';
import { useFileDrop } from '@/features/data/useFileDrop';
import { ReasonDialog } from '@/ui/Dialogs';
import { RequestError } from '@/ui/States';
import { toast } from '@/ui/Toast';
import { useHotkeys } from '@/ui/hotkeys';
import { FilterRail } from './FilterRail';
import { KeyFoot } from './KeyFoot';
import { Preview } from './Preview';
import { QueueHeader } from './QueueHeader';
import { QueueTable } from './QueueTable';
import { WorklistWait } from './WorklistWait';
import { facetsOf, filterGroups, groupsOf, keepSelection, NO_FILTERS, rowKey, viewCounts, type Filters, type View } from './filters';
import { canSkip } from './words';
import classes from './worklist.module.css';

const SKIP_REASONS = ['not_my_field', 'image_quality', 'wrong_study', 'need_prior', 'other'] as const;

export function WorklistPage() {
  const { slug } = useParams();
  const project = useProjectBySlug(slug);
  return project ? <ProjectWorklist key={project.id} project={project} /> : null;
}

function ProjectWorklist({ project }: { project: Project }) {
  const list = useWorklist(project.id);
  if (list.data) return <Queue project={project} list={list.data} />;
  if (list.isPending) return <WorklistWait />;
  return <RequestError error={list.error} onRetry={() => void list.refetch()} />;
}

/** Opens a reading; an unclaimed case is claimed first. */
function useOpen(project: Project) {
  const { t } = useTranslation('worklist');
  const navigate = useNavigate();
  const claim = useClaimCase(project.id);
  const next = useClaimNext(project.id);
  const fail = useCallback(
    (error: unknown) => {
      const taken = error instanceof ApiError && error.status === 409;
      const empty = error instanceof ApiError && error.code === 'queue_empty';
      toast(taken ? t('toast.taken') : empty ? t('toast.empty') : t('toast.notOpened'), { kind: 'error' });
    },
    [t],
  );
  const go = (readingId: number) => navigate(`/p/${project.slug}/read/${readingId}`);
  const open = (row: WorklistRow) => {
    if (row.reading_id !== null) go(row.reading_id);
    else if (!claim.isPending) claim.mutate(row.case_id, { onSuccess: (made) => go(made.reading_id), onError: fail });
  };
  const openNext = () => {
    if (!next.isPending) next.mutate(undefined, { onSuccess: (made) => go(made.reading_id), onError: fail });
  };
  return { open, openNext, busy: claim.isPending || next.isPending };
}

/** Skips a case with a reason; an unclaimed one is claimed first, because a skip belongs to a reading. */
function useSkip(project: Project) {
  const { t } = useTranslation('worklist');
  const claim = useClaimCase(project.id);
  const skip = useSkipReading(project.id);
  const run = async (row: WorklistRow, reason: string) => {
    try {
      const readingId = row.reading_id ?? (await claim.mutateAsync(row.case_id)).reading_id;
      await skip.mutateAsync({ readingId, reason });
      toast(t('toast.skipped', { name: row.pseudonym }));
    } catch (error) {
      toast(error instanceof ApiError && error.message ? error.message : t('toast.notSkipped'), { kind: 'error' });
    }
  };
  return { run, busy: claim.isPending || skip.isPending };
}

function useDropHere(project: Project, enabled: boolean): boolean {
  const navigate = useNavigate();
  const start = useUpload((store) => store.start);
  const setFound = useUpload((store) => store.setFound);
  const onDrop = useCallback(
    (transfer: DataTransfer) => {
      void start(project.id, takeDrop(transfer, setFound));
      navigate(`/p/${project.slug}/data`);
    },
    [navigate, project.id, project.slug, setFound, start],
  );
  return useFileDrop(onDrop, enabled);
}

function Queue({ project, list }: { project: Project; list: Worklist }) {
  const { t } = useTranslation('worklist');
  const [view, setView] = useState<View>('queue');
  const [filters, setFilters] = useState<Filters>(NO_FILTERS);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const asked = useSearchParams()[0].get('case');
  const [wanted, setWanted] = useState<string | null>(asked);
  useEffect(() => {
    if (asked !== null) setWanted(asked);
  }, [asked]);
  const [railOpen, setRailOpen] = useState(false);
  const [skipping, setSkipping] = useState<WorklistRow | null>(null);
  const lastIndex = useRef(0);
  const search = useRef<HTMLInputElement>(null);
  const rail = useRef<HTMLElement>(null);
  const isManager = project.roles.includes('manager');
  const over = useDropHere(project, isManager);

  const all = useMemo(() => groupsOf(list, view), [list, view]);
  const groups = useMemo(() => filterGroups(all, filters), [all, filters]);
  const rows = useMemo(() => groups.filter((group) => !closed.has(group.key)).flatMap((group) => group.rows), [closed, groups]);
  const selected = keepSelection(rows, wanted, lastIndex.current);
  useEffect(() => {
    lastIndex.current = Math.max(0, selected ? rows.indexOf(selected) : 0);
  });

  const { open, openNext, busy } = useOpen(project);
  const skip = useSkip(project);
  const move = (step: number) => {
    const target = rows[Math.min(rows.length - 1, Math.max(0, lastIndex.current + step))];
    if (target) setWanted(rowKey(target));
  };
  useHotkeys({
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Home: () => move(-rows.length),
    End: () => move(rows.length),
    Enter: (event) => {
      // Enter on a button presses that button.
      if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement) (event.target as HTMLElement).click();
      else if (selected) open(selected);
      else openNext();
    },
    KeyS: () => {
      if (canSkip(selected)) setSkipping(selected);
    },
    '/': () => search.current?.focus(),
    KeyF: () => {
      setRailOpen(true);
      window.setTimeout(() => rail.current?.querySelector<HTMLInputElement>('input[type=checkbox]')?.focus(), 0);
    },
    Escape: () => setRailOpen(false),
  });

  return (
    <div className={classes.page}>
      <FilterRail
        ref={rail}
        open={railOpen}
        view={view}
        onView={setView}
        counts={viewCounts(list)}
        facets={facetsOf(all)}
        filters={filters}
        onFilters={setFilters}
        project={project}
        over={over}
      />
      <section className={classes.middle} aria-label={t(`view.${view}`)}>
        <QueueHeader
          view={view}
          count={groups.reduce((sum, group) => sum + group.total, 0)}
          progress={list.progress}
          selected={selected}
          filters={filters}
          onFilters={setFilters}
          searchRef={search}
          onFilterButton={() => setRailOpen((before) => !before)}
          onOpen={open}
          onNext={openNext}
          busy={busy}
        />
        <QueueTable
          groups={groups}
          closed={closed}
          onToggle={(key) => {
            const next = new Set(closed);
            if (!next.delete(key)) next.add(key);
            setClosed(next);
          }}
          selected={selected}
          onSelect={(row) => setWanted(rowKey(row))}
          onOpen={open}
          view={view}
          filters={filters}
          onFilters={setFilters}
          onView={setView}
          progress={list.progress}
          project={project}
        />
        <KeyFoot />
      </section>
      <Preview row={selected} onOpen={open} onSkip={setSkipping} busy={busy} />
      <ReasonDialog
        opened={skipping !== null}
        onClose={() => setSkipping(null)}
        title={t('skip.title', { name: skipping?.pseudonym ?? '' })}
        text={t('skip.text')}
        confirmLabel={t('skip.confirm')}
        options={SKIP_REASONS.map((value) => ({ value, label: t(`skip.reason.${value}`) }))}
        busy={skip.busy}
        onConfirm={({ reason, note }) => {
          const row = skipping;
          setSkipping(null);
          if (row) void skip.run(row, note ? `${reason}: ${note}` : reason);
        }}
      />
    </div>
  );
}
