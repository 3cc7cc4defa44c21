/** "Edit mask": the steps on the current finding's mask as a whole. Each shows what it would change before it does. */
import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { otherMasks, setMask } from '@/editor/masking';
import { MASK_STEPS } from '@/editor/maskState';
import { activeStack } from '@/editor/workbench';
import { rowName } from './marksOf';
import { CommandButton, Stepper } from './MaskControls';
import { ScopeSegments } from './MaskToolOptions';
import { Target } from './ToolOptions';
import { useBench, useRoom } from './useEditor';
import classes from './masks.module.css';

export function MaskPanel() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const open = useBench((bench) => bench.maskPanel && bench.editable);
  const tool = useBench((bench) => bench.tool);
  const mm = useBench((bench) => activeStack(bench)?.spacing_known ?? false);
  const flat = useBench((bench) => bench.mask.scope === 'slices' || activeStack(bench)?.shape_zyx[0] === 1);
  if (!open) return null;
  const length = t(mm ? 'unit.mm' : 'unit.px');
  const size = mm ? t(flat ? 'mask.unit.mm2' : 'mask.unit.mm3') : t('unit.px');
  return (
    <section className={classes.panel} aria-label={t('mask.title')} data-testid="mask-panel">
      <header>
        <h2>{t('mask.title')}</h2>
        <button type="button" className={classes.close} aria-label={t('action.close')} onClick={() => editor.set({ maskPanel: false })}>
          <IconX size={14} stroke={1.6} aria-hidden />
        </button>
      </header>
      <p className={classes.target}>
        <Target box={false} />
      </p>
      <ScopeSegments />
      <div className={classes.group}>
        <CommandButton id="interpolate" name={t('command.interpolate')} />
        <CommandButton id="grow" name={t('command.grow')} pressed={tool === 'grow'} />
        <CommandButton id="fillHoles" name={t('mask.fillHoles')} />
      </div>
      <div className={classes.group}>
        <CommandButton id="keepLargest" name={t('mask.keepLargest')} />
        <CommandButton id="island" name={t('mask.keepClicked')} pressed={tool === 'island'} />
        <CommandButton id="removeSmall" name={t('mask.removeSmall')} />
        <Stepper name="minSize" label={t('mask.minSize')} unit={size} steps={MASK_STEPS.minSize} />
      </div>
      <div className={classes.group}>
        <CommandButton id="smooth" name={t('mask.smooth')} />
        <CommandButton id="growMargin" name={t('mask.growMargin')} />
        <CommandButton id="shrinkMargin" name={t('mask.shrinkMargin')} />
        <Stepper name="mm" label={t('mask.by')} unit={length} steps={MASK_STEPS.mm} />
      </div>
      <Logic />
    </section>
  );
}

function Logic() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  useBench((bench) => bench.draft);
  useBench((bench) => bench.rowKey);
  const otherKey = useBench((bench) => bench.mask.otherKey);
  const others = otherMasks(editor);
  if (others.length === 0) return <p className={classes.none}>{t('mask.noOther')}</p>;
  const chosen = others.find(({ key }) => key === otherKey) ?? others[0];
  return (
    <div className={classes.group}>
      <select
        className={classes.select}
        aria-label={t('mask.other')}
        value={chosen?.key}
        onChange={(event) => {
          setMask(editor, { otherKey: event.currentTarget.value });
          event.currentTarget.blur();
        }}
      >
        {others.map((row) => (
          <option key={row.key} value={row.key}>
            {t('mask.with', { name: rowName(row, t) })}
          </option>
        ))}
      </select>
      <CommandButton id="addMask" name={t('mask.add')} />
      <CommandButton id="subtractMask" name={t('mask.subtract')} />
      <CommandButton id="intersectMask" name={t('mask.intersect')} />
    </div>
  );
}
