/** An in-memory journal with the contract's order of checks, and a network that can lose what a test wants lost. */
import { ApiError } from '@/api/client';
import type { NewOperation, OperationsReceipt, StoredOperation } from '@/api/readingTypes';
import type { Clock } from '@/editor/journal';
import type { JournalTransport } from '@/editor/transport';

export type Fault = 'none' | 'lost_request' | 'lost_answer' | 'busy' | 'signed_out';

export class FakeServer implements JournalTransport {
  readonly stored: StoredOperation[] = [];
  posts = 0;
  constructor(private readonly nextFault: () => Fault = () => 'none') {}

  get seq(): number {
    return this.stored.length;
  }

  write(operation: NewOperation): void {
    this.stored.push({ ...operation, seq: this.seq + 1, actor: 1, at: '2026-11-18T10:42:07Z' } as StoredOperation);
  }

  async post(ifMatch: number, operations: readonly NewOperation[]): Promise<OperationsReceipt> {
    this.posts += 1;
    const fault = this.nextFault();
    if (fault === 'lost_request') throw new ApiError(0, 'network', '');
    if (fault === 'busy') throw new ApiError(503, 'busy', 'try again', {}, true);
    if (fault === 'signed_out') throw new ApiError(401, 'not_authenticated', 'sign in');
    const receipt = this.accept(ifMatch, operations);
    if (fault === 'lost_answer') throw new ApiError(0, 'network', '');
    return receipt;
  }

  private accept(ifMatch: number, operations: readonly NewOperation[]): OperationsReceipt {
    const known = new Map(this.stored.map((one) => [one.op_id, one.seq]));
    const receipt = (status: 'known' | 'stored') => ({
      seq: this.seq,
      results: operations.map(({ op_id: opId }, n) => ({ op_id: opId, seq: known.get(opId) ?? ifMatch + n + 1, status })),
      saved_at: '2026-11-18T10:42:07Z',
    });
    if (operations.every(({ op_id: opId }) => known.has(opId))) return receipt('known');
    if (ifMatch !== this.seq) {
      const body = { error: { code: 'stale' }, seq: this.seq, operations: this.stored.slice(ifMatch) };
      throw new ApiError(412, 'stale', 'changed', {}, false, body);
    }
    if (operations.some(({ kind }) => kind === 'set_form')) throw new ApiError(422, 'invalid', 'operation 0: field');
    for (const operation of operations) this.write(operation);
    return receipt('stored');
  }

  async since(seq: number) {
    return { seq: this.seq, operations: this.stored.slice(seq) };
  }
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  private at = 0;
  private timers: { due: number; run: () => void }[] = [];

  now(): number {
    return this.at;
  }

  later(run: () => void, ms: number): () => void {
    const timer = { due: this.at + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  async pass(ms: number): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      await settle();
      const next = this.timers.filter(({ due }) => due <= end).sort((p, q) => p.due - q.due)[0];
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.at = Math.max(this.at, next.due);
      next.run();
    }
    this.at = end;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let n = 0; n < 12; n += 1) await Promise.resolve();
}
