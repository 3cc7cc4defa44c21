/** How the journal reaches the server. Tests give another one. */
import { api, ApiError, V1 } from '@/api/client';
import type { JournalPage, NewOperation, OperationsReceipt } from '@/api/readingTypes';

export interface JournalTransport {
  /** Throws ApiError. */
  post(ifMatch: number, operations: readonly NewOperation[]): Promise<OperationsReceipt>;
  since(seq: number): Promise<JournalPage>;
}

export function httpTransport(readingId: number): JournalTransport {
  const path = `${V1}/readings/${readingId}/operations`;
  return {
    post: (ifMatch, operations) => api.post<OperationsReceipt>(path, { operations }, { ifMatch }),
    since: (seq) => api.get(`${path}?since=${seq}`),
  };
}

/** What a 412 says about the journal; null when the answer is something else. */
export function staleJournal(error: unknown): JournalPage | null {
  if (!(error instanceof ApiError) || error.status !== 412) return null;
  const found = error.body as Partial<JournalPage> | null;
  return typeof found?.seq === 'number' && Array.isArray(found.operations) ? { seq: found.seq, operations: found.operations } : null;
}
