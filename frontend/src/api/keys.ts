/** Query keys in one place, so that a live event knows what to refetch. */
export const keys = {
  me: ['me'] as const,
  demo: ['demo'] as const,
  project: (projectId: number) => ['project', projectId] as const,
  worklist: (projectId: number) => ['project', projectId, 'worklist'] as const,
  reviews: (projectId: number) => ['project', projectId, 'reviews'] as const,
  learning: (projectId: number) => ['project', projectId, 'learning'] as const,
  jobs: (projectId: number) => ['project', projectId, 'jobs'] as const,
  imports: (projectId: number) => ['project', projectId, 'imports'] as const,
  import: (importId: number) => ['import', importId] as const,
  cases: (projectId: number, q: string, side: string) => ['project', projectId, 'cases', q, side] as const,
  exports: (projectId: number) => ['project', projectId, 'exports'] as const,
  reading: (readingId: number) => ['reading', readingId] as const,
  trainingRun: (runId: number) => ['training-run', runId] as const,
  model: (modelId: number) => ['model', modelId] as const,
};
