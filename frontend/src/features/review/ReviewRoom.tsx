/** One reading under review: viewports in the middle, findings and comments at the right, the decision at the bottom. */
import { useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ApiError } from '@/api/client';
import { useReading } from '@/api/hooks';
import type { Reading, ReviewRow } from '@/api/readingTypes';
import type { Me, Project } from '@/api/types';
import { useHotkeys } from '@/ui/hotkeys';
import { KeymapDialog } from '@/ui/KeymapDialog';
import { SaveState, type SaveStatus } from '@/ui/SaveState';
import { ErrorState, RequestError } from '@/ui/States';
import type { ShownWindow } from '@/viewer/useViewport';
import { CaseBar, MODES, type ViewMode } from '@/features/review/CaseBar';
import { numbered, openCount, type NumberedComment } from '@/features/review/comments';
import { CommentsPanel } from '@/features/review/CommentsPanel';
import { DecisionBar } from '@/features/review/DecisionBar';
import { DECISION_KEYS, decisionBlocked } from '@/features/review/decisions';
import { AgreementPanel, EarlierPanel, LabelsPanel } from '@/features/review/FactsPanels';
import { FindingsPanel } from '@/features/review/FindingsPanel';
import { useOpenReview } from '@/features/review/hooks';
import { MeasuresPanel } from '@/features/review/Measures';
import { pinPoint } from '@/features/review/pinPoint';
import { usePlace } from '@/features/review/place';
import { ReasonsDialog } from '@/features/review/ReasonsDialog';
import { reviewKeys } from '@/features/review/reviewKeys';
import classes from '@/features/review/review.module.css';
import { WaitCenter } from '@/features/review/ReviewWait';
import { findingRows, shownSuggestions } from '@/features/review/rows';
import { StackChoice } from '@/features/review/StackChoice';
import { useDecisions } from '@/features/review/useDecisions';
import { Viewports } from '@/features/review/Viewports';

export interface ReviewRoomProps {
  project: Project;
  me: Me;
  readingId: number;
  rows: readonly ReviewRow[];
  queue: ReactNode;
  homeUrl: string;
}

interface LoadedProps extends ReviewRoomProps {
  reading: Reading;
}

function useKeys(actions: {
  decide: ReturnType<typeof useDecisions>['decide'];
  step: (by: 1 | -1) => void;
  slice: (by: 1 | -1) => void;
  nextMode: () => void;
  comment: () => void;
  keys: () => void;
}): void {
  const decisions = Object.entries(DECISION_KEYS).map(([combo, kind]) => [combo, () => actions.decide(kind)] as const);
  useHotkeys({
    ...Object.fromEntries(decisions),
    KeyN: () => actions.step(1),
    KeyP: () => actions.step(-1),
    KeyG: actions.nextMode,
    ArrowDown: () => actions.slice(1),
    ArrowUp: () => actions.slice(-1),
    'Shift+KeyC': actions.comment,
    '?': actions.keys,
  });
}

/** G goes through the modes; inside blink it first turns from the suggestion to the reading and back. */
function useMode() {
  const [mode, setMode] = useState<ViewMode>('difference');
  const [blinkShows, setBlinkShows] = useState<'reading' | 'suggestion'>('suggestion');
  const next = (): void => {
    if (mode === 'blink' && blinkShows === 'suggestion') return setBlinkShows('reading');
    setBlinkShows('suggestion');
    setMode(MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? 'difference');
  };
  return { mode, setMode, blinkShows, next };
}

