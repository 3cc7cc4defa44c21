/** Asks the worker one thing at a time: a newer question ends an older one. */
import { runMaskJob, type MaskJob } from '@/domain/maskJobs';
import type { SliceRuns } from '@/domain/runs';

interface Answer {
  readonly id: number;
  readonly slices: SliceRuns[];
}

let worker: Worker | null = null;
let busy = false;
let asked = 0;

function freshWorker(): Worker {
  // A question nobody waits for any more would keep the next one waiting.
  if (busy) stopMaskWork();
  worker ??= new Worker(new URL('./mask.worker.ts', import.meta.url), { type: 'module' });
  return worker;
}

/** Ends what is being worked out; its promise never settles. */
export function stopMaskWork(): void {
  worker?.terminate();
  worker = null;
  busy = false;
}

/** The mask after the job. Rejects when the tool failed; where there are no workers it is done here. */
export function computeMask(job: MaskJob): Promise<SliceRuns[]> {
  if (typeof Worker === 'undefined') return Promise.resolve().then(() => runMaskJob(job));
  const id = (asked += 1);
  const here = freshWorker();
  busy = true;
  return new Promise((resolve, reject) => {
    here.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.id !== id) return;
      busy = false;
      resolve(data.slices);
    };
    here.onerror = (event) => {
      stopMaskWork();
      reject(new Error(event.message));
    };
    here.postMessage({ id, job });
  });
}
