/** The editor of one reading: every change goes through `record`, and so into the one history and the journal. */
import type { NewOperation, OperationKind, OperationPayloads, Reading, StoredOperation } from '@/api/readingTypes';
import { contextOf, OperationError, type JournalEntry, type ReduceContext } from '@/domain/draft';
import { isPart } from '@/domain/paintParts';
import { advance, draftOf, EMPTY_HISTORY, type History } from '@/domain/history';
import { CostMeter, localCostShelf } from './costs';
import { browserId, newOpId } from './ids';
import { browserClock, Journal, type Clock, type SaveState } from './journal';
import { findingRowKey } from './rows';
import type { Shelf } from './shelf';
import type { JournalTransport } from './transport';
import { createWorkbench, type Toast, type Workbench, type WorkbenchStore } from './workbench';

interface EditorParts {
  reading: Reading;
  /** The whole journal as the server has it. */
  stored: readonly StoredOperation[];
  shelf: Shelf;
  transport: JournalTransport;
  clock?: Clock;
  browser?: string;
}

interface Replay {
  history: History;
  /** Those that no longer fit and were left out. */
  lost: NewOperation[];
}

let toastId = 0;

export class Editor {
  readonly store: WorkbenchStore;
  readonly journal: Journal;
  readonly costs: CostMeter;
  private readonly context: ReduceContext;
  private readonly browser: string;
  private readonly transport: JournalTransport;
  private readonly opened: readonly StoredOperation[];
  /** Operations that undo together with the one before them (accepting and painting with one stroke). */
  private readonly joined = new Set<string>();
  private readonly shelf: Shelf;

  constructor({ reading, stored, shelf, transport, clock = browserClock, browser }: EditorParts) {
    this.context = contextOf(reading.stacks, reading.suggestions);
    const storage = globalThis.localStorage ?? null;
    this.browser = browser ?? browserId(storage);
    this.opened = stored;
    this.transport = transport;
    this.shelf = shelf;
    const savedAt = stored.at(-1)?.at ?? null;
    this.store = createWorkbench(reading, replay(EMPTY_HISTORY, stored, this.context).history, savedAt);
    this.store.subscribe(dropStalePreview(this.store));
    this.costs = new CostMeter(() => clock.now(), reading.elapsed_seconds, localCostShelf(reading.id, storage));
    this.costs.focus(reading.suggestions.find(({ state }) => state === 'offered')?.id ?? null);
    this.journal = new Journal({
      transport,
      shelf,
      clock,
      seq: Math.max(reading.journal.seq, stored.at(-1)?.seq ?? 0),
      savedAt,
      onState: (save) => this.onSave(save),
    });
  }

  get state(): Workbench {
    return this.store.getState();
  }

  set(change: Partial<Workbench>): void {
    this.store.setState(change);
  }

  /** Brings back what a crashed or closed page had not sent. */
  async recover(): Promise<void> {
    if (!this.state.editable) return;
    await this.countAside();
    const known = new Set(this.opened.map(({ op_id: opId }) => opId));
    const kept = await this.shelf.load();
    const arrived = kept.filter(({ op_id: opId }) => known.has(opId)).map(({ op_id: opId }) => opId);
    if (arrived.length > 0) await this.shelf.remove(arrived);
    const waiting = kept.filter(({ op_id: opId }) => !known.has(opId));
    if (waiting.length === 0) return;
    const { history, lost } = replay(this.state.history, numbered(waiting, this.journal.seq), this.context);
    await this.shelf.setAside(lost.map(({ op_id: opId }) => opId));
    await this.countAside();
    this.setHistory(history);
    this.journal.resume(waiting.filter(({ op_id: opId }) => !lost.some((one) => one.op_id === opId)));
    this.toast('note', 'toast.recovered', { count: waiting.length - lost.length });
  }

  /** One change by the reader. False when it is not possible; the reason is shown. */
  record<K extends OperationKind>(kind: K, payload: OperationPayloads[K], joined = false): boolean {
    if (!this.state.editable) {
      this.toast('note', 'toast.readOnly');
      return false;
    }
    const operation = { op_id: newOpId(this.browser), kind, payload } as NewOperation;
    try {
      this.setHistory(advance(this.state.history, { ...operation, seq: this.journal.nextSeq }, this.context));
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.toast('error', 'toast.notPossible', { detail: error.message });
      return false;
    }
    if (joined) this.joined.add(operation.op_id);
    this.journal.enqueue(operation);
    this.costs.sign();
    return true;
  }

  undo(): void {
    for (let again = true; again; ) {
      const last = this.state.history.past.at(-1)?.entry;
      if (!last || !this.record('undo', {})) return;
      again = this.joined.has(last.op_id) || isPart(last);
    }
    this.dropLostSelection();
  }

