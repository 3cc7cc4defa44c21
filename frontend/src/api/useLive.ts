/** Binds the live hub to react-query: an event refetches the queries of its kind. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { V1 } from './client';
import { keys } from './keys';
import { LiveHub, type Channel, type LiveEvent, type LiveStatus, type LiveType, type Source } from './live';

const everything = (projectId: number) => [keys.project(projectId), ['import'], ['training-run'], ['model'], keys.me] as const;

const TOUCHED: Record<LiveType, (projectId: number, id: number | null) => readonly (readonly unknown[])[]> = {
  ready: everything,
  worklist: (projectId) => [keys.worklist(projectId), keys.me],
  review: (projectId) => [keys.reviews(projectId), keys.me],
  learning: (projectId) => [keys.learning(projectId), keys.jobs(projectId), ['training-run'], ['model'], keys.me],
  import: (projectId, id) => [
    keys.imports(projectId),
    id === null ? ['import'] : keys.import(id),
    ['project', projectId, 'cases'],
    keys.jobs(projectId),
    keys.me,
  ],
  export: (projectId) => [keys.exports(projectId), keys.jobs(projectId)],
  job: (projectId) => [keys.jobs(projectId), keys.status(projectId)],
  // An open case stays still: the reading page listens itself and decides. Only the lists are refetched.
  reading: (projectId) => [keys.worklist(projectId), keys.reviews(projectId), keys.me],
};

function refetch(client: QueryClient, projectId: number, event: LiveEvent): void {
  for (const queryKey of TOUCHED[event.type](projectId, event.id)) void client.invalidateQueries({ queryKey });
}

function openChannel(projectId: number): Channel | null {
  return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(`medreview-live-${projectId}`);
}

function openSource(projectId: number): Source | null {
  return typeof EventSource === 'undefined' ? null : new EventSource(`${V1}/projects/${projectId}/events`);
}

/** A name for this tab; crypto.randomUUID is missing on plain http. */
function makeTabId(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

export function useLive(projectId: number | undefined): LiveStatus {
  const client = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>('connecting');
  useEffect(() => {
    if (projectId === undefined) return undefined;
    const hub = new LiveHub({
      tabId: makeTabId(),
      openChannel: () => openChannel(projectId),
      openSource: () => openSource(projectId),
      onEvent: (event) => refetch(client, projectId, event),
      onStatus: setStatus,
      onPoll: () => refetch(client, projectId, { type: 'ready', id: null }),
    });
    return () => {
      hub.stop();
      setStatus('connecting');
    };
  }, [client, projectId]);
  return status;
}
