/** What a preview would change, and the two ways out of it. */
import { useTranslation } from 'react-i18next';
import { applyPreview, cancelPreview } from '@/editor/masking';
import { activeStack } from '@/editor/workbench';
import { formatNumber } from '@/ui/format';
import { Key } from '@/ui/Key';
import { useBench, useRoom } from './useEditor';
import classes from './masks.module.css';

export function PreviewBar() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const preview = useBench((bench) => bench.preview);
  const stack = useBench(activeStack);
  const beside = useBench((bench) => bench.maskPanel);
  if (!preview || !stack) return null;
  const [dz, dy, dx] = stack.spacing_mm;
  const size = (voxels: number) =>
    stack.spacing_known ? t('findings.volume', { volume: formatNumber((voxels * dz * dy * dx) / 1000, 2) }) : t('findings.voxels', { count: voxels });
  return (
    <div className={beside ? `${classes.preview} ${classes.beside}` : classes.preview} role="status" data-testid="mask-preview" data-state={preview.state} data-added={preview.addedVoxels} data-removed={preview.removedVoxels}>
      <strong>{t(`mask.preview.${preview.tool}`)}</strong>
      {preview.state === 'working' ? (
        <span>{t('mask.working')}</span>
      ) : (
        <>
          {preview.addedVoxels > 0 ? <span className={classes.added}>{`+${size(preview.addedVoxels)}`}</span> : null}
          {preview.removedVoxels > 0 ? <span className={classes.removed}>{`−${size(preview.removedVoxels)}`}</span> : null}
          {preview.flat ? <span>{t('mask.flat')}</span> : null}
          <button type="button" className={classes.apply} onClick={() => applyPreview(editor)}>
            {t('mask.apply')} <Key k="Enter" />
          </button>
        </>
      )}
      <button type="button" className={classes.cancel} onClick={() => cancelPreview(editor)}>
        {t('mask.cancel')} <Key k="Esc" />
      </button>
    </div>
  );
}
