/**
 * Sends many files in batches: at most 64 files and about 24 MB a request, one after the other, with pause, cancel and
 * patient retries. Knows no server and no react: `send` is given.
 */
import type { PickedFile } from './picked';

export const MAX_FILES = 64;
export const MAX_BYTES = 24_000_000;
const RETRY_WAITS_MS = [1000, 2000, 4000, 8000];
const RATE_WINDOW_MS = 6000;

/** Splits in order. A file larger than the limit travels alone. */
export function makeBatches(files: readonly PickedFile[], maxFiles = MAX_FILES, maxBytes = MAX_BYTES): PickedFile[][] {
  const batches: PickedFile[][] = [];
  let batch: PickedFile[] = [];
  let bytes = 0;
  for (const picked of files) {
    const full = batch.length >= maxFiles || (batch.length > 0 && bytes + picked.file.size > maxBytes);
    if (full) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(picked);
    bytes += picked.file.size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

export type UploadState = 'sending' | 'paused' | 'waiting' | 'sent' | 'failed' | 'canceled';

export interface UploadProgress {
  state: UploadState;
  files: number;
  filesSent: number;
  bytes: number;
  bytesSent: number;
  /** Bytes a second over the last seconds; 0 when not known. */
  rate: number;
  error: unknown;
}

export type Send = (batch: readonly PickedFile[], onBytes: (sent: number) => void, signal: AbortSignal) => Promise<unknown>;

function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { retryable?: unknown }).retryable === true;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export class Uploader {
  private readonly batches: PickedFile[][];
  private next = 0;
  private abort = new AbortController();
  private samples: { at: number; bytes: number }[] = [];
  private done = 0;
  private wake: (() => void) | null = null;
  private progress: UploadProgress;

  constructor(
    files: readonly PickedFile[],
    private readonly send: Send,
    private readonly onProgress: (progress: UploadProgress) => void,
  ) {
    this.batches = makeBatches(files);
    const bytes = files.reduce((sum, picked) => sum + picked.file.size, 0);
    this.progress = { state: 'paused', files: files.length, filesSent: 0, bytes, bytesSent: 0, rate: 0, error: null };
  }

  /** Runs until everything is sent (true), or until paused, canceled or failed (false). Call again to go on. */
  async run(): Promise<boolean> {
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.samples = [];
    this.show({ state: 'sending', error: null });
    while (this.next < this.batches.length) {
      const batch = this.batches[this.next] ?? [];
      if (!(await this.sendPatiently(batch, signal))) return false;
      this.next += 1;
      this.done += batch.reduce((sum, picked) => sum + picked.file.size, 0);
      this.show({ filesSent: this.progress.filesSent + batch.length, bytesSent: this.done });
    }
    this.show({ state: 'sent' });
    return true;
  }

  /** The batch on its way is sent again later. */
  pause(): void {
    this.stop('paused');
  }

  cancel(): void {
    this.stop('canceled');
  }

  private stop(state: 'paused' | 'canceled'): void {
    if (this.progress.state === 'sent' || this.progress.state === 'canceled') return;
    this.show({ state, bytesSent: this.done, rate: 0 });
    this.abort.abort();
    this.wake?.();
  }

  private async sendPatiently(batch: PickedFile[], signal: AbortSignal): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.send(batch, (sent) => this.sample(this.done + sent), signal);
        return !signal.aborted;
      } catch (error) {
        if (signal.aborted || isAbort(error)) return false;
        const wait = RETRY_WAITS_MS[attempt];
        if (wait === undefined || !isRetryable(error)) {
          this.show({ state: 'failed', error, bytesSent: this.done, rate: 0 });
          return false;
        }
        this.show({ state: 'waiting', error, bytesSent: this.done, rate: 0 });
        await this.sleep(wait);
        if (signal.aborted) return false;
        this.show({ state: 'sending', error: null });
      }
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private sample(bytes: number): void {
    const now = Date.now();
    const capped = Math.min(bytes, this.progress.bytes);
    this.samples = [...this.samples.filter((one) => now - one.at < RATE_WINDOW_MS), { at: now, bytes: capped }];
    const first = this.samples[0];
    const span = first ? now - first.at : 0;
    const rate = first && span > 300 ? ((capped - first.bytes) / span) * 1000 : this.progress.rate;
    this.show({ bytesSent: capped, rate: Math.max(0, rate) });
  }

  private show(change: Partial<UploadProgress>): void {
    this.progress = { ...this.progress, ...change };
    this.onProgress(this.progress);
  }
}
