/** The four decisions: what each asks for, what is sent, and where the page goes afterwards. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { Reading, ReviewDecision, ReviewRow } from '@/api/readingTypes';
import type { Project } from '@/api/types';
import { toast } from '@/ui/Toast';
import type { DecisionKind } from '@/features/review/decisions';
import { useDecide, useEditReview } from '@/features/review/hooks';

/** The next reading: the server's, else the first other one in the list that is not the reviewer's own. */
export function nextReadingId(serverNext: number | null, rows: readonly Pick<ReviewRow, 'reading_id' | 'own'>[], currentId: number): number | null {
  return serverNext ?? rows.find((row) => row.reading_id !== currentId && !row.own)?.reading_id ?? null;
}

export function useDecisions({ project, reading, rows }: { project: Project; reading: Reading; rows: readonly ReviewRow[] }) {
  const { t } = useTranslation('review');
  const navigate = useNavigate();
  const send = useDecide(project.id, reading.id);
  const edit = useEditReview(reading.id);
  const [asking, setAsking] = useState<'return' | 'reject' | null>(null);

  const submit = (decision: ReviewDecision): void =>
    send.mutate(decision, {
      onSuccess: (receipt) => {
        setAsking(null);
        toast(t(`done.${decision.outcome}`, { pseudonym: reading.case.pseudonym, reader: reading.reader.display_name }));
        const next = nextReadingId(receipt.next_reading_id, rows, reading.id);
        void navigate(next === null ? `/p/${project.slug}/review` : `/p/${project.slug}/review/${next}`);
      },
      onError: (error) => toast(t('done.failed', { message: error.message }), { kind: 'error' }),
    });

  const startEdit = (): void =>
    edit.mutate(undefined, {
      onSuccess: () => void navigate(`/p/${project.slug}/read/${reading.id}?review=1`),
      onError: (error) => toast(t('edit_failed', { message: error.message }), { kind: 'error' }),
    });

  const decide = (kind: DecisionKind): void => {
    if (kind === 'approve') submit({ outcome: 'approve', reasons: [], note: '' });
    else if (kind === 'edit') startEdit();
    else setAsking(kind);
  };

  return {
    decide,
    asking,
    isBusy: send.isPending || edit.isPending,
    stopAsking: () => setAsking(null),
    confirm: ({ reasons, note }: { reasons: string[]; note: string }) => {
      if (asking !== null) submit({ outcome: asking, reasons, note });
    },
  };
}
