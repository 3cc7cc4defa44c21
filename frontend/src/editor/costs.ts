/** What each suggestion cost the reader: strokes on it, and seconds while it was the current row and the page was in front. */
import type { SubmitCost } from '@/api/readingTypes';

/** Longer without a sign of the reader is a break, not work. */
const IDLE_S = 60;

type Cost = { strokes: number; seconds: number };

interface CostRecord {
  costs: SubmitCost[];
  elapsed: number;
}

/** Where costs outlive a reload; they are no clinical work, so losing them is no error. */
export interface CostShelf {
  load(): CostRecord | null;
  save(record: CostRecord): void;
}

export function localCostShelf(readingId: number, storage: Pick<Storage, 'getItem' | 'setItem'> | null): CostShelf {
  const key = `medreview.costs.${readingId}`;
  return {
    load() {
      try {
        return JSON.parse(storage?.getItem(key) ?? 'null') as CostRecord | null;
      } catch {
        return null;
      }
    },
    save(record) {
      try {
        storage?.setItem(key, JSON.stringify(record));
      } catch {
        // Full or forbidden storage: the costs of this page alone are sent.
      }
    },
  };
}

export class CostMeter {
  private readonly costs = new Map<number, Cost>();
  private current: number | null = null;
  private active = 0;
  private lastSign: number;

  constructor(
    private readonly nowMs: () => number,
    elapsedSeconds = 0,
    private readonly shelf: CostShelf | null = null,
  ) {
    const saved = shelf?.load() ?? null;
    for (const { suggestion_id: id, strokes, seconds } of saved?.costs ?? []) this.costs.set(id, { strokes, seconds });
    this.active = Math.max(elapsedSeconds, saved?.elapsed ?? 0);
    this.lastSign = nowMs();
  }

  /** Any sign of the reader: time since the last one counts, up to a minute. */
  sign(): void {
    const now = this.nowMs();
    const seconds = Math.min(IDLE_S, Math.max(0, (now - this.lastSign) / 1000));
    this.lastSign = now;
    this.active += seconds;
    if (this.current !== null) this.of(this.current).seconds += seconds;
  }

  /** The page went to the back: nothing counts until it returns. */
  pause(): void {
    this.sign();
    this.keep();
  }

  resume(): void {
    this.lastSign = this.nowMs();
  }

  focus(suggestionId: number | null): void {
    this.sign();
    this.current = suggestionId;
    this.keep();
  }

  stroke(suggestionId: number): void {
    this.of(suggestionId).strokes += 1;
    this.keep();
  }

  get elapsedSeconds(): number {
    return Math.round(this.active);
  }

  /** The same, with the seconds since the last sign, for a running clock. */
  elapsedNow(): number {
    return Math.round(this.active + Math.min(IDLE_S, Math.max(0, (this.nowMs() - this.lastSign) / 1000)));
  }

  list(): SubmitCost[] {
    return [...this.costs].map(([id, { strokes, seconds }]) => ({
      suggestion_id: id,
      strokes,
      seconds: Math.round(seconds * 10) / 10,
    }));
  }

  private keep(): void {
    this.shelf?.save({ costs: this.list(), elapsed: this.elapsedSeconds });
  }

  private of(id: number): Cost {
    const known = this.costs.get(id);
    if (known) return known;
    const fresh = { strokes: 0, seconds: 0 };
    this.costs.set(id, fresh);
    return fresh;
  }
}
