/** The slow mask tools beside the page, so that it never freezes. */
import { runMaskJob, type MaskJob } from '@/domain/maskJobs';

self.addEventListener('message', (event: MessageEvent<{ id: number; job: MaskJob }>) => {
  const { id, job } = event.data;
  self.postMessage({ id, slices: runMaskJob(job) });
});
