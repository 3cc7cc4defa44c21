import type { SaveState } from '@/editor/journal';
import type { SaveStatus } from '@/ui/SaveState';

/** The journal's state in the words of the fixed slot. What the server refused is still unsaved; the panel says why. */
export function saveStatus(save: SaveState): SaveStatus {
  switch (save.kind) {
    case 'saved':
      return { kind: 'saved', at: save.at };
    case 'unsaved':
    case 'offline':
    case 'signed_out':
      return { kind: save.kind, count: save.count };
    case 'refused':
      return { kind: 'unsaved', count: save.count };
    case 'elsewhere':
      return { kind: 'changed_elsewhere' };
    case 'saving':
    case 'read_only':
      return { kind: save.kind };
  }
}
