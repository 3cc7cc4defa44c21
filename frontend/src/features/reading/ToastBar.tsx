/** One message at the bottom of the active view, five seconds, with Undo; errors stay until closed. */
import { IconAlertTriangle, IconCheck, IconInfoCircle, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Toast } from '@/editor/workbench';
import { Key } from '@/ui/Key';
import { useBench, useRoom } from './useEditor';
import classes from './reading.module.css';

const STAY_MS = 5000;

const ICONS: Record<Toast['tone'], React.ReactNode> = {
  done: <IconCheck size={16} stroke={1.8} color="var(--mr-accepted)" aria-hidden />,
  note: <IconInfoCircle size={16} stroke={1.6} color="var(--mr-action)" aria-hidden />,
  error: <IconAlertTriangle size={16} stroke={1.6} color="var(--mr-rejected)" aria-hidden />,
};

export function ToastBar() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const toast = useBench((bench) => bench.toast);
  useEffect(() => {
    if (!toast || toast.tone === 'error') return undefined;
    const timer = setTimeout(() => editor.set({ toast: null }), STAY_MS);
    return () => clearTimeout(timer);
  }, [toast, editor]);
  return (
    <div className={classes.toastSlot} aria-live="polite">
      {toast ? (
        <div key={toast.id} className={classes.toast} role={toast.tone === 'error' ? 'alert' : 'status'} data-testid="toast" data-tone={toast.tone}>
          {ICONS[toast.tone]}
          <span>{t(toast.text, toast.values)}</span>
          {toast.undo ? (
            <button
              type="button"
              className={classes.toastUndo}
              onClick={() => {
                editor.set({ toast: null });
                editor.undo();
              }}
            >
              {t('command.undo')} <Key k="Ctrl Z" />
            </button>
          ) : null}
          {toast.tone === 'error' ? (
            <button type="button" className={classes.toastClose} aria-label={t('action.close')} onClick={() => editor.set({ toast: null })}>
              <IconX size={14} stroke={1.8} aria-hidden />
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
