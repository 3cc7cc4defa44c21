/** How the journal reaches the server. Tests give another one. */
import { api, ApiError, V1 } from '@/api/client';
import type { NewOperation, OperationsReceipt, StaleJournal, StoredOperation } from '@/api/readingTypes';

export interface JournalTransport {
  /** Throws ApiError. */
  post(ifMatch: number, operations: readonly NewOperation[]): Promise<OperationsReceipt>;
  since(seq: number): Promise<{ seq: number; operations: StoredOperation[] }>;
}

export function httpTransport(readingId: number): JournalTransport {
  const path = `${V1}/readings/${readingId}/operations`;
  return {
    post: (ifMatch, operations) => api.post<OperationsReceipt>(path, { operations }, { ifMatch }),
    since: (seq) => api.get(`${path}?since=${seq}`),
  };
}

/** What a 412 says about the journal; null when the answer is something else. */
export function staleJournal(error: unknown): StaleJournal | null {
  if (!(error instanceof ApiError) || error.status !== 412) return null;
  const places = [error.body, error.fields];
  for (const place of places) {
    const found = place as Partial<StaleJournal> | null;
    if (typeof found?.seq === 'number' && Array.isArray(found.operations)) return { seq: found.seq, operations: found.operations };
  }
  return null;
}
