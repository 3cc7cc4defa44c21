/** Findings and open suggestions as marks for the viewer. */
import type { Draft, Finding, Reading, Stack } from '@/api/readingTypes';
import { findingRows, isMeasurement, rowGeometry, type FindingRow } from '@/editor/rows';
import { formatNumber, formatScore } from '@/ui/format';
import { LABEL_COLOURS } from '@/ui/Swatch';
import type { TFunction } from 'i18next';
import type { Mark } from '@/viewer/marks';
import { measureLines, measureName } from '@/viewer/measureText';

export const MEASURE_COLOUR = '#F2D98B';

export function colourOf(row: FindingRow, reading: Reading): string {
  if (!row.label) return MEASURE_COLOUR;
  const index = reading.label_set.labels.indexOf(row.label);
  return row.label.colour || (LABEL_COLOURS[Math.max(0, index) % LABEL_COLOURS.length] ?? '#FFFFFF');
}

export const versionText = (version: number): string => `v${version}`;

interface Words {
  ai: (version: string) => string;
  mm: string;
  px: string;
  t: TFunction<'reading'>;
}

export function lengthText(finding: Finding, spacingKnown: boolean, words: Pick<Words, 'mm' | 'px'>): string {
  if (finding.length_mm === null) return '';
  return `${formatNumber(finding.length_mm, 1)} ${spacingKnown ? words.mm : words.px}`;
}

const labelName = ({ label, suggestion }: FindingRow): string => label?.name ?? suggestion?.label_key ?? '';

export const rowName = (row: FindingRow, t: TFunction<'reading'>): string => {
  const { finding } = row;
  const name = finding && isMeasurement(finding) ? measureName(finding, row.label?.name ?? null, t) : finding?.name || labelName(row);
  return row.ordinal > 0 ? `${name} ${row.ordinal}` : name;
};

function measureOf({ finding, label }: FindingRow, stack: Stack | undefined, t: TFunction<'reading'>): NonNullable<Mark['measure']> | null {
  if (!finding?.measure) return null;
  return { tool: finding.measure.tool, points: finding.measure.points_lps, lines: measureLines(finding, stack, label, t) };
}

export function marksOf(reading: Reading, draft: Draft, rowKey: string | null, editable: boolean, words: Words): Mark[] {
  const stacks = new Map(reading.stacks.map((stack) => [stack.id, stack]));
  return findingRows(reading, draft).flatMap((row) => {
    const geometry = row.state === 'rejected' ? null : rowGeometry(row);
    if (!geometry) return [];
    const points = 'points_lps' in geometry ? geometry.points_lps : null;
    const spacingKnown = stacks.get(geometry.grid_id)?.spacing_known ?? false;
    return [
      {
        key: row.key,
        gridId: geometry.grid_id,
        kind: geometry.kind,
        colour: colourOf(row, reading),
        dashed: row.state === 'to_decide',
        current: row.key === rowKey,
        slices: geometry.slices,
        box: geometry.box,
        points,
        measure: measureOf(row, stacks.get(geometry.grid_id), words.t),
        tag: {
          name: rowName(row, words.t),
          source: row.suggestion ? words.ai(versionText(row.suggestion.model_version)) : '',
          score: row.suggestion ? formatScore(row.suggestion.score) : '',
        },
        text: row.finding ? lengthText(row.finding, spacingKnown, words) : '',
        editable,
      } satisfies Mark,
    ];
  });
}
