/** React-query hooks over the contract. Reads are queries; writes are mutations that refetch what they touch. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, query, V1 } from './client';
import { keys } from './keys';
import type { Reading, ReviewList } from './readingTypes';
import { demoUsers } from './session';
import type { CaseList, Export, ExportFormat, ExportInput, ExportList, Import, ImportList, Me, NewProject, Preferences, Project, ProjectChange, ProjectDetail, QuarantineEvent, QuarantineList, QuarantineState, Quarantined, ReadingId, SkipInput, Worklist } from './types';

// ── People and projects ───────────────────────────────────────────────────────────────────────────
export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: ({ signal }) => api.get<Me>(`${V1}/me`, { signal }), staleTime: 30_000 });
}

export function useUpdateMe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Preferences) => api.patch<Me>(`${V1}/me`, change),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  });
}

export function useDemoUsers() {
  return useQuery({ queryKey: keys.demo, queryFn: demoUsers, staleTime: Infinity });
}

/** The project of the address bar's slug, from `me`; undefined while loading or when it is not the user's. */
export function useProjectBySlug(slug: string | undefined): Project | undefined {
  return useMe().data?.projects.find((project) => project.slug === slug);
}

export function useProjectDetail(projectId: number) {
  return useQuery({
    queryKey: keys.project(projectId),
    queryFn: ({ signal }) => api.get<ProjectDetail>(`${V1}/projects/${projectId}`, { signal }),
  });
}

export function useUpdateProject(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ProjectChange) => api.patch<ProjectDetail>(`${V1}/projects/${projectId}`, change),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.project(projectId) });
      await client.invalidateQueries({ queryKey: keys.me });
    },
  });
}

export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewProject) => api.post<ProjectDetail>(`${V1}/projects`, body),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  });
}

// ── Work list ─────────────────────────────────────────────────────────────────────────────────────
export function useWorklist(projectId: number, enabled = true) {
  return useQuery({
    queryKey: keys.worklist(projectId),
    queryFn: ({ signal }) => api.get<Worklist>(`${V1}/projects/${projectId}/worklist`, { signal }),
    enabled,
  });
}

export function useClaimNext(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.post<ReadingId>(`${V1}/projects/${projectId}/worklist/next`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.worklist(projectId) }),
  });
}

export function useClaimCase(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (caseId: number) => api.post<ReadingId>(`${V1}/cases/${caseId}/claim`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.worklist(projectId) }),
  });
}

export function useSkipReading(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ readingId, reason }: { readingId: number; reason: string }) =>
      api.post(`${V1}/readings/${readingId}/skip`, { reason } satisfies SkipInput),
    onSettled: () => client.invalidateQueries({ queryKey: keys.worklist(projectId) }),
  });
}

export function useReleaseReading(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (readingId: number) => api.post(`${V1}/readings/${readingId}/release`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.worklist(projectId) }),
  });
}

// ── Reading and review ────────────────────────────────────────────────────────────────────────────
export function useReading(readingId: number) {
  return useQuery({
    queryKey: keys.reading(readingId),
    queryFn: ({ signal }) => api.get<Reading>(`${V1}/readings/${readingId}`, { signal }),
  });
}

export function useReviews(projectId: number) {
  return useQuery({
    queryKey: keys.reviews(projectId),
    queryFn: ({ signal }) => api.get<ReviewList>(`${V1}/projects/${projectId}/reviews`, { signal }),
  });
}

// ── Data in and out ───────────────────────────────────────────────────────────────────────────────
export function useImports(projectId: number) {
  return useQuery({
    queryKey: keys.imports(projectId),
    queryFn: ({ signal }) => api.get<ImportList>(`${V1}/projects/${projectId}/imports`, { signal }),
  });
}

const IMPORT_POLL_MS = 1500;

/** One import; asks again by itself while the server works on it. */
export function useImport(importId: number | null) {
  return useQuery({
    queryKey: keys.import(importId ?? 0),
    queryFn: ({ signal }) => api.get<Import>(`${V1}/imports/${importId}`, { signal }),
    enabled: importId !== null,
    refetchInterval: (running) => {
      const state = running.state.data?.state;
      return state === 'queued' || state === 'running' ? IMPORT_POLL_MS : false;
    },
  });
}

export function useCases(projectId: number, q: string, side: string) {
  return useInfiniteQuery({
    queryKey: keys.cases(projectId, q, side),
    queryFn: ({ pageParam, signal }) =>
      api.get<CaseList>(`${V1}/projects/${projectId}/cases${query({ q, side, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

export function useQuarantine(projectId: number, state: QuarantineState) {
  return useInfiniteQuery({
    queryKey: keys.quarantine(projectId, state),
    queryFn: ({ pageParam, signal }) =>
      api.get<QuarantineList>(`${V1}/projects/${projectId}/quarantine${query({ state, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

export const resolveQuarantined = (id: number, event: QuarantineEvent): Promise<Quarantined> =>
  api.post<Quarantined>(`${V1}/quarantine/${id}/${event}`);

export function useExports(projectId: number) {
  return useQuery({
    queryKey: keys.exports(projectId),
    queryFn: ({ signal }) => api.get<ExportList>(`${V1}/projects/${projectId}/exports`, { signal }),
    refetchInterval: (list) => {
      const open = list.state.data?.results.some((item) => item.state === 'queued' || item.state === 'running');
      return open ? IMPORT_POLL_MS : false;
    },
  });
}

export function useCreateExport(projectId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (format: ExportFormat) => api.post<Export>(`${V1}/projects/${projectId}/exports`, { format } satisfies ExportInput),
    onSettled: () => client.invalidateQueries({ queryKey: keys.exports(projectId) }),
  });
}
