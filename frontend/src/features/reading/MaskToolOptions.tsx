/** What scissors, region growing and the island tool are set to, in the line of the tool's options. */
import { IconCircle, IconLasso, IconRectangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { setMask } from '@/editor/masking';
import { MASK_STEPS, MAX_PERCENTILES } from '@/editor/maskState';
import { activeStack, type Tool } from '@/editor/workbench';
import { Segments, Stepper } from './MaskControls';
import { useBench, useRoom } from './useEditor';

export function MaskToolOptions({ tool }: { tool: Tool }) {
  if (tool === 'scissors') return <ScissorOptions />;
  if (tool === 'grow') return <GrowOptions />;
  return tool === 'island' ? <ScopeSegments /> : null;
}

const SHAPES = { rectangle: IconRectangle, circle: IconCircle, free: IconLasso } as const;

function ScissorOptions() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const { scissorShape, scissorAction, scissorReach } = useBench((bench) => bench.mask);
  const shapes = (['rectangle', 'circle', 'free'] as const).map((value) => {
    const Symbol = SHAPES[value];
    return { value, name: t(`mask.shape.${value}`), icon: <Symbol size={15} stroke={1.6} aria-hidden /> };
  });
  return (
    <>
      <Segments label={t('mask.shape.label')} value={scissorShape} options={shapes} onPick={(value) => setMask(editor, { scissorShape: value })} />
      <Segments
        label={t('mask.action.label')}
        value={scissorAction}
        options={(['erase_inside', 'erase_outside', 'fill_inside'] as const).map((value) => ({ value, name: t(`mask.action.${value}`) }))}
        onPick={(value) => setMask(editor, { scissorAction: value })}
      />
      <Segments
        label={t('mask.reach.label')}
        value={scissorReach}
        options={(['plane', 'all'] as const).map((value) => ({ value, name: t(`mask.reach.${value}`) }))}
        onPick={(value) => setMask(editor, { scissorReach: value })}
      />
    </>
  );
}

function GrowOptions() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const { growUnit, growTolerance } = useBench((bench) => bench.mask);
  const hu = useBench((bench) => activeStack(bench)?.rescale_is_hu ?? false);
  const mm = useBench((bench) => activeStack(bench)?.spacing_known ?? false);
  const percentiles = MASK_STEPS.growTolerance.filter((value) => value <= MAX_PERCENTILES);
  const pick = (unit: typeof growUnit) =>
    setMask(editor, { growUnit: unit, growTolerance: unit === 'percentile' ? Math.min(growTolerance, MAX_PERCENTILES) : growTolerance });
  return (
    <>
      <Stepper name="growTolerance" label={t('mask.tolerance')} unit={growUnit === 'percentile' ? t('mask.unit.pct') : hu ? t('mask.unit.hu') : ''} steps={growUnit === 'percentile' ? percentiles : MASK_STEPS.growTolerance} />
      <Segments
        label={t('mask.unit.label')}
        value={growUnit}
        options={[{ value: 'value', name: t(`mask.unit.${hu ? 'hu' : 'values'}`) }, { value: 'percentile', name: t('mask.unit.percentiles') }]}
        onPick={pick}
      />
      <Stepper name="growMm" label={t('mask.radius')} unit={t(mm ? 'unit.mm' : 'unit.px')} steps={MASK_STEPS.growMm} />
    </>
  );
}

/** Each slice by itself, or the volume; a single image has only slices. */
export function ScopeSegments() {
  const { t } = useTranslation('reading');
  const { editor } = useRoom();
  const scope = useBench((bench) => bench.mask.scope);
  const single = useBench((bench) => (activeStack(bench)?.shape_zyx[0] ?? 1) === 1);
  return (
    <Segments
      label={t('mask.scope.label')}
      value={single ? 'slices' : scope}
      disabled={single}
      options={(['slices', 'volume'] as const).map((value) => ({ value, name: t(`mask.scope.${value}`) }))}
      onPick={(value) => setMask(editor, { scope: value })}
    />
  );
}
