import { IconCopy } from '@tabler/icons-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { toast } from '@/ui/Toast';
import classes from './account.module.css';

/** Selects the text, and copies it where the browser allows that (not on plain http). */
async function copy(text: string, element: HTMLElement | null): Promise<boolean> {
  const selection = window.getSelection();
  if (element && selection) selection.selectAllChildren(element);
  if (!navigator.clipboard) return document.execCommand('copy');
  await navigator.clipboard.writeText(text);
  return true;
}

/** A secret that is shown once: monospace, selectable, with a copy button and one way to say that it was kept. */
export function Shown({ lines, text, doneLabel, onDone }: { lines: string[]; text: string; doneLabel: string; onDone: () => void }) {
  const { t } = useTranslation('account');
  const id = useId();
  return (
    <div className={classes.shown} role="status">
      <p className={classes.text}>{text}</p>
      <pre id={id} tabIndex={0} className={classes.secret}>
        {lines.join('\n')}
      </pre>
      <div className={classes.actions}>
        <Button
          icon={<IconCopy size={16} stroke={1.6} aria-hidden />}
          onClick={() => void copy(lines.join('\n'), document.getElementById(id)).then((done) => done && toast(t('codes.copied')))}
        >
          {t('codes.copy')}
        </Button>
        <Button kind="primary" onClick={onDone}>
          {doneLabel}
        </Button>
      </div>
    </div>
  );
}
