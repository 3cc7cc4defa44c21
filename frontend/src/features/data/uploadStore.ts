/** The one upload of this browser tab. It outlives the Data page, so that walking to the work list does not stop it. */
import { create } from 'zustand';
import { api, V1 } from '@/api/client';
import type { Import } from '@/api/types';
import { sendFiles } from '@/api/upload';
import type { PickedFile } from './picked';
import { Uploader, type UploadProgress } from './uploader';

export type UploadPhase = 'idle' | 'looking' | 'starting' | 'sending' | 'finishing' | 'handed_over' | 'canceled' | 'failed';

interface UploadStore {
  phase: UploadPhase;
  projectId: number | null;
  importId: number | null;
  /** Files found while folders are walked. */
  found: number;
  progress: UploadProgress | null;
  error: unknown;
  /** Takes the files of a drop (still being walked) and sends them as one import. */
  start: (projectId: number, files: Promise<PickedFile[]>) => Promise<void>;
  setFound: (found: number) => void;
  pause: () => void;
  resume: () => Promise<void>;
  cancel: () => void;
  clear: () => void;
}

let uploader: Uploader | null = null;

const IDLE = { phase: 'idle' as const, importId: null, found: 0, progress: null, error: null };

export function isBusy(phase: UploadPhase): boolean {
  return phase === 'looking' || phase === 'starting' || phase === 'sending' || phase === 'finishing';
}

export const useUpload = create<UploadStore>()((set, get) => {
  const finish = async (): Promise<void> => {
    set({ phase: 'finishing' });
    await api.post<Import>(`${V1}/imports/${get().importId}/finish`);
    set({ phase: 'handed_over' });
  };

  const run = async (): Promise<void> => {
    try {
      if (uploader && (await uploader.run())) await finish();
      else if (get().progress?.state === 'failed') set({ phase: 'failed', error: get().progress?.error });
    } catch (error) {
      set({ phase: 'failed', error });
    }
  };

  return {
    ...IDLE,
    projectId: null,
    start: async (projectId, files) => {
      if (isBusy(get().phase)) return;
      set({ ...IDLE, projectId, phase: 'looking' });
      try {
        const picked = await files;
        if (picked.length === 0) {
          set({ ...IDLE, phase: 'failed', error: { code: 'no_files' } });
          return;
        }
        set({ phase: 'starting', found: picked.length });
        const made = await api.post<Import>(`${V1}/projects/${projectId}/imports`);
        uploader = new Uploader(
          picked,
          (batch, onBytes, signal) => sendFiles(made.id, batch, onBytes, signal),
          (progress) => set({ progress }),
        );
        set({ importId: made.id, phase: 'sending' });
      } catch (error) {
        set({ phase: 'failed', error });
        return;
      }
      await run();
    },
    setFound: (found) => set({ found }),
    pause: () => uploader?.pause(),
    resume: async () => {
      set({ phase: 'sending', error: null });
      await run();
    },
    cancel: () => {
      uploader?.cancel();
      uploader = null;
      set({ phase: 'canceled' });
    },
    clear: () => {
      uploader = null;
      set({ ...IDLE });
    },
  };
});
