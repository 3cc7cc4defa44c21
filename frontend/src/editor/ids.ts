/** Names made in the browser. `crypto.randomUUID` exists on https only; `getRandomValues` exists everywhere. */

export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('');
}

const BROWSER_KEY = 'medreview.browser';

/** The same for every page of this browser, so that after a crash the browser knows its own operations again. */
export function browserId(storage: Pick<Storage, 'getItem' | 'setItem'> | null): string {
  try {
    const known = storage?.getItem(BROWSER_KEY);
    if (known && /^[0-9a-f]{12}$/.test(known)) return known;
    const made = randomHex(6);
    storage?.setItem(BROWSER_KEY, made);
    return made;
  } catch {
    // Storage may be forbidden by the browser's settings; a name for this page alone is enough then.
    return randomHex(6);
  }
}

export const newOpId = (browser: string): string => `${browser}-${randomHex(10)}`;
export const newFindingId = (): string => `f-${randomHex(8)}`;
export const isOpOf = (browser: string, opId: string): boolean => opId.startsWith(`${browser}-`);
