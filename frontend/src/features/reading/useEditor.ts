/** Opens a reading: its journal from the server, what this browser still keeps, and the editor over both. */
import { createContext, useContext, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { api, V1 } from '@/api/client';
import type { Reading } from '@/api/readingTypes';
import { Editor } from '@/editor/editor';
import type { Effects } from '@/editor/commands';
import { openShelf } from '@/editor/shelf';
import { httpTransport } from '@/editor/transport';
import type { Workbench } from '@/editor/workbench';

export type Opening = { state: 'loading' } | { state: 'failed'; error: unknown; retry: () => void } | { state: 'open'; editor: Editor };

async function openEditor(readingId: number, userId: number, signal: AbortSignal): Promise<Editor> {
  const transport = httpTransport(readingId);
  const [reading, { operations }, shelf] = await Promise.all([
    api.get<Reading>(`${V1}/readings/${readingId}`, { signal }),
    transport.since(0),
    openShelf(readingId, userId),
  ]);
  const editor = new Editor({ reading, stored: operations, shelf, transport });
  await editor.recover();
  return editor;
}

/** Fetches once and holds still: an open case does not change under the reader's hands. */
export function useOpening(readingId: number, userId: number): Opening {
  const [opening, setOpening] = useState<Opening>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let editor: Editor | null = null;
    setOpening({ state: 'loading' });
    openEditor(readingId, userId, stop.signal).then(
      (opened) => {
        if (stop.signal.aborted) return void opened.close();
        editor = opened;
        setOpening({ state: 'open', editor });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setOpening({ state: 'failed', error, retry: () => setAttempt((count) => count + 1) });
      },
    );
    return () => {
      stop.abort();
      void editor?.close();
    };
  }, [readingId, userId, attempt]);
  return opening;
}

export interface Room {
  readonly editor: Editor;
  readonly effects: Effects;
}

export const RoomContext = createContext<Room | null>(null);

export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (!room) throw new Error('useRoom needs a RoomContext above it');
  return room;
}

export function useBench<T>(select: (bench: Workbench) => T): T {
  return useStore(useRoom().editor.store, select);
}
