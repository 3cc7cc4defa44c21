/** The slices of a stack as they arrive: a few at a time, nearest to the reader first, so that scrolling comes first. */
import { cache, Enums, eventTarget, imageLoader } from '@cornerstonejs/core';
import type { Stack } from '@/api/readingTypes';

const AT_ONCE = 3;

interface Arrival {
  readonly done: Promise<void>;
  /** Where the reader is now. */
  around: () => number;
  users: number;
}

const arrivals = new Map<number, Arrival>();

async function load(imageId: string): Promise<void> {
  const known = cache.getImageLoadObject(imageId)?.promise as Promise<unknown> | undefined;
  // A slice that cannot be loaded says so when it is shown; here it only must not stop the others.
  await (known ?? imageLoader.loadAndCacheImage(imageId)).catch(() => undefined);
}

function begin(stack: Stack, around: () => number): Arrival {
  const left = new Set(stack.image_ids.keys());
  const nearest = () => {
    const at = arrival.around();
    return [...left].reduce((best, k) => (Math.abs(k - at) < Math.abs(best - at) ? k : best));
  };
  const worker = async () => {
    while (left.size > 0 && arrival.users > 0) {
      const k = nearest();
      left.delete(k);
      await load(stack.image_ids[k] ?? '');
    }
  };
  const arrival: Arrival = {
    around,
    users: 0,
    done: Promise.resolve()
      .then(() => Promise.all(Array.from({ length: AT_ONCE }, worker)))
      .then(() => undefined),
  };
  return arrival;
}

/**
 * Fetches every slice of a stack; views of the same stack share one arrival. `done` resolves when each was tried;
 * `release` ends it once no view wants it any more.
 */
export function arrive(stack: Stack, around: () => number): { done: Promise<void>; release: () => void } {
  const arrival = arrivals.get(stack.id) ?? begin(stack, around);
  arrivals.set(stack.id, arrival);
  arrival.around = around;
  arrival.users += 1;
  const release = () => {
    arrival.users -= 1;
    if (arrival.users === 0 && arrivals.get(stack.id) === arrival) arrivals.delete(stack.id);
  };
  return { done: arrival.done, release };
}

export const loadedSlices = (stack: Stack): number => stack.image_ids.filter((id) => cache.getImage(id)).length;

/** Calls back, at most every 150 ms, while images arrive. */
export function onImagesArriving(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const arrived = () => {
    timer ??= setTimeout(() => {
      timer = null;
      listener();
    }, 150);
  };
  eventTarget.addEventListener(Enums.Events.IMAGE_CACHE_IMAGE_ADDED, arrived);
  return () => {
    if (timer) clearTimeout(timer);
    eventTarget.removeEventListener(Enums.Events.IMAGE_CACHE_IMAGE_ADDED, arrived);
  };
}
