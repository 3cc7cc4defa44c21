/** Notices that the server serves a newer front end than this tab runs: by the entry script's name, which holds a hash. */
import { useSyncExternalStore } from 'react';

export const CLIENT_HEADER = 'X-MedReview-Client';

const entryName = (path: string): string => /\/assets\/(index-[\w-]+\.js)$/.exec(path)?.[1] ?? '';

/** Empty while developing, where nothing is compared. */
let own = '';
let outdated = false;
const listeners = new Set<() => void>();

/** Called with each answer's header. */
export function noteServed(served: string | null): void {
  const now = Boolean(own && served && served !== own);
  if (!served || now === outdated) return;
  outdated = now;
  for (const listener of listeners) listener();
}

export const isOutdated = (): boolean => outdated;

/** True once the server was upgraded under this tab. */
export function useOutdated(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isOutdated);
}

/** Which entry script this tab runs; said once, at the start. */
export function setOwnEntry(path: string): void {
  own = entryName(path);
}
