/** The project's jobs, the state of the installation, and what people did day by day. For managers. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, query, V1 } from './client';
import { keys } from './keys';
import type { Activity, Job, JobEvent, JobFilter, JobList, Status } from './types';

const OPEN_POLL_MS = 2000;
const IDLE_POLL_MS = 10_000;
const STATUS_POLL_MS = 5000;

/** Live events refetch; polling covers a lost event and the ages of what runs. */
export function useJobs(projectId: number, state: JobFilter, kind = '') {
  return useInfiniteQuery({
    queryKey: keys.jobList(projectId, state, kind),
    queryFn: ({ pageParam, signal }) =>
      api.get<JobList>(`${V1}/projects/${projectId}/jobs${query({ state, kind, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: (current) => (state === 'open' && current.state.data?.pages[0]?.count ? OPEN_POLL_MS : IDLE_POLL_MS),
  });
}

export function useJobEvent(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, event }: { id: number; event: JobEvent }) => api.post<Job>(`${V1}/jobs/${id}/${event}`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.project(projectId) }),
  });
}

export function useStatus(projectId: number) {
  return useQuery({
    queryKey: keys.status(projectId),
    queryFn: ({ signal }) => api.get<Status>(`${V1}/projects/${projectId}/status`, { signal }),
    refetchInterval: STATUS_POLL_MS,
  });
}

/** Days are those of this browser's time zone. */
export function useActivity(projectId: number, days: number) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  return useQuery({
    queryKey: keys.activity(projectId, days),
    queryFn: ({ signal }) => api.get<Activity>(`${V1}/projects/${projectId}/activity${query({ days: String(days), zone })}`, { signal }),
    refetchInterval: 60_000,
  });
}