function Loaded({ project, me, readingId, rows: queueRows, queue, homeUrl, reading }: LoadedProps) {
  const { t } = useTranslation('review');
  const rows = useMemo(() => findingRows(reading), [reading]);
  const control = usePlace(reading, rows);
  const { place, stack } = control;
  const view = useMode();
  const [window, setWindow] = useState<ShownWindow | null>(null);
  const [saved, setSaved] = useState<SaveStatus>({ kind: 'read_only' });
  const [hasKeys, setHasKeys] = useState(false);
  const commentInput = useRef<HTMLTextAreaElement>(null);
  const isOwn = reading.reader.id === me.id;
  const allowsSelfReview = project.settings.allow_self_review;
  const opened = useOpenReview(readingId, reading.state === 'submitted' && (!isOwn || allowsSelfReview));
  const refusedOwn = opened.error instanceof ApiError && opened.error.code === 'own_reading';
  const decisions = useDecisions({ project, reading, rows: queueRows });
  const blocked = decisionBlocked({
    readingState: reading.state, isOwnReading: isOwn || refusedOwn, allowsSelfReview: allowsSelfReview && !refusedOwn, isBusy: decisions.isBusy,
  });
  const decide: typeof decisions.decide = (kind) => {
    if (blocked === null) decisions.decide(kind);
  };
  const comments = useMemo(() => numbered(reading.comments), [reading.comments]);
  const goToComment = ({ point }: NumberedComment): void => {
    if (point !== null) control.goTo(point.grid_id, point.k);
  };
  const turn = (by: 1 | -1): void => {
    if (stack !== undefined) control.setSlice(Math.min(stack.shape_zyx[0] - 1, Math.max(0, place.k + by)));
  };
  useKeys({ decide, step: control.step, slice: turn, nextMode: view.next, comment: () => commentInput.current?.focus(), keys: () => setHasKeys(true) });
  const changeStack = (id: number): void => {
    setWindow(null);
    control.setStack(id);
  };
  return (
    <div className={classes.room} data-testid="review-room">
      <CaseBar homeUrl={homeUrl} reading={reading} mode={view.mode} onMode={view.setMode} hasSuggestions={shownSuggestions(reading).length > 0} right={<><SaveState status={saved} /><span className={classes.avatar}>{me.initials}</span></>} />
      <div className={classes.body}>
        {queue}
        <main className={classes.center}>
          {stack === undefined ? (
            <ErrorState title={t('view.no_stack')} />
          ) : (
            <Viewports reading={reading} stack={stack} k={place.k} mode={view.mode} blinkShows={view.blinkShows} window={window} comments={comments}
              onSlice={control.setSlice} onWindow={setWindow} onPin={() => commentInput.current?.focus()} />
          )}
          <StackChoice stacks={reading.stacks} currentId={stack?.id ?? null} onChange={changeStack} />
        </main>
        <aside className={classes.panel}>
          <FindingsPanel rows={rows} currentKey={place.currentKey} seen={control.seen} onShow={control.show} onStep={control.step} />
          <MeasuresPanel reading={reading} onGo={control.goTo} />
          <AgreementPanel reading={reading} />
          <LabelsPanel reading={reading} />
          <EarlierPanel reading={reading} />
          <CommentsPanel readingId={readingId} meId={me.id} readerId={reading.reader.id} comments={comments} point={pinPoint(reading, stack, place)}
            hasSlices={(stack?.shape_zyx[0] ?? 1) > 1} inputRef={commentInput} onGo={goToComment} onSaved={() => setSaved({ kind: 'saved', at: new Date() })} />
        </aside>
      </div>
      <DecisionBar blocked={blocked} stateText={t(`state.${reading.state}`)} openComments={openCount(reading.comments)} isOwnAllowed={isOwn && allowsSelfReview} onDecide={decide} />
      <ReasonsDialog kind={decisions.asking} reader={reading.reader.display_name} isBusy={decisions.isBusy} onClose={decisions.stopAsking} onConfirm={decisions.confirm} />
      <KeymapDialog opened={hasKeys} onClose={() => setHasKeys(false)} place={t('title')} groups={reviewKeys(t)} />
    </div>
  );
}

export function ReviewRoom(props: ReviewRoomProps) {
  const reading = useReading(props.readingId);
  const navigate = useNavigate();
  if (reading.data !== undefined) return <Loaded {...props} reading={reading.data} />;
  return (
    <div className={classes.room}>
      <CaseBar homeUrl={props.homeUrl} reading={undefined} mode="difference" onMode={() => undefined} right={null} />
      <div className={classes.body}>
        {props.queue}
        {reading.isError ? (
          <div className={classes.emptyBody}>
            <RequestError error={reading.error} onRetry={() => (Number.isFinite(props.readingId) ? void reading.refetch() : void navigate(`/p/${props.project.slug}/review`))} />
          </div>
        ) : (
          <WaitCenter />
        )}
      </div>
      <footer className={classes.bar} />
    </div>
  );
}
