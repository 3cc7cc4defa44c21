/** What a measure says, in the words of the catalogue: the same beside the image, in the reader's list and in the reviewer's. */
import type { TFunction } from 'i18next';
import type { Finding, Measure, Stack } from '@/api/readingTypes';
import type { Label } from '@/api/types';
import { worldLps, worldToIndex } from '@/domain/coordinates';
import { isNodeLabel, targetOf } from '@/domain/recist';
import { formatNumber } from '@/ui/format';

type Translate = TFunction<'reading'>;
export type StackFacts = Pick<Stack, 'shape_zyx' | 'spacing_mm' | 'spacing_known' | 'orientation_known' | 'affine_lps'>;

/** "Upper lobe", "Ellipse", "Lesion: long and short axis". */
export function measureName(finding: Finding, label: string | null, t: Translate): string {
  const tool = finding.measure ? t(`measure.tool.${finding.measure.tool}`) : t('findings.length');
  return finding.name || (label ? t('measure.of', { label, tool }) : tool);
}

/** The first line is the number itself. */
export function measureLines(finding: Finding, stack: StackFacts | undefined, label: Label | null, t: Translate): string[] {
  const { measure, length_mm: length } = finding;
  if (!stack) return [];
  if (length !== null) return [t('measure.length', { value: formatNumber(length, 1), unit: t(stack.spacing_known ? 'unit.mm' : 'unit.px') })];
  if (!measure) return [];
  if (measure.angle_deg !== null) return [t('measure.degrees', { value: formatNumber(measure.angle_deg, 1) })];
  if (measure.tool === 'ellipse') return ellipseLines(measure, t);
  if (measure.tool === 'probe') return probeLines(measure, stack, t);
  if (measure.tool === 'bidirectional') return axesLines(measure, stack, label, t);
  return finding.name ? [finding.name] : [];
}

const unitOf = (measure: Measure, t: Translate): string => t(`unit.${measure.unit}`);

/** Whole numbers where the values are whole or large, as in HU; more digits for small ones. */
function valueText(value: number, spread: number): string {
  const digits = spread >= 20 || Math.abs(value) >= 1000 ? 0 : spread >= 2 || Math.abs(value) >= 10 ? 1 : 3;
  return formatNumber(value, Number.isInteger(value) ? 0 : digits);
}

function ellipseLines(measure: Measure, t: Translate): string[] {
  const { values } = measure;
  const area = t('measure.area', { value: formatNumber(measure.area ?? 0, 1), unit: unitOf(measure, t) });
  if (!values) return [t('measure.noValues'), area];
  const spread = values.max - values.min;
  const text = (value: number) => valueText(value, spread);
  return [
    t('measure.mean', { mean: text(values.mean), sd: valueText(values.sd, Math.min(spread, 19)), unit: values.unit }),
    t('measure.range', { min: text(values.min), max: text(values.max), count: values.count }),
    area,
  ];
}

function probeLines(measure: Measure, stack: StackFacts, t: Translate): string[] {
  const { values } = measure;
  const value = values ? t('measure.value', { value: valueText(values.mean, 0), unit: values.unit }) : t('measure.noValues');
  return [value, positionOf(measure, stack, t)];
}

const LETTERS = [['L', 'R'], ['P', 'A'], ['H', 'F']] as const;

/** "R 12.4 P 3.0 H 41.5 mm"; column and row where the file does not say how the image lies in the body. */
function positionOf(measure: Measure, stack: StackFacts, t: Translate): string {
  const [point] = measure.points_lps;
  if (!point) return '';
  if (stack.orientation_known && measure.unit === 'mm') {
    const parts = point.map((value, axis) => `${LETTERS[axis]?.[value >= 0 ? 0 : 1] ?? ''} ${Math.abs(value).toFixed(1)}`);
    return t('measure.place', { place: parts.join(' ') });
  }
  const [i, j] = worldToIndex(stack.affine_lps, worldLps(point[0], point[1], point[2]));
  return t('measure.voxel', { column: Math.round(i) + 1, row: Math.round(j) + 1 });
}

const isNode = (label: Label | null): boolean => label !== null && isNodeLabel(label.name, label.meaning);

function axesLines(measure: Measure, stack: StackFacts, label: Label | null, t: Translate): string[] {
  const [long, short] = [measure.long_axis ?? 0, measure.short_axis ?? 0];
  const size = t('measure.axes', { long: formatNumber(long, 1), short: formatNumber(short, 1), unit: unitOf(measure, t) });
  if (measure.unit !== 'mm') return [size];
  const sliceMm = stack.shape_zyx[0] > 1 ? stack.spacing_mm[0] : null;
  const { measurable, axis, neededMm } = targetOf({ longMm: long, shortMm: short, isNode: isNode(label), sliceMm });
  const needed = formatNumber(neededMm, Number.isInteger(neededMm) ? 0 : 1);
  return measurable ? [size] : [size, t('measure.notTarget', { axis: t(`measure.axis.${axis}`), needed })];
}
