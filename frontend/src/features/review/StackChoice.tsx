/** Which series the viewports show, when a case has several. */
import { useTranslation } from 'react-i18next';
import type { Stack } from '@/api/readingTypes';
import classes from '@/features/review/review.module.css';

export function StackChoice({ stacks, currentId, onChange }: { stacks: readonly Stack[]; currentId: number | null; onChange: (id: number) => void }) {
  const { t } = useTranslation('review');
  if (stacks.length < 2) return null;
  return (
    <div className={classes.stacks} role="group" aria-label={t('view.series')}>
      {stacks.map((stack) => (
        <button key={stack.id} type="button" className={`${classes.stack} ${stack.id === currentId ? classes.stackCurrent : ''}`} aria-pressed={stack.id === currentId}
          onClick={() => onChange(stack.id)}>
          {stack.series_description || stack.modality} <span>{stack.plane}</span>
        </button>
      ))}
    </div>
  );
}
