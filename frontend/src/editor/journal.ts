/** Sends operations in order, at least once, and never forgets one before the server has it.
 *
 * One request at a time. A batch whose answer was lost is sent again unchanged before anything newer, so the server can
 * answer "known"; a 412 whose operations are all our own is such a lost answer too.
 */
import { ApiError } from '@/api/client';
import type { NewOperation, StoredOperation } from '@/api/readingTypes';
import { runNumbers } from '@/domain/paintParts';
import type { Shelf } from './shelf';
import { staleJournal, type JournalTransport } from './transport';

export type SaveState =
  | { kind: 'saved'; at: string | null }
  | { kind: 'saving'; count: number }
  | { kind: 'unsaved'; count: number; retryAt: number }
  | { kind: 'offline'; count: number; since: number }
  | { kind: 'signed_out'; count: number }
  | { kind: 'elsewhere'; count: number; foreign: StoredOperation[]; seq: number }
  | { kind: 'refused'; count: number; code: string; message: string }
  | { kind: 'read_only' };

export interface Clock {
  now(): number;
  later(run: () => void, ms: number): () => void;
}

export const browserClock: Clock = {
  now: () => Date.now(),
  later(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Strokes that follow each other quickly travel together; well under the promised second. */
const GATHER_MS = 250;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000] as const;
const BATCH = 100;
/** Run numbers of one request: about 30 MB of the 64 that the server takes. */
const BATCH_NUMBERS = 3_000_000;

/** Answers that will be the same next time. Signed out, too slow and too many are not: the reader can mend those. */
const isFinal = (error: ApiError): boolean =>
  !error.isNetwork && !error.retryable && error.status < 500 && ![401, 408, 429].includes(error.status);

function batchOf(pending: readonly NewOperation[]): NewOperation[] {
  const batch: NewOperation[] = [];
  let numbers = 0;
  for (const operation of pending.slice(0, BATCH)) {
    numbers += runNumbers(operation);
    if (batch.length > 0 && numbers > BATCH_NUMBERS) break;
    batch.push(operation);
  }
  return batch;
}

interface JournalOptions {
  transport: JournalTransport;
  shelf: Shelf;
  clock?: Clock;
  seq: number;
  savedAt?: string | null;
  onState: (state: SaveState) => void;
  /** The server has these now, in this order. */
  onStored?: (operations: readonly NewOperation[], seq: number) => void;
}

export class Journal {
  private pending: NewOperation[] = [];
  private inFlight: NewOperation[] | null = null;
  private failures = 0;
  private offlineSince: number | null = null;
  private signedOut = false;
  private stopped: SaveState | null = null;
  private cancelTimer: (() => void) | null = null;
  private seqNow: number;
  private savedAt: string | null;
  private readonly clock: Clock;
  private closed = false;

  constructor(private readonly options: JournalOptions) {
    this.seqNow = options.seq;
    this.savedAt = options.savedAt ?? null;
    this.clock = options.clock ?? browserClock;
  }

  get seq(): number {
    return this.seqNow;
  }

  get waiting(): readonly NewOperation[] {
    return this.pending;
  }

  /** Numbers that the next operation will get if nobody else writes. */
  get nextSeq(): number {
    return this.seqNow + this.pending.length + 1;
  }

  /** Operations found on the shelf after a crash: already kept, only to be sent. */
  resume(operations: readonly NewOperation[]): void {
    this.pending.push(...operations);
    if (this.pending.length > 0) this.schedule(0);
    this.tell();
  }

  enqueue(operation: NewOperation): void {
    this.pending.push(operation);
    void this.options.shelf.put(operation).catch(() => undefined);
    this.tell();
    if (!this.inFlight && !this.stopped && this.failures === 0) this.schedule(GATHER_MS);
  }

  /** Someone else wrote: build on it and send ours on top, or give ours up (set aside). */
  async settle(choice: 'keep_both' | 'take_theirs'): Promise<void> {
    if (this.stopped?.kind !== 'elsewhere') return;
    this.seqNow = this.stopped.seq;
    this.stopped = null;
    if (choice === 'take_theirs') {
      this.pending = [];
      await this.options.shelf.setAside();
    }
    this.schedule(0);
    this.tell();
  }

  /** Drops operations that the server refuses for good. */
  async dropRefused(): Promise<void> {
    this.stopped = null;
    this.pending = [];
    await this.options.shelf.setAside();
    this.tell();
  }

  /** Network is back, or the page wants to be sure before it submits. Resolves when nothing waits, or sending has failed. */
  async flush(): Promise<boolean> {
    this.cancel();
    while (this.pending.length > 0 && !this.stopped && !this.closed) {
      if (this.inFlight) {
        await new Promise<void>((resolve) => this.clock.later(resolve, 20));
        continue;
      }
      if (!(await this.send())) break;
    }
    return this.pending.length === 0;
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private cancel(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private schedule(ms: number): void {
    if (this.cancelTimer || this.closed) return;
    this.cancelTimer = this.clock.later(() => {
      this.cancelTimer = null;
      void this.flush();
    }, ms);
  }

  private async send(): Promise<boolean> {
    const batch = batchOf(this.pending);
    this.inFlight = batch;
    this.tell();
    try {
      const receipt = await this.options.transport.post(this.seqNow, batch);
      await this.stored(batch, receipt.seq, receipt.saved_at);
      return true;
    } catch (error) {
      return await this.failed(error);
    } finally {
      this.inFlight = null;
      this.tell();
    }
  }

  private async stored(operations: readonly NewOperation[], seq: number, savedAt: string | null): Promise<void> {
    const gone = new Set(operations.map(({ op_id: opId }) => opId));
    this.pending = this.pending.filter(({ op_id: opId }) => !gone.has(opId));
    this.seqNow = Math.max(this.seqNow, seq);
    this.savedAt = savedAt ?? new Date(this.clock.now()).toISOString();
    this.failures = 0;
    this.offlineSince = null;
    this.signedOut = false;
    this.options.onStored?.(operations, this.seqNow);
    await this.options.shelf.remove([...gone]).catch(() => undefined);
  }

  /** True when sending may go on at once. */
  private async failed(error: unknown): Promise<boolean> {
    const stale = staleJournal(error);
    if (stale) return await this.meetStale(stale.seq, stale.operations);
    const known = error instanceof ApiError ? error : null;
    if (known && isFinal(known)) {
      this.stopped = { kind: 'refused', count: this.pending.length, code: known.code, message: known.message };
      return false;
    }
    this.failures += 1;
    this.signedOut = known?.status === 401;
    if (!known || known.isNetwork) this.offlineSince ??= this.clock.now();
    else this.offlineSince = null;
    this.schedule(this.retryMs());
    return false;
  }

  private async meetStale(seq: number, operations: readonly StoredOperation[]): Promise<boolean> {
    const ours = new Set(this.pending.map(({ op_id: opId }) => opId));
    const foreign = operations.filter(({ op_id: opId }) => !ours.has(opId));
    const arrived = operations.filter(({ op_id: opId }) => ours.has(opId));
    if (arrived.length > 0) await this.stored(arrived, this.seqNow, null);
    if (foreign.length === 0) {
      this.seqNow = seq;
      return true;
    }
    this.stopped = { kind: 'elsewhere', count: this.pending.length, foreign, seq };
    return false;
  }

  private retryMs(): number {
    return RETRY_MS[Math.min(this.failures - 1, RETRY_MS.length - 1)] ?? 1000;
  }

  private tell(): void {
    if (!this.closed) this.options.onState(this.state());
  }

  private state(): SaveState {
    const count = this.pending.length;
    if (this.stopped) return { ...this.stopped, count } as SaveState;
    if (count === 0) return { kind: 'saved', at: this.savedAt };
    if (this.signedOut) return { kind: 'signed_out', count };
    if (this.offlineSince !== null) return { kind: 'offline', count, since: this.offlineSince };
    if (this.failures > 0) return { kind: 'unsaved', count, retryAt: this.clock.now() + this.retryMs() };
    return { kind: 'saving', count };
  }
}
