/** The reading room: case bar, tool rail, views, series strip and panel, with one set of keys over all of them. */
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import type { Editor } from '@/editor/editor';
import { buildKeymap, isTyping, pressKey, releaseKey, type Keymap } from '@/editor/keymap';
import { ReasonChip } from '@/ui/Chip';
import { forgetImages } from '@/viewer/cornerstone';
import { registerFact } from '@/viewer/testHook';
import { Banners } from './Banners';
import { CaseBar } from './CaseBar';
import { CaseForm } from './CaseForm';
import { FindingsList } from './FindingsList';
import { Keys } from './Keys';
import { LabelsTable } from './LabelsTable';
import { Palette } from './Palette';
import { SeriesStrip } from './SeriesStrip';
import { SubmitArea } from './SubmitArea';
import { ToolRail } from './ToolRail';
import { RoomContext, useBench, type Room } from './useEditor';
import { useLeave } from './useSubmit';
import { Views } from './Views';
import panel from './panel.module.css';
import classes from './reading.module.css';

export function ReadingRoom({ editor }: { editor: Editor }) {
  const { busy, submit, skip, leave } = useLeave(editor, editor.state.reading.id);
  const room = useMemo<Room>(() => ({ editor, effects: { submit, leave } }), [editor, submit, leave]);
  useKeys(room);
  useWork(editor);
  useTestFacts(editor);
  return (
    <RoomContext value={room}>
      <div className={classes.room} data-testid="reading-room" data-reading={editor.state.reading.id}>
        <CaseBar />
        <ToolRail />
        <Views />
        <SeriesStrip />
        <aside className={panel.panel}>
          <Banners />
          <WhyThisCase />
          <FindingsList />
          <div className={panel.panelFoot}>
            <LabelsTable />
            <CaseForm />
          </div>
          <SubmitArea busy={busy} onSkip={skip} />
        </aside>
        <Keys />
        <Palette />
      </div>
    </RoomContext>
  );
}

function WhyThisCase() {
  const { t } = useTranslation('reading');
  const why = useBench((bench) => bench.reading.why);
  return (
    <section className={panel.why} aria-label={t('why.title')}>
      <div className={panel.whyHead}>
        <h2>{t('why.title')}</h2>
        <ReasonChip code={why.code} text={why.text} />
      </div>
      {why.detail ? <p>{why.detail}</p> : null}
    </section>
  );
}

function useOwnKeymap(): Keymap {
  const own = useMe().data?.keymap;
  return useMemo(() => {
    try {
      return buildKeymap(own);
    } catch {
      // Keys stored by another version may collide; the defaults never do.
      return buildKeymap();
    }
  }, [own]);
}

function useKeys({ editor, effects }: Room): void {
  const map = useOwnKeymap();
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const typing = isTyping(event.target) && !event.ctrlKey && event.code !== 'Escape';
      const elsewhere = document.querySelector('[role="dialog"]') !== null && editor.state.dialog === null;
      if (typing || elsewhere) return;
      if (pressKey(event, map, editor, effects)) event.preventDefault();
    };
    const up = (event: KeyboardEvent) => releaseKey(event, map, editor);
    const lost = () => editor.set({ peek: false });
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', lost);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', lost);
    };
  }, [map, editor, effects]);
}

/** Time counts only while the page is in front, and the network's return is used at once. */
function useWork(editor: Editor): void {
  useEffect(() => {
    const sign = () => editor.costs.sign();
    const visible = () => (document.hidden ? editor.costs.pause() : editor.costs.resume());
    const online = () => void editor.journal.flush();
    const hide = () => void editor.journal.flush();
    window.addEventListener('pointerdown', sign);
    window.addEventListener('keydown', sign);
    window.addEventListener('wheel', sign, { passive: true });
    window.addEventListener('online', online);
    window.addEventListener('pagehide', hide);
    document.addEventListener('visibilitychange', visible);
    return () => {
      window.removeEventListener('pointerdown', sign);
      window.removeEventListener('keydown', sign);
      window.removeEventListener('wheel', sign);
      window.removeEventListener('online', online);
      window.removeEventListener('pagehide', hide);
      document.removeEventListener('visibilitychange', visible);
      forgetImages();
    };
  }, [editor]);
}

function useTestFacts(editor: Editor): void {
  useEffect(() => {
    const gone = [
      registerFact('saveState', () => editor.state.save),
      registerFact('seq', () => editor.journal.seq),
      registerFact('draft', () => editor.state.draft),
      registerFact('voxels', () => Object.fromEntries(editor.state.draft.findings.map(({ id, voxel_count: count }) => [id, count]))),
      registerFact('row', () => editor.state.rowKey),
      registerFact('costs', () => editor.costs.list()),
    ];
    return () => gone.forEach((forget) => forget());
  }, [editor]);
}
