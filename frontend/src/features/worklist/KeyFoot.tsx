import { useTranslation } from 'react-i18next';
import { Key } from '@/ui/Key';
import classes from './worklist.module.css';

const KEYS: readonly [string[], string][] = [
  [['↑', '↓'], 'move'],
  [['Enter'], 'open'],
  [['S'], 'skip'],
  [['/'], 'search'],
  [['F'], 'filter'],
];

/** The keys of this page, always in sight. */
export function KeyFoot() {
  const { t } = useTranslation('worklist');
  return (
    <footer className={classes.foot}>
      {KEYS.map(([caps, word]) => (
        <span key={word}>
          {caps.map((cap) => (
            <Key key={cap} k={cap} />
          ))}
          {t(`keys.${word}`)}
        </span>
      ))}
      <span className={classes.footEnd}>
        <Key k="?" />
        {t('keys.all')}
      </span>
    </footer>
  );
}
