/** Tags of the whole case: one row of choices each, or a line of text where the label has no options. */
import { useTranslation } from 'react-i18next';
import type { Label } from '@/api/types';
import { setTag } from '@/editor/marking';
import { tagLabels } from '@/editor/rows';
import { useBench, useRoom } from './useEditor';
import panel from './panel.module.css';
import classes from './reading.module.css';

export function CaseForm() {
  const { t } = useTranslation('reading');
  const reading = useBench((bench) => bench.reading);
  const tags = useBench((bench) => bench.draft.tags);
  const labels = tagLabels(reading);
  if (labels.length === 0) return null;
  const filled = labels.filter(({ key }) => tags[key]).length;
  return (
    <section className={classes.form} aria-label={t('form.title')}>
      <div className={panel.sectionHead}>
        <h2>{t('form.title')}</h2>
        <span className={classes.dim}>{t('form.filled', { filled, total: labels.length })}</span>
      </div>
      {labels.map((label) => (
        <TagRow key={label.key} label={label} value={tags[label.key] ?? ''} />
      ))}
    </section>
  );
}

function TagRow({ label, value }: { label: Label; value: string }) {
  const { editor } = useRoom();
  const editable = useBench((bench) => bench.editable);
  const set = (next: string) => {
    if (next !== value) setTag(editor, label.key, next);
  };
  return (
    <div className={panel.formRow}>
      <span className={classes.dim}>{label.name}</span>
      {label.options.length > 0 ? (
        <span className={panel.choices} role="radiogroup" aria-label={label.name}>
          {label.options.map((option) => (
            <button
              key={option}
              type="button"
              role="radio"
              aria-checked={value === option}
              className={value === option ? panel.choiceOn : panel.choice}
              disabled={!editable}
              onClick={() => set(value === option ? '' : option)}
              data-tag={`${label.key}=${option}`}
            >
              {option}
            </button>
          ))}
        </span>
      ) : (
        <input
          key={value}
          className={panel.textField}
          defaultValue={value}
          maxLength={200}
          disabled={!editable}
          aria-label={label.name}
          onBlur={(event) => set(event.currentTarget.value.trim())}
        />
      )}
    </div>
  );
}
