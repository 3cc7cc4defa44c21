/** Submit and next, skip and next: the ways out of an open case. */
import { useCallback, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, ApiError, V1 } from '@/api/client';
import { keys } from '@/api/keys';
import type { MissingItem, SubmitInput, SubmitReceipt } from '@/api/readingTypes';
import type { ReadingId, SkipInput } from '@/api/types';
import type { Editor } from '@/editor/editor';
import { rowsOf, selectRow } from '@/editor/judging';
import { approveEdited, isReviewEdit, reviewUrl } from '@/features/review/approveEdited';
import { toast } from '@/ui/Toast';
import { useTranslation } from 'react-i18next';

/** What keeps a reading from being submitted, shown as a toast; true when nothing does. */
function isReady(editor: Editor, normal: boolean): boolean {
  const { draft, editable } = editor.state;
  if (!editable) {
    editor.toast('note', 'toast.readOnly');
    return false;
  }
  const open = rowsOf(editor).filter(({ state }) => state === 'to_decide');
  const first = open[0];
  if (first) {
    selectRow(editor, first);
    editor.toast('error', normal ? 'toast.normalUndecided' : 'toast.undecided', { count: open.length });
    return false;
  }
  if (normal && draft.findings.length > 0) {
    editor.toast('error', 'toast.normalMarked', { count: draft.findings.length });
    return false;
  }
  return true;
}

function missingOf(error: ApiError): MissingItem[] {
  return (error.body as { error?: { missing?: MissingItem[] } } | null)?.error?.missing ?? [];
}

function explain(editor: Editor, error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  if (error.isNetwork) return editor.toast('error', 'toast.submitOffline');
  const missing = missingOf(error).map(({ text }) => text);
  editor.toast('error', 'toast.submitRefused', { detail: missing.join('; ') || error.message || error.code });
}

export function useLeave(editor: Editor, readingId: number) {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const { t } = useTranslation('reading');
  const { project_id: projectId, project_slug: slug } = editor.state.reading;

  const goNext = useCallback(
    async (nextId: number | null, done: string) => {
      void client.invalidateQueries({ queryKey: keys.project(projectId) });
      try {
        const id = nextId ?? (await api.post<ReadingId>(`${V1}/projects/${projectId}/worklist/next`)).reading_id;
        toast(done);
        await navigate(`/p/${slug}/read/${id}`);
      } catch (error) {
        toast(error instanceof ApiError && error.code === 'queue_empty' ? `${done} ${t('submit.queueEmpty')}` : done);
        await navigate(`/p/${slug}/worklist`);
      }
    },
    [client, navigate, projectId, slug, t],
  );

  const once = useCallback(async (work: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);

  const approve = useCallback(
    () =>
      void once(async () => {
        if (!(await editor.journal.flush())) return editor.toast('error', 'toast.submitUnsaved', { count: editor.journal.waiting.length });
        try {
          const receipt = await approveEdited(readingId);
          void client.invalidateQueries({ queryKey: keys.project(projectId) });
          void client.invalidateQueries({ queryKey: keys.reading(readingId) });
          toast(t('review:done.approve', { pseudonym: editor.state.reading.case.pseudonym }));
          await navigate(reviewUrl(slug, receipt.next_reading_id));
        } catch (error) {
          explain(editor, error);
        }
      }),
    [client, editor, navigate, once, projectId, readingId, slug, t],
  );

  const submit = useCallback(
    (normal: boolean) => {
      if (!isReady(editor, normal)) return;
      if (isReviewEdit(editor.state.reading)) return approve();
      void once(async () => {
        if (!(await editor.journal.flush())) return editor.toast('error', 'toast.submitUnsaved', { count: editor.journal.waiting.length });
        const body: SubmitInput = {
          costs: editor.costs.list(),
          elapsed_seconds: editor.costs.elapsedNow(),
          ...(normal ? { normal: true } : {}),
        };
        try {
          const receipt = await api.post<SubmitReceipt>(`${V1}/readings/${readingId}/submit`, body, { ifMatch: editor.journal.seq });
          await goNext(receipt.next_reading_id, t('submit.done', { pseudonym: editor.state.reading.case.pseudonym }));
        } catch (error) {
          explain(editor, error);
        }
      });
    },
    [approve, editor, goNext, once, readingId, t],
  );

  const skip = useCallback(
    (reason: string) =>
      void once(async () => {
        await editor.journal.flush();
        try {
          await api.post(`${V1}/readings/${readingId}/skip`, { reason } satisfies SkipInput);
          await goNext(null, t('skip.done', { pseudonym: editor.state.reading.case.pseudonym }));
        } catch (error) {
          explain(editor, error);
        }
      }),
    [editor, goNext, once, readingId, t],
  );

  const isReviewing = isReviewEdit(editor.state.reading);
  const leave = useCallback(
    () => void navigate(isReviewing ? reviewUrl(slug, readingId) : `/p/${slug}/worklist`),
    [isReviewing, navigate, readingId, slug],
  );
  return { busy, submit, skip, leave };
}
