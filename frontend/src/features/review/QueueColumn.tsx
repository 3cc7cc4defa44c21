/** What waits for a decision, oldest first, with one word on what the reader did. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ReviewRow } from '@/api/readingTypes';
import { Skeleton } from '@/ui/States';
import classes from '@/features/review/review.module.css';

export interface QueueNote {
  textKey: string;
  tone: 'edited' | 'uncertain' | 'rejected' | 'action' | 'plain';
}

/** The one note under a row; what a reviewer should know first wins. `textKey` '' means the server's own summary. */
export function queueNote(row: Pick<ReviewRow, 'flags' | 'own'>): QueueNote {
  if (row.own) return { textKey: 'queue.own', tone: 'plain' };
  if (row.flags.second_round) return { textKey: 'queue.second_round', tone: 'uncertain' };
  if (row.flags.new_reader) return { textKey: 'queue.new_reader', tone: 'action' };
  if (row.flags.rejected) return { textKey: '', tone: 'rejected' };
  return { textKey: '', tone: row.flags.edited ? 'edited' : 'plain' };
}

const TONES: Readonly<Record<QueueNote['tone'], string | undefined>> = {
  edited: classes.noteEdited, uncertain: classes.noteUncertain, rejected: classes.noteRejected, action: classes.noteAction, plain: classes.notePlain,
};

function Row({ row, slug, isCurrent }: { row: ReviewRow; slug: string; isCurrent: boolean }) {
  const { t } = useTranslation('review');
  const note = queueNote(row);
  return (
    <li>
      <Link to={`/p/${slug}/review/${row.reading_id}`} className={`${classes.queueRow} ${isCurrent ? classes.queueCurrent : ''}`} {...(isCurrent ? { 'aria-current': 'page' as const } : {})}>
        <strong>{row.pseudonym}</strong>
        <span>{row.reader.display_name}</span>
        <span className={TONES[note.tone]}>{note.textKey === '' ? row.summary : t(note.textKey, { round: row.round })}</span>
      </Link>
    </li>
  );
}

export function QueueColumn({ rows, slug, currentId }: { rows: readonly ReviewRow[] | undefined; slug: string; currentId: number | null }) {
  const { t } = useTranslation('review');
  return (
    <nav className={classes.queue} aria-label={t('queue.label')}>
      <header className={classes.queueHead}>
        <h2>{t('queue.title')}</h2>
        {rows === undefined ? null : <span className={classes.count}>{rows.length}</span>}
      </header>
      {rows === undefined ? (
        <div className={classes.queueWait}><Skeleton height={48} /><Skeleton height={48} /><Skeleton height={48} /></div>
      ) : (
        <ol>{rows.map((row) => <Row key={row.reading_id} row={row} slug={slug} isCurrent={row.reading_id === currentId} />)}</ol>
      )}
    </nav>
  );
}
