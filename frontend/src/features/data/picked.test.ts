import { describe, expect, it, vi } from 'vitest';
import { isClutter, takeList, walk, type Entry } from './picked';

function fileEntry(path: string): Entry {
  const name = path.split('/').pop() ?? '';
  return { isFile: true, isDirectory: false, fullPath: `/${path}`, name, file: (done: (file: File) => void) => done(new File([path], name)) } as Entry;
}

/** Hands out its children in portions of 100, as Chromium does. */
function folder(path: string, children: Entry[]): Entry {
  return {
    isFile: false,
    isDirectory: true,
    fullPath: `/${path}`,
    name: path.split('/').pop() ?? '',
    createReader: () => {
      let at = 0;
      return {
        readEntries: (done: (entries: Entry[]) => void) => {
          done(children.slice(at, at + 100));
          at += 100;
        },
      };
    },
  } as Entry;
}

describe('walking folders', () => {
  it('finds every file of a folder with more entries than one call hands out', async () => {
    const slices = Array.from({ length: 250 }, (_, index) => fileEntry(`ct/${index}.dcm`));
    const found = await walk([folder('ct', slices)]);
    expect(found).toHaveLength(250);
    expect(new Set(found.map((picked) => picked.path)).size).toBe(250);
  });

  it('keeps nested paths, without the leading slash, and orders names as a person counts', async () => {
    const found = await walk([folder('study', [folder('study/b', [fileEntry('study/b/10.dcm'), fileEntry('study/b/2.dcm')]), folder('study/a', [fileEntry('study/a/1.dcm')])])]);
    expect(found.map((picked) => picked.path)).toEqual(['study/a/1.dcm', 'study/b/2.dcm', 'study/b/10.dcm']);
  });

  it('leaves the clutter of operating systems behind', async () => {
    const found = await walk([folder('x', [fileEntry('x/.DS_Store'), fileEntry('x/DICOMDIR'), fileEntry('x/Thumbs.db')])]);
    expect(found.map((picked) => picked.path)).toEqual(['x/DICOMDIR']);
    expect(isClutter('a/__MACOSX/b.dcm')).toBe(true);
    expect(isClutter('a/._1.dcm')).toBe(true);
    expect(isClutter('a/1.dcm')).toBe(false);
  });

  it('says how many it has found', async () => {
    const heard = vi.fn();
    await walk([folder('ct', Array.from({ length: 120 }, (_, index) => fileEntry(`ct/${index}`)))], heard);
    expect(heard.mock.calls.map(([count]) => count as number)).toEqual([50, 100, 120]);
  });

  it('fails when a file cannot be read, and does not go on silently', async () => {
    const broken = { ...fileEntry('x/1'), file: (_done: unknown, failed: (error: unknown) => void) => failed(new Error('gone')) } as Entry;
    await expect(walk([broken])).rejects.toThrow('gone');
  });
});

it('takes the relative path of a chosen folder', () => {
  const inside = new File(['x'], '1.dcm');
  Object.defineProperty(inside, 'webkitRelativePath', { value: 'ct/ser1/1.dcm' });
  expect(takeList([inside, new File(['x'], 'a.zip')]).map((picked) => picked.path)).toEqual(['ct/ser1/1.dcm', 'a.zip']);
});
