import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PickedFile } from './picked';
import { makeBatches, MAX_BYTES, MAX_FILES, Uploader, type Send, type UploadProgress } from './uploader';

function picked(size: number, path = 'a.dcm'): PickedFile {
  return { path, file: { size, name: path } as File };
}

describe('batches', () => {
  it('never lose, repeat or reorder a file, and keep both limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40_000_000 }), { maxLength: 300 }), (sizes) => {
        const files = sizes.map((size, index) => picked(size, `${index}`));
        const batches = makeBatches(files);
        expect(batches.flat()).toEqual(files);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, one) => sum + one.file.size, 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(MAX_FILES);
          if (batch.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
        }
      }),
    );
  });

  it('send a file larger than the limit alone', () => {
    const batches = makeBatches([picked(1), picked(MAX_BYTES * 3), picked(1)]);
    expect(batches.map((batch) => batch.length)).toEqual([1, 1, 1]);
  });
});

describe('sending', () => {
  let seen: UploadProgress[];
  const last = () => seen[seen.length - 1];
  const make = (count: number, send: Send) => new Uploader(Array.from({ length: count }, (_, index) => picked(10, `${index}`)), send, (progress) => seen.push(progress));

  beforeEach(() => {
    seen = [];
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts files and bytes up to the end', async () => {
    const done = await make(130, async () => undefined).run();
    expect(done).toBe(true);
    expect(last()).toMatchObject({ state: 'sent', files: 130, filesSent: 130, bytes: 1300, bytesSent: 1300 });
  });

  it('tries a lost connection again and then sends the same batch', async () => {
    let calls = 0;
    const sent: number[] = [];
    const running = make(65, async (batch) => {
      calls += 1;
      if (calls === 1) throw Object.assign(new Error('lost'), { retryable: true });
      sent.push(batch.length);
    }).run();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await running).toBe(true);
    expect(sent).toEqual([64, 1]);
    expect(seen.some((progress) => progress.state === 'waiting')).toBe(true);
  });

  it('stops at a refusal without trying again, and can go on where it stopped', async () => {
    const refusal = Object.assign(new Error('too large'), { retryable: false });
    let refuse = true;
    const paths: string[] = [];
    const uploader = make(65, async (batch) => {
      if (batch.length === 1 && refuse) throw refusal;
      paths.push(...batch.map((one) => one.path));
    });
    expect(await uploader.run()).toBe(false);
    expect(last()).toMatchObject({ state: 'failed', error: refusal, filesSent: 64 });
    refuse = false;
    expect(await uploader.run()).toBe(true);
    expect(paths).toHaveLength(65);
    expect(new Set(paths).size).toBe(65);
  });

  it('gives up after the last wait when the server stays away', async () => {
    const send = vi.fn<Send>(() => Promise.reject(Object.assign(new Error('lost'), { retryable: true })));
    const running = make(1, send).run();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await running).toBe(false);
    expect(send).toHaveBeenCalledTimes(5);
    expect(last()?.state).toBe('failed');
  });

  it('pauses in the middle of a batch, aborts it, and sends it again', async () => {
    let stopAt = 1;
    const sent: string[] = [];
    const uploader: Uploader = make(70, async (batch, _onBytes, signal) => {
      if (stopAt-- === 1) {
        uploader.pause();
        expect(signal.aborted).toBe(true);
        throw new DOMException('stopped', 'AbortError');
      }
      sent.push(...batch.map((one) => one.path));
    });
    expect(await uploader.run()).toBe(false);
    expect(last()).toMatchObject({ state: 'paused', filesSent: 0 });
    expect(await uploader.run()).toBe(true);
    expect(sent).toHaveLength(70);
  });
});
