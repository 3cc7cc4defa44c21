/** Which words fit a row: pure, so that header, table and preview say the same. */
import type { WorklistRow, WorklistStatus } from '@/api/types';
import type { Tone } from '@/ui/Chip';

export type OpenVerb = 'resume' | 'read' | 'look' | 'correct';

export function openVerb(row: WorklistRow): OpenVerb {
  if (row.status === 'returned') return 'correct';
  if (row.status === 'open') return 'resume';
  return row.status === 'new' ? 'read' : 'look';
}

export const STATUS_TONE: Record<WorklistStatus, Tone> = {
  new: 'neutral',
  open: 'action',
  returned: 'rejected',
  submitted: 'action',
  approved: 'accepted',
  rejected: 'rejected',
  superseded: 'neutral',
};

/** Statuses whose word keeps the text's colour: only what needs the eye is coloured. */
export function isPlainStatus(status: WorklistStatus): boolean {
  return status === 'new' || status === 'superseded' || status === 'submitted';
}

/** A model's version as v12; empty where no model is meant. */
export function versionWord(version: number | null): string {
  return version === null ? '' : `v${version}`;
}

/** A case that nobody finished can be skipped. */
export function canSkip(row: WorklistRow | null): boolean {
  return row !== null && (row.status === 'new' || row.status === 'open' || row.status === 'returned');
}
