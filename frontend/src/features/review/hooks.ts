/** Mutations of the review page. Reads come from api/hooks. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, V1 } from '@/api/client';
import { keys } from '@/api/keys';
import type { Comment, CommentInput, DecisionReceipt, ResolveInput, ReviewDecision, ReviewInput, ReviewOpened } from '@/api/readingTypes';

/** Opening is idempotent per reviewer; it runs once per reading and is not tried on one's own where that is refused. */
export function useOpenReview(readingId: number, isEnabled: boolean) {
  return useQuery({
    queryKey: ['review-open', readingId],
    queryFn: () => api.post<ReviewOpened>(`${V1}/readings/${readingId}/review`),
    enabled: isEnabled,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

export function useEditReview(readingId: number) {
  return useMutation({ mutationFn: () => api.post<ReviewOpened>(`${V1}/readings/${readingId}/review`, { mode: 'edit' } satisfies ReviewInput) });
}

export function useDecide(projectId: number, readingId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (decision: ReviewDecision) => api.post<DecisionReceipt>(`${V1}/readings/${readingId}/decision`, decision),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: keys.reviews(projectId) });
      await client.invalidateQueries({ queryKey: keys.reading(readingId) });
      await client.invalidateQueries({ queryKey: keys.me });
    },
  });
}

export type CommentPoint = NonNullable<Comment['point']>;

export function useAddComment(readingId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (comment: CommentInput) => api.post<Comment>(`${V1}/readings/${readingId}/comments`, comment),
    onSettled: () => client.invalidateQueries({ queryKey: keys.reading(readingId) }),
  });
}

export function useResolveComment(readingId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, resolved }: { id: number; resolved: boolean }) => api.patch<Comment>(`${V1}/comments/${id}`, { resolved } satisfies ResolveInput),
    onSettled: () => client.invalidateQueries({ queryKey: keys.reading(readingId) }),
  });
}
