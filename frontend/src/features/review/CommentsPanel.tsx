/** Comments: numbered like their pins, amber while open. A new one is pinned to the current finding unless unticked. */
import { Checkbox, Textarea } from '@mantine/core';
import { useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { Chip } from '@/ui/Chip';
import { Key } from '@/ui/Key';
import { formatDateTime } from '@/ui/format';
import type { NumberedComment } from '@/features/review/comments';
import { useAddComment, useResolveComment, type CommentPoint } from '@/features/review/hooks';
import classes from '@/features/review/review.module.css';

export interface CommentsPanelProps {
  readingId: number;
  meId: number;
  readerId: number;
  comments: readonly NumberedComment[];
  /** Where a new comment would be pinned: the current finding on the shown slice. */
  point: CommentPoint | null;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  onGo: (comment: NumberedComment) => void;
  onSaved: () => void;
  /** A single image has no slice numbers to speak of. */
  hasSlices: boolean;
}

function CommentItem({ comment, readingId, meId, readerId, hasSlices, onGo }: { comment: NumberedComment } & Pick<CommentsPanelProps, 'readingId' | 'meId' | 'readerId' | 'hasSlices' | 'onGo'>) {
  const { t } = useTranslation('review');
  const resolve = useResolveComment(readingId);
  const { author, point } = comment;
  return (
    <li className={classes.comment}>
      <button type="button" className={`${classes.commentNumber} ${comment.resolved ? '' : classes.pinOpen}`} onClick={() => onGo(comment)}
        disabled={point === null} aria-label={t('comments.go', { number: comment.number })}>
        {comment.number}
      </button>
      <div className={classes.commentBody}>
        <div className={classes.commentHead}>
          <b>{author.id === meId ? t('comments.you') : author.display_name}</b>
          <span className={classes.meta}>
            {author.id === readerId ? `${t('comments.reader')}, ` : ''}{formatDateTime(comment.created_at)}
            {point === null || !hasSlices ? '' : `, ${t('comments.at_point', { slice: point.k + 1 })}`}
          </span>
          <span className={classes.spacer} />
          {comment.resolved ? null : <Chip tone="uncertain">{t('comments.open')}</Chip>}
        </div>
        <p className={classes.commentText}>{comment.text}</p>
        <button type="button" className={classes.linkButton} disabled={resolve.isPending} onClick={() => resolve.mutate({ id: comment.id, resolved: !comment.resolved })}>
          {t(comment.resolved ? 'comments.reopen' : 'comments.resolve')}
        </button>
      </div>
    </li>
  );
}

function NewComment({ readingId, point, inputRef, onSaved }: Pick<CommentsPanelProps, 'readingId' | 'point' | 'inputRef' | 'onSaved'>) {
  const { t } = useTranslation('review');
  const add = useAddComment(readingId);
  const [text, setText] = useState('');
  const [isPinned, setIsPinned] = useState(true);
  const send = (): void => {
    if (text.trim() === '' || add.isPending) return;
    add.mutate({ text: text.trim(), ...(isPinned && point !== null ? { point } : {}) }, { onSuccess: () => { setText(''); onSaved(); } });
  };
  return (
    <div className={classes.newComment}>
      <Textarea ref={inputRef} autosize minRows={1} maxRows={5} placeholder={t('comments.write')} aria-label={t('comments.write')} value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
          if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
        rightSection={<Key k="Enter" />} rightSectionWidth={56} error={add.isError ? t('comments.failed') : null} />
      {point === null || text === '' ? null : (
        <Checkbox mt={6} checked={isPinned} onChange={(event) => setIsPinned(event.currentTarget.checked)} label={t('comments.pin', { slice: point.k + 1 })} />
      )}
    </div>
  );
}

export function CommentsPanel(props: CommentsPanelProps) {
  const { t } = useTranslation('review');
  const { comments, inputRef } = props;
  return (
    <section className={`${classes.section} ${classes.commentsSection}`}>
      <header className={classes.panelHead}>
        <h2>{t('comments.title')}</h2>
        <span className={classes.count}>{comments.length}</span>
        <span className={classes.spacer} />
        <button type="button" className={classes.linkButton} onClick={() => inputRef.current?.focus()}>{t('comments.add')}</button>
        <Key k="Shift C" />
      </header>
      <ol className={classes.comments}>{comments.map((comment) => <CommentItem key={comment.id} {...props} comment={comment} />)}</ol>
      <NewComment {...props} />
    </section>
  );
}
