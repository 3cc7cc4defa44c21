/** Where operations wait until the server has them: IndexedDB, flushed to disk with each stroke. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { NewOperation } from '@/api/readingTypes';

export interface Shelf {
  /** Oldest first. */
  load(): Promise<NewOperation[]>;
  put(operation: NewOperation): Promise<void>;
  remove(opIds: readonly string[]): Promise<void>;
  /** Takes everything off, but keeps it readable as set aside. */
  setAside(): Promise<void>;
}

interface Waiting {
  reading_id: number;
  operation: NewOperation;
}

interface ShelfSchema extends DBSchema {
  waiting: { key: number; value: Waiting; indexes: { reading: number } };
  aside: { key: number; value: Waiting & { at: string } };
}

const open = (): Promise<IDBPDatabase<ShelfSchema>> =>
  openDB<ShelfSchema>('medreview-journal', 1, {
    upgrade(db) {
      db.createObjectStore('waiting', { autoIncrement: true }).createIndex('reading', 'reading_id');
      db.createObjectStore('aside', { autoIncrement: true });
    },
  });

const DURABLE = { durability: 'strict' } as const;

export class IndexedDbShelf implements Shelf {
  private readonly db = open();

  constructor(private readonly readingId: number) {}

  async load(): Promise<NewOperation[]> {
    const found = await (await this.db).getAllFromIndex('waiting', 'reading', this.readingId);
    return found.map(({ operation }) => operation);
  }

  async put(operation: NewOperation): Promise<void> {
    const tx = (await this.db).transaction('waiting', 'readwrite', DURABLE);
    await Promise.all([tx.store.add({ reading_id: this.readingId, operation }), tx.done]);
  }

  async remove(opIds: readonly string[]): Promise<void> {
    const gone = new Set(opIds);
    const tx = (await this.db).transaction('waiting', 'readwrite', DURABLE);
    let cursor = await tx.store.index('reading').openCursor(this.readingId);
    while (cursor) {
      if (gone.has(cursor.value.operation.op_id)) await cursor.delete();
      cursor = await cursor.continue();
    }
    await tx.done;
  }

  async setAside(): Promise<void> {
    const tx = (await this.db).transaction(['waiting', 'aside'], 'readwrite', DURABLE);
    let cursor = await tx.objectStore('waiting').index('reading').openCursor(this.readingId);
    while (cursor) {
      await tx.objectStore('aside').add({ ...cursor.value, at: new Date().toISOString() });
      await cursor.delete();
      cursor = await cursor.continue();
    }
    await tx.done;
  }
}

/** For browsers that forbid IndexedDB: keeps nothing over a crash. */
export class MemoryShelf implements Shelf {
  readonly aside: NewOperation[] = [];

  constructor(private waiting: NewOperation[] = []) {}

  async load(): Promise<NewOperation[]> {
    return [...this.waiting];
  }

  async put(operation: NewOperation): Promise<void> {
    this.waiting.push(operation);
  }

  async remove(opIds: readonly string[]): Promise<void> {
    this.waiting = this.waiting.filter(({ op_id: opId }) => !opIds.includes(opId));
  }

  async setAside(): Promise<void> {
    this.aside.push(...this.waiting);
    this.waiting = [];
  }
}

export async function openShelf(readingId: number): Promise<Shelf> {
  try {
    const shelf = new IndexedDbShelf(readingId);
    await shelf.load();
    return shelf;
  } catch {
    return new MemoryShelf();
  }
}
