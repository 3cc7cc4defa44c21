/** What is missing, said in one line, over the one next action. The button is never silently disabled. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { missing } from '@/editor/rows';
import { isReviewEdit } from '@/features/review/approveEdited';
import { Button } from '@/ui/Button';
import { ReasonDialog } from '@/ui/Dialogs';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';

const SKIP_REASONS = ['unreadable', 'wrong_study', 'not_my_field', 'other'] as const;

export function SubmitArea({ busy, onSkip }: { busy: boolean; onSkip: (reason: string) => void }) {
  const { t } = useTranslation('reading');
  const { effects } = useRoom();
  const [skipping, setSkipping] = useState(false);
  const editable = useBench((bench) => bench.editable);
  const reviewing = useBench((bench) => isReviewEdit(bench.reading));
  const normal = useBench((bench) => bench.draft.findings.length === 0) && !reviewing;
  if (!editable) return null;
  return (
    <section className={panel.submit} aria-label={t('submit.title')}>
      <MissingLine />
      <div className={panel.submitButtons}>
        <Button kind="primary" size="decision" hotkey="Ctrl+Enter" full onClick={() => effects.submit(false)} aria-busy={busy} data-command="submit">
          {t(reviewing ? 'review:bar.approve' : busy ? 'submit.busy' : 'submit.next')}
        </Button>
        {reviewing ? null : (
          <Button size="decision" onClick={() => setSkipping(true)} data-command="skip">
            {t('submit.skip')}
          </Button>
        )}
      </div>
      {normal ? (
        <Button kind="quiet" size="small" hotkey="⇧N" full onClick={() => effects.submit(true)} data-command="normal">
          {t('submit.normal')}
        </Button>
      ) : null}
      <ReasonDialog
        opened={skipping}
        onClose={() => setSkipping(false)}
        title={t('skip.title')}
        text={t('skip.text')}
        confirmLabel={t('skip.confirm')}
        options={SKIP_REASONS.map((value) => ({ value, label: t(`skip.${value}`) }))}
        noteLabel={t('skip.note')}
        onConfirm={({ reason, note }: { reason: string; note: string }) => {
          setSkipping(false);
          onSkip([reason, note].filter(Boolean).join(': '));
        }}
      />
    </section>
  );
}

function MissingLine() {
  const { t } = useTranslation('reading');
  const reading = useBench((bench) => bench.reading);
  const draft = useBench((bench) => bench.draft);
  const { undecided, notAssessed, tags } = missing(reading, draft);
  const parts = [
    undecided > 0 ? t('submit.undecided', { count: undecided }) : '',
    tags > 0 ? t('submit.tags', { count: tags }) : '',
    notAssessed > 0 ? t('submit.notAssessed', { count: notAssessed }) : '',
  ].filter(Boolean);
  if (parts.length === 0) {
    return (
      <p className={panel.complete}>
        <IconCircleCheck size={16} stroke={1.6} aria-hidden /> {t('submit.complete')}
      </p>
    );
  }
  return (
    <p className={panel.missing} data-testid="missing">
      <IconAlertTriangle size={16} stroke={1.6} aria-hidden />
      {t(undecided > 0 ? 'submit.before' : 'submit.open', { what: parts.join(', ') })}
    </p>
  );
}
