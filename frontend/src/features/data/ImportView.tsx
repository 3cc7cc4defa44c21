import { IconFolder } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { useImport, useImports } from '@/api/hooks';
import { keys } from '@/api/keys';
import type { Import, ImportItem, ImportOutcome, Project } from '@/api/types';
import { Button } from '@/ui/Button';
import { useHotkeys } from '@/ui/hotkeys';
import { DropZone } from './DropZone';
import { ImportDetail } from './ImportDetail';
import { ImportFoot } from './ImportFoot';
import { OutcomeCounts } from './OutcomeCounts';
import { OutcomeTable } from './OutcomeTable';
import { shownItems } from './outcomes';
import { takeDrop, takeList } from './picked';
import { isBusy, useUpload } from './uploadStore';
import { useFileDrop } from './useFileDrop';
import classes from './data.module.css';

/** Hidden inputs: one for files and zips, one for a folder. A browser's dialog offers only one of the two at a time. */
function usePickers(onFiles: (files: FileList) => void) {
  const { t } = useTranslation('data');
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => {
    folder.current?.setAttribute('webkitdirectory', '');
  }, []);
  const input = (ref: typeof files, label: string) => (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      aria-label={label}
      onChange={(event) => {
        if (event.target.files && event.target.files.length > 0) onFiles(event.target.files);
        event.target.value = '';
      }}
    />
  );
  return {
    inputs: (
      <>
        {input(files, t('choose.files'))}
        {input(folder, t('choose.folder'))}
      </>
    ),
    pickFiles: () => files.current?.click(),
    pickFolder: () => folder.current?.click(),
  };
}

/** The import that the page shows: the running upload, else the one chosen, else the newest. */
function useShownImport(project: Project) {
  const uploadingId = useUpload((store) => (store.projectId === project.id ? store.importId : null));
  const list = useImports(project.id);
  const asked = Number(useSearchParams()[0].get('import'));
  const [chosen, setChosen] = useState<number | null>(Number.isInteger(asked) && asked > 0 ? asked : null);
  const newest = list.data?.results[0]?.id ?? null;
  const id = chosen ?? uploadingId ?? newest;
  return { list, id, shown: useImport(id), choose: setChosen };
}

function usePageKeys(items: ImportItem[], selected: ImportItem | null, select: (id: number | null) => void, open: (item: ImportItem) => void, choose: () => void) {
  const move = (step: number) => {
    const at = selected ? items.indexOf(selected) : -1;
    const target = items[Math.min(items.length - 1, Math.max(0, at + step))];
    if (target) select(target.id);
  };
  useHotkeys({
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Home: () => move(-items.length),
    End: () => move(items.length),
    Enter: (event) => {
      if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement) event.target.click();
      else if (selected) open(selected);
    },
    KeyO: choose,
    Escape: () => select(null),
  });
}

export function ImportView({ project, tabs }: { project: Project; tabs: ReactNode }) {
  const { t } = useTranslation('data');
  const navigate = useNavigate();
  const client = useQueryClient();
  const upload = useUpload();
  const { list, id, shown, choose } = useShownImport(project);
  const [selectedId, setSelectedId] = useState<number | null>(null);
  const [only, setOnly] = useState<ImportOutcome | null>(null);

  const begin = useCallback(
    (files: ReturnType<typeof takeDrop>) => {
      choose(null);
      setSelectedId(null);
      setOnly(null);
      void upload.start(project.id, files).then(() => client.invalidateQueries({ queryKey: keys.imports(project.id) }));
    },
    [choose, client, project.id, upload],
  );
  const pickers = usePickers((files) => begin(Promise.resolve(takeList(files))));
  const over = useFileDrop(
    useCallback((transfer: DataTransfer) => begin(takeDrop(transfer, upload.setFound)), [begin, upload.setFound]),
    !isBusy(upload.phase),
  );
  // The server knows more than the page at each step of an upload: the import itself, its queueing, its end.
  const { phase } = upload;
  useEffect(() => {
    if (phase === 'handed_over' && id !== null) void client.invalidateQueries({ queryKey: keys.import(id) });
    if (phase === 'sending' || phase === 'handed_over') void client.invalidateQueries({ queryKey: keys.imports(project.id) });
  }, [client, id, phase, project.id]);

  const current: Import | undefined = shown.data;
  const items = shownItems(current?.items ?? [], only);
  const selected = items.find((item) => item.id === selectedId) ?? null;
  const open = (item: ImportItem) => {
    if (item.case_id !== null) navigate(`/p/${project.slug}/data?tab=cases&q=${encodeURIComponent(item.patient)}`);
  };
  usePageKeys(items, selected, setSelectedId, open, pickers.pickFiles);

  return (
    <div className={classes.page}>
      <section className={classes.main}>
        <header className={classes.head}>
          <h1>{t('title')}</h1>
          <span className={classes.headMeta}>
            {t('into')} <strong>{project.name}</strong>
            {t('splitNote')}
          </span>
          <span className={classes.headRight}>
            {tabs}
            <Button icon={<IconFolder size={16} stroke={1.6} aria-hidden />} onClick={pickers.pickFolder} disabled={isBusy(phase)}>
              {t('choose.folder')}
            </Button>
            <Button hotkey="O" onClick={pickers.pickFiles} disabled={isBusy(phase)}>
              {t('choose.files')}
            </Button>
          </span>
          {pickers.inputs}
        </header>
        <DropZone project={project} over={over} current={current} onPick={pickers.pickFiles} />
        {current ? <OutcomeCounts counts={current.counts} only={only} onOnly={setOnly} /> : null}
        <OutcomeTable
          query={shown}
          hasImports={id !== null}
          pending={list.isPending}
          listError={list.error}
          onRetry={() => void list.refetch()}
          items={items}
          selected={selected}
          onSelect={(item) => setSelectedId(item.id)}
          onOpen={open}
        />
        <ImportFoot current={current} />
      </section>
      <ImportDetail
        item={selected}
        current={current}
        imports={list.data?.results ?? []}
        onClose={() => setSelectedId(null)}
        onChoose={(chosen) => {
          choose(chosen);
          setSelectedId(null);
          setOnly(null);
        }}
        onOpen={open}
      />
    </div>
  );
}
