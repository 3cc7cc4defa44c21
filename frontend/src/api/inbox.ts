/** What came by C-STORE to an AE title that leads nowhere, and where AE titles lead. For managers. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, V1 } from './client';
import { keys } from './keys';
import type { AeRoute, AeRouteInput, AeRouteList, DiscardReason, Import, InboxList } from './types';

const INBOX_POLL_MS = 5000;

/** No project's live events tell of the inbox, so it is asked. */
export function useInbox() {
  return useQuery({
    queryKey: keys.inbox,
    queryFn: ({ signal }) => api.get<InboxList>(`${V1}/inbox`, { signal }),
    refetchInterval: INBOX_POLL_MS,
  });
}

export function useTakeFromInbox(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (uids: string[]) => api.post<Import>(`${V1}/inbox/assign`, { project_id: projectId, study_instance_uids: uids }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: keys.inbox });
      await client.invalidateQueries({ queryKey: keys.imports(projectId) });
    },
  });
}

export function useDiscardFromInbox() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ uids, reason }: { uids: string[]; reason: DiscardReason }) =>
      api.post<{ deleted: number }>(`${V1}/inbox/delete`, { study_instance_uids: uids, reason }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.inbox }),
  });
}

export function useRoutes(projectId: number) {
  return useQuery({
    queryKey: keys.routes(projectId),
    queryFn: ({ signal }) => api.get<AeRouteList>(`${V1}/projects/${projectId}/ae-routes`, { signal }),
  });
}

export function useAddRoute(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (route: AeRouteInput) => api.post<AeRoute>(`${V1}/projects/${projectId}/ae-routes`, route),
    onSettled: () => client.invalidateQueries({ queryKey: keys.routes(projectId) }),
  });
}

export function useRemoveRoute(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (routeId: number) => api.delete(`${V1}/ae-routes/${routeId}`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.routes(projectId) }),
  });
}
