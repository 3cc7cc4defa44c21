/** Where operations wait until the server has them: IndexedDB, flushed to disk with each stroke. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { NewOperation } from '@/api/readingTypes';

export interface Shelf {
  /** Oldest first. */
  load(): Promise<NewOperation[]>;
  put(operation: NewOperation): Promise<void>;
  remove(opIds: readonly string[]): Promise<void>;
  /** Takes these off (all of them without a list), but keeps them apart: nobody's work is thrown away unasked. */
  setAside(opIds?: readonly string[]): Promise<void>;
  /** What was set aside, oldest first. */
  loadAside(): Promise<NewOperation[]>;
  removeAside(opIds: readonly string[]): Promise<void>;
}

interface Waiting {
  reading_id: number;
  /** Several people may share a browser: each meets only their own work. */
  user_id: number;
  operation: NewOperation;
}

interface ShelfSchema extends DBSchema {
  waiting: { key: number; value: Waiting; indexes: { owner: [number, number] } };
  aside: { key: number; value: Waiting; indexes: { owner: [number, number] } };
}

const PLACES = ['waiting', 'aside'] as const;

const open = (userId: number): Promise<IDBPDatabase<ShelfSchema>> =>
  openDB<ShelfSchema>('medreview-journal', 2, {
    async upgrade(db, oldVersion, _newVersion, tx) {
      for (const place of PLACES) {
        const store = oldVersion < 1 ? db.createObjectStore(place, { autoIncrement: true }) : tx.objectStore(place);
        store.createIndex('owner', ['reading_id', 'user_id']);
        // Version 1 did not say whose work it was: it is taken to be that of the person who opens it.
        let cursor = await store.openCursor();
        while (cursor) {
          await cursor.update({ ...cursor.value, user_id: userId });
          cursor = await cursor.continue();
        }
      }
    },
  });

const DURABLE = { durability: 'strict' } as const;

class IndexedDbShelf implements Shelf {
  private readonly db: Promise<IDBPDatabase<ShelfSchema>>;

  constructor(
    private readonly readingId: number,
    private readonly userId: number,
  ) {
    this.db = open(userId);
  }

  load = (): Promise<NewOperation[]> => this.all('waiting');
  loadAside = (): Promise<NewOperation[]> => this.all('aside');
  remove = (opIds: readonly string[]): Promise<void> => this.take('waiting', opIds);
  removeAside = (opIds: readonly string[]): Promise<void> => this.take('aside', opIds);

  async put(operation: NewOperation): Promise<void> {
    const tx = (await this.db).transaction('waiting', 'readwrite', DURABLE);
    await Promise.all([tx.store.add(this.row(operation)), tx.done]);
  }

  async setAside(opIds?: readonly string[]): Promise<void> {
    const moved = opIds && new Set(opIds);
    const tx = (await this.db).transaction(['waiting', 'aside'], 'readwrite', DURABLE);
    let cursor = await tx.objectStore('waiting').index('owner').openCursor(this.owner);
    while (cursor) {
      if (!moved || moved.has(cursor.value.operation.op_id)) {
        await tx.objectStore('aside').add(cursor.value);
        await cursor.delete();
      }
      cursor = await cursor.continue();
    }
    await tx.done;
  }

  private get owner(): [number, number] {
    return [this.readingId, this.userId];
  }

  private row(operation: NewOperation): Waiting {
    return { reading_id: this.readingId, user_id: this.userId, operation };
  }

  private async all(place: (typeof PLACES)[number]): Promise<NewOperation[]> {
    const found = await (await this.db).getAllFromIndex(place, 'owner', this.owner);
    return found.map(({ operation }) => operation);
  }

  private async take(place: (typeof PLACES)[number], opIds: readonly string[]): Promise<void> {
    const gone = new Set(opIds);
    const tx = (await this.db).transaction(place, 'readwrite', DURABLE);
    let cursor = await tx.store.index('owner').openCursor(this.owner);
    while (cursor) {
      if (gone.has(cursor.value.operation.op_id)) await cursor.delete();
      cursor = await cursor.continue();
    }
    await tx.done;
  }
}

/** For browsers that forbid IndexedDB: keeps nothing over a crash. */
export class MemoryShelf implements Shelf {
  aside: NewOperation[] = [];

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

  async setAside(opIds: readonly string[] = this.waiting.map(({ op_id: opId }) => opId)): Promise<void> {
    this.aside.push(...this.waiting.filter(({ op_id: opId }) => opIds.includes(opId)));
    await this.remove(opIds);
  }

  async loadAside(): Promise<NewOperation[]> {
    return [...this.aside];
  }

  async removeAside(opIds: readonly string[]): Promise<void> {
    this.aside = this.aside.filter(({ op_id: opId }) => !opIds.includes(opId));
  }
}

export async function openShelf(readingId: number, userId: number): Promise<Shelf> {
  try {
    const shelf = new IndexedDbShelf(readingId, userId);
    await shelf.load();
    return shelf;
  } catch {
    return new MemoryShelf();
  }
}
