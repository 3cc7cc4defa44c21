/** From a drop or a file dialog to a flat list of files with their paths. Folders are walked to the bottom. */

export interface PickedFile {
  file: File;
  /** Path inside what was dropped, with forward slashes. */
  path: string;
}

/** What a folder walk needs of the browser's FileSystemEntry; narrow, so that it can be tested. */
export interface Entry {
  isFile: boolean;
  isDirectory: boolean;
  fullPath: string;
  name: string;
}

interface FileEntry extends Entry {
  file(done: (file: File) => void, failed: (error: unknown) => void): void;
}

interface DirectoryEntry extends Entry {
  createReader(): { readEntries(done: (entries: Entry[]) => void, failed: (error: unknown) => void): void };
}

/** Clutter of operating systems: never images, never worth an outcome row. */
const CLUTTER = /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)/i;

export function isClutter(path: string): boolean {
  return CLUTTER.test(path);
}

async function readAll(directory: DirectoryEntry): Promise<Entry[]> {
  const reader = directory.createReader();
  const all: Entry[] = [];
  // Chromium hands out at most 100 entries a call; only an empty answer means the end.
  for (;;) {
    const some = await new Promise<Entry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Walks entries depth first, in name order. `onCount` hears how many files were found so far. */
export async function walk(entries: readonly Entry[], onCount: (files: number) => void = () => undefined): Promise<PickedFile[]> {
  const found: PickedFile[] = [];
  const pending = [...entries].reverse();
  while (pending.length > 0) {
    const entry = pending.pop();
    if (!entry) break;
    const path = entry.fullPath.replace(/^\/+/, '');
    if (entry.isDirectory) {
      const children = await readAll(entry as DirectoryEntry);
      children.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
      pending.push(...children.reverse());
    } else if (!isClutter(path)) {
      const file = await new Promise<File>((done, failed) => (entry as FileEntry).file(done, failed));
      found.push({ file, path });
      if (found.length % 50 === 0) onCount(found.length);
    }
  }
  onCount(found.length);
  return found;
}

/**
 * Takes what a drop holds. The entries must be read inside the event; the walk may go on after it.
 */
export function takeDrop(transfer: DataTransfer, onCount?: (files: number) => void): Promise<PickedFile[]> {
  const entries = Array.from(transfer.items)
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry?.() ?? null)
    .filter((entry): entry is FileSystemEntry => entry !== null);
  if (entries.length > 0) return walk(entries as unknown as Entry[], onCount);
  return Promise.resolve(takeList(transfer.files));
}

/** Files of an `<input type=file>`; a chosen folder gives each file its relative path. */
export function takeList(files: ArrayLike<File>): PickedFile[] {
  return Array.from(files)
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter((picked) => !isClutter(picked.path));
}

export function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && Array.from(transfer.types).includes('Files');
}
