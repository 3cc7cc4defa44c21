/** How a reviewer who edits in the reading room ends: with a decision where a reader would submit. */
import { api, V1 } from '@/api/client';
import type { DecisionReceipt, Reading, ReviewDecision } from '@/api/readingTypes';

/** A submitted reading that its viewer may change can only be a review opened for editing. */
export function isReviewEdit(reading: Pick<Reading, 'state' | 'editable'>): boolean {
  return reading.state === 'submitted' && reading.editable;
}

export function approveEdited(readingId: number): Promise<DecisionReceipt> {
  return api.post<DecisionReceipt>(`${V1}/readings/${readingId}/decision`, { outcome: 'approve', reasons: [], note: '' } satisfies ReviewDecision);
}

export function reviewUrl(slug: string, readingId: number | null): string {
  return readingId === null ? `/p/${slug}/review` : `/p/${slug}/review/${readingId}`;
}
