/** Comments with the numbers that stand on the image and in the list. */
import type { Comment } from '@/api/readingTypes';

export interface NumberedComment extends Comment {
  number: number;
}

export function numbered(comments: readonly Comment[]): NumberedComment[] {
  return [...comments].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id - b.id).map((comment, index) => ({ ...comment, number: index + 1 }));
}

export function openCount(comments: readonly Comment[]): number {
  return comments.filter((comment) => !comment.resolved).length;
}