  redo(): void {
    for (let again = true; again; ) {
      if (this.state.history.undone.length === 0 || !this.record('redo', {})) return;
      const next = this.state.history.undone.at(-1);
      again = next !== undefined && (this.joined.has(next.op_id) || isPart(next));
    }
    this.dropLostSelection();
  }

  toast(tone: Toast['tone'], text: string, values: Toast['values'] = {}, undo = false): void {
    toastId += 1;
    this.set({ toast: { id: toastId, tone, text, values, undo } });
  }

  /** Both versions can stand when they paint different slices; undo, decisions and deletions cannot be mixed blindly. */
  canKeepBoth(): boolean {
    const { save } = this.state;
    if (save.kind !== 'elsewhere') return false;
    const theirs = new Set(save.foreign.flatMap(placesOf));
    return !theirs.has(ANYTHING) && this.journal.waiting.flatMap(placesOf).every((place) => place !== ANYTHING && !theirs.has(place));
  }

  /** Two pages wrote to this reading: go on with both, or with theirs alone. */
  async settle(choice: 'keep_both' | 'take_theirs'): Promise<void> {
    const { save } = this.state;
    if (save.kind !== 'elsewhere') return;
    const base = await this.serverHistory();
    const mine = choice === 'keep_both' ? this.journal.waiting : [];
    this.setHistory(replay(base, numbered(mine, save.seq), this.context).history);
    this.dropLostSelection();
    await this.journal.settle(choice);
    await this.countAside();
  }

  /** Puts what was set aside on top of what is there now; what no longer fits stays aside. */
  async bringBackAside(): Promise<void> {
    const aside = await this.shelf.loadAside();
    const taken = aside.filter(({ kind, payload }) => this.record(kind, payload as never));
    await this.shelf.removeAside(taken.map(({ op_id: opId }) => opId));
    await this.countAside();
    const left = aside.length - taken.length;
    this.toast(left ? 'error' : 'done', left ? 'toast.asideLeft' : 'toast.asideBack', { count: left || taken.length });
  }

  async deleteAside(): Promise<void> {
    const aside = await this.shelf.loadAside();
    await this.shelf.removeAside(aside.map(({ op_id: opId }) => opId));
    await this.countAside();
  }

  private async countAside(): Promise<void> {
    this.set({ aside: (await this.shelf.loadAside()).length });
  }

  /** Goes back to what the server has, and keeps the refused operations aside. */
  async dropRefused(): Promise<void> {
    await this.journal.dropRefused();
    await this.countAside();
    this.setHistory(await this.serverHistory());
    this.dropLostSelection();
  }

  async close(): Promise<void> {
    await this.journal.flush();
    this.journal.close();
  }

  private async serverHistory(): Promise<History> {
    const { operations } = await this.transport.since(0);
    return replay(EMPTY_HISTORY, operations, this.context).history;
  }

  private setHistory(history: History): void {
    this.set({ history, draft: draftOf(history) });
  }

  private onSave(save: SaveState): void {
    if (this.store && this.state.editable) this.set({ save });
  }

  /** A finding that undo took away can be neither painted on nor current. */
  private dropLostSelection(): void {
    const { draft, rowKey, reading } = this.state;
    const rows = new Set([...reading.suggestions.map(({ id }) => `s:${id}`), ...draft.findings.map(findingRowKey)]);
    if (rowKey && !rows.has(rowKey)) this.set({ rowKey: null, renaming: false });
  }
}

/** A preview belongs to one mask as it was: any other change makes it void. */
const dropStalePreview = (store: WorkbenchStore) => (now: Workbench, before: Workbench): void => {
  const same = now.draft === before.draft && now.rowKey === before.rowKey && now.stackId === before.stackId && now.labelKey === before.labelKey;
  if (now.preview && now.preview === before.preview && !same) store.setState({ preview: null });
};

const numbered = (operations: readonly NewOperation[], seq: number): JournalEntry[] =>
  operations.map((operation, n) => ({ ...operation, seq: seq + n + 1 }));

function replay(start: History, entries: readonly JournalEntry[], context: ReduceContext): Replay {
  let history = start;
  const lost: NewOperation[] = [];
  for (const entry of entries) {
    try {
      history = advance(history, entry, context);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      lost.push(entry);
    }
  }
  return { history, lost };
}

const ANYTHING = '*';

/** What an operation touches, as names that can be compared. */
function placesOf(operation: NewOperation): string[] {
  switch (operation.kind) {
    case 'paint':
      return operation.payload.slices.map(({ k }) => `${operation.payload.finding_id}/${k}`);
    case 'add_box':
    case 'add_length':
    case 'add_measure':
      return [operation.payload.finding_id];
    case 'state_label':
    case 'set_tag':
      return [`label/${operation.payload.label_key}`];
    case 'set_form':
      return [`form/${operation.payload.field}`];
    default:
      return [ANYTHING];
  }
}
