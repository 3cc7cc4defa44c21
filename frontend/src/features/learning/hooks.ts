/** Queries and mutations of the learning page. Live events refetch; polling covers a lost event and a running training. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, V1 } from '@/api/client';
import { keys } from '@/api/keys';
import type { Learning, Model, ModelEvent, ReasonInput, RetrainInput, Run, RunDetail } from '@/features/learning/types';

const RUNNING_POLL_MS = 2000;
const IDLE_POLL_MS = 15_000;

export function useLearning(projectId: number) {
  return useQuery({
    queryKey: keys.learning(projectId),
    queryFn: ({ signal }) => api.get<Learning>(`${V1}/projects/${projectId}/learning`, { signal }),
    refetchInterval: (current) => (current.state.data?.running ? 2 * RUNNING_POLL_MS : IDLE_POLL_MS),
  });
}

export function isOpenRun(run: Pick<Run, 'state'> | null | undefined): boolean {
  return run?.state === 'queued' || run?.state === 'running';
}

export function useRun(runId: number | null) {
  return useQuery({
    queryKey: keys.trainingRun(runId ?? 0),
    queryFn: ({ signal }) => api.get<RunDetail>(`${V1}/training-runs/${runId}`, { signal }),
    enabled: runId !== null,
    refetchInterval: (current) => (isOpenRun(current.state.data) ? RUNNING_POLL_MS : false),
  });
}

function useLearningMutation<Input, Output>(projectId: number, send: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: keys.learning(projectId) });
      await client.invalidateQueries({ queryKey: keys.jobs(projectId) });
      await client.invalidateQueries({ queryKey: ['training-run'] });
    },
  });
}

export function useRetrain(projectId: number) {
  return useLearningMutation(projectId, (network: string) => api.post<Run>(`${V1}/projects/${projectId}/retrain`, { network } satisfies RetrainInput));
}

export function useCancelRun(projectId: number) {
  return useLearningMutation(projectId, (runId: number) => api.post<Run>(`${V1}/training-runs/${runId}/cancel`));
}

export function useModelEvent(projectId: number) {
  return useLearningMutation(projectId, ({ modelId, event, reason }: { modelId: number; event: ModelEvent; reason: string }) =>
    api.post<Model>(`${V1}/models/${modelId}/${event}`, { reason: reason.trim() } satisfies ReasonInput),
  );
}
