import { useTranslation } from 'react-i18next';
import type { Import } from '@/api/types';
import { Key } from '@/ui/Key';
import { outcomesCsv } from './outcomes';
import classes from './data.module.css';

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function ImportFoot({ current }: { current: Import | undefined }) {
  const { t } = useTranslation('data');
  const items = current?.items ?? [];
  return (
    <footer className={classes.foot}>
      <span>
        <Key k="↑" />
        <Key k="↓" />
        {t('keys.move')}
      </span>
      <span>
        <Key k="Enter" />
        {t('keys.open')}
      </span>
      <span>
        <Key k="O" />
        {t('keys.choose')}
      </span>
      {current && items.length > 0 ? (
        <button type="button" className={`${classes.textButton} ${classes.footEnd}`} onClick={() => save(outcomesCsv(items), `import-${current.id}-outcomes.csv`)}>
          {t('csv')}
        </button>
      ) : null}
    </footer>
  );
}
