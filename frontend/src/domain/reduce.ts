/** One journal operation applied to a draft body. Pure; the server's reducer has the same rules (see `tests/contract`). */
import type { Box, Finding, OperationPayloads, Triple } from '@/api/readingTypes';
import { OperationError, type DraftBody, type GridFacts, type JournalEntry, type ReduceContext, type Suggestion } from './draft';
import { distance, measureBox, measureSegment } from './measure';
import { measured } from './measures';
import { checkRuns, xorSlices } from './runs';

type Kind = Exclude<keyof OperationPayloads, 'undo' | 'redo'>;
type Entry<K extends Kind> = Extract<JournalEntry, { kind: K }>;
type Handler<K extends Kind> = (body: DraftBody, entry: Entry<K>, context: ReduceContext) => DraftBody;

function gridOf(context: ReduceContext, entry: JournalEntry, id: number): GridFacts {
  const grid = context.grids.get(id);
  if (!grid) throw new OperationError(entry, `grid ${id} is not part of this case`);
  return grid;
}

function findingOf(body: DraftBody, entry: JournalEntry, id: string): Finding {
  const finding = body.findings.find((one) => one.id === id);
  if (!finding) throw new OperationError(entry, `finding ${id} does not exist`);
  return finding;
}

function withFinding(body: DraftBody, finding: Finding): DraftBody {
  const known = body.findings.some((one) => one.id === finding.id);
  const findings = known
    ? body.findings.map((one) => (one.id === finding.id ? finding : one))
    : [...body.findings, finding];
  return { ...body, findings };
}

function refuseKnown(body: DraftBody, entry: JournalEntry, id: string): void {
  if (body.findings.some((one) => one.id === id)) throw new OperationError(entry, `finding ${id} exists already`);
}

const blankFinding = (id: string, labelKey: string, gridId: number, seq: number): Omit<Finding, 'kind'> => ({
  id,
  label_key: labelKey,
  grid_id: gridId,
  provenance: 'MANUAL',
  suggestion_id: null,
  slices: [],
  box: null,
  points_lps: null,
  voxel_count: 0,
  volume_ml: null,
  length_mm: null,
  largest_slice: 0,
  created_seq: seq,
  name: '',
  measure: null,
});

/** A finding that came from a suggestion and is changed by hand is "edited" from then on. */
function touch(body: DraftBody, finding: Finding): DraftBody {
  if (finding.suggestion_id === null) return withFinding(body, finding);
  const decisions = body.decisions.map((decision) =>
    decision.suggestion_id === finding.suggestion_id ? { ...decision, verdict: 'edit' as const } : decision,
  );
  return withFinding({ ...body, decisions }, { ...finding, provenance: 'SEMIAUTOMATIC' });
}

function checkPaint(entry: Entry<'paint'>, grid: GridFacts): void {
  const [depth, rows, columns] = grid.shape_zyx;
  for (const { k, runs } of entry.payload.slices) {
    if (!Number.isInteger(k) || k < 0 || k >= depth) throw new OperationError(entry, `slice ${k} is outside the grid`);
    try {
      checkRuns(runs, rows * columns);
    } catch (error) {
      throw new OperationError(entry, `slice ${k}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function checkSame(entry: Entry<'paint'>, known: Finding): void {
  const { grid_id: gridId, label_key: labelKey } = entry.payload;
  if (known.kind !== 'segment') throw new OperationError(entry, `finding ${known.id} is a ${known.kind}`);
  if (known.grid_id !== gridId) throw new OperationError(entry, `finding ${known.id} has grid_id ${known.grid_id}`);
  if (known.label_key !== labelKey) throw new OperationError(entry, `finding ${known.id} has label_key ${known.label_key}`);
}

const paint: Handler<'paint'> = (body, entry, context) => {
  const { payload } = entry;
  const grid = gridOf(context, entry, payload.grid_id);
  checkPaint(entry, grid);
  const known = body.findings.find((one) => one.id === payload.finding_id);
  if (known) checkSame(entry, known);
  const before: Finding = known ?? {
    ...blankFinding(payload.finding_id, payload.label_key, payload.grid_id, entry.seq),
    kind: 'segment',
  };
  const slices = xorSlices(before.slices, payload.slices);
  return touch(body, { ...before, slices, ...measureSegment(slices, grid) });
};

function checkBox(entry: JournalEntry, grid: GridFacts, box: Box): Box {
  const wrong = [0, 1, 2].some((axis) => {
    const start = box.start_zyx[axis] ?? -1;
    const stop = box.stop_zyx[axis] ?? -1;
    return start < 0 || stop <= start || stop > (grid.shape_zyx[axis] ?? 0);
  });
  if (wrong) throw new OperationError(entry, `box ${box.start_zyx} to ${box.stop_zyx} is empty or outside the grid`);
  return { start_zyx: box.start_zyx, stop_zyx: box.stop_zyx };
}

const addBox: Handler<'add_box'> = (body, entry, context) => {
  const { finding_id: id, label_key: label, grid_id: gridId } = entry.payload;
  refuseKnown(body, entry, id);
  const grid = gridOf(context, entry, gridId);
  const box = checkBox(entry, grid, entry.payload);
  return withFinding(body, { ...blankFinding(id, label, gridId, entry.seq), kind: 'box', box, ...measureBox(box, grid) });
};

const moveBox: Handler<'move_box'> = (body, entry, context) => {
  const finding = findingOf(body, entry, entry.payload.finding_id);
  if (finding.kind !== 'box') throw new OperationError(entry, `finding ${finding.id} is a ${finding.kind}`);
  const grid = gridOf(context, entry, finding.grid_id);
  const box = checkBox(entry, grid, entry.payload);
  return touch(body, { ...finding, box, ...measureBox(box, grid) });
};

const copyPoints = ([p, q]: [Triple, Triple]): [Triple, Triple] => [[...p], [...q]];

const addLength: Handler<'add_length'> = (body, entry, context) => {
  const { finding_id: id, label_key: label, grid_id: gridId, points_lps: points } = entry.payload;
  refuseKnown(body, entry, id);
  gridOf(context, entry, gridId);
  return withFinding(body, {
    ...blankFinding(id, label, gridId, entry.seq),
    kind: 'length',
    points_lps: copyPoints(points),
    length_mm: distance(points),
  });
};

const moveLength: Handler<'move_length'> = (body, entry) => {
  const finding = findingOf(body, entry, entry.payload.finding_id);
  if (finding.kind !== 'length') throw new OperationError(entry, `finding ${finding.id} is a ${finding.kind}`);
  const points = entry.payload.points_lps;
  return touch(body, { ...finding, points_lps: copyPoints(points), length_mm: distance(points) });
};

const addMeasure: Handler<'add_measure'> = (body, entry, context) => {
  const { finding_id: id, label_key: label, grid_id: gridId, k } = entry.payload;
  refuseKnown(body, entry, id);
  const measure = measured(entry.payload, gridOf(context, entry, gridId).spacing_known);
  return withFinding(body, { ...blankFinding(id, label, gridId, entry.seq), kind: 'measure', measure, largest_slice: k });
};

const moveMeasure: Handler<'move_measure'> = (body, entry, context) => {
  const { payload } = entry;
  const finding = findingOf(body, entry, payload.finding_id);
  if (finding.kind !== 'measure') throw new OperationError(entry, `finding ${finding.id} is a ${finding.kind}`);
  if (finding.grid_id !== payload.grid_id) throw new OperationError(entry, `finding ${finding.id} has grid_id ${finding.grid_id}`);
  if (finding.measure?.tool !== payload.tool) throw new OperationError(entry, `finding ${finding.id} has tool ${finding.measure?.tool}`);
  const measure = measured(payload, gridOf(context, entry, finding.grid_id).spacing_known);
  return withFinding(body, { ...finding, measure, largest_slice: payload.k });
};

/** A name changes nothing in the image, so what came from a suggestion is not edited by it. */
const renameFinding: Handler<'rename_finding'> = (body, entry) =>
  withFinding(body, { ...findingOf(body, entry, entry.payload.finding_id), name: entry.payload.name });

/** Deleting what came from a suggestion leaves the suggestion undecided: nobody has said why it is wrong. */
const deleteFinding: Handler<'delete_finding'> = (body, entry) => {
  const finding = findingOf(body, entry, entry.payload.finding_id);
  const number = finding.suggestion_id;
  return {
    ...body,
    findings: body.findings.filter((one) => one !== finding),
    decisions: body.decisions.filter((one) => number === null || one.suggestion_id !== number),
  };
};

function accepted(suggestion: Suggestion, id: string, seq: number, grid: GridFacts): Finding {
  const blank = blankFinding(id, suggestion.label_key, suggestion.grid_id, seq);
  const origin = { provenance: 'AUTOMATIC', suggestion_id: suggestion.id } as const;
  if (suggestion.kind === 'box' && suggestion.box) {
    return { ...blank, ...origin, kind: 'box', box: suggestion.box, ...measureBox(suggestion.box, grid) };
  }
  const slices = [...suggestion.slices].sort((p, q) => p.k - q.k);
  return { ...blank, ...origin, kind: 'segment', slices, ...measureSegment(slices, grid) };
}

const decide: Handler<'decide'> = (body, entry, context) => {
  const { suggestion_id: suggestionId, finding_id: id, verdict, reason } = entry.payload;
  const suggestion = context.suggestions.get(suggestionId);
  if (!suggestion) throw new OperationError(entry, `suggestion ${suggestionId} is not part of this reading`);
  const findings = body.findings.filter((one) => one.suggestion_id !== suggestionId);
  const others = body.decisions.filter((one) => one.suggestion_id !== suggestionId);
  if (verdict === 'reject') {
    const decision = { suggestion_id: suggestionId, finding_id: null, verdict, reason: reason ?? '' } as const;
    return { ...body, findings, decisions: [...others, decision] };
  }
  refuseKnown({ ...body, findings }, entry, id);
  const finding = accepted(suggestion, id, entry.seq, gridOf(context, entry, suggestion.grid_id));
  const decision = { suggestion_id: suggestionId, finding_id: id, verdict, reason: '' } as const;
  return { ...body, findings: [...findings, finding], decisions: [...others, decision] };
};

const stateLabel: Handler<'state_label'> = (body, entry) => ({
  ...body,
  label_status: { ...body.label_status, [entry.payload.label_key]: entry.payload.status },
});

const setTag: Handler<'set_tag'> = (body, entry) => ({
  ...body,
  tags: { ...body.tags, [entry.payload.label_key]: entry.payload.value },
});

const setForm: Handler<'set_form'> = (body, entry) => ({
  ...body,
  form: { ...body.form, [entry.payload.field]: entry.payload.value ?? null },
});

const HANDLERS: { [K in Kind]: Handler<K> } = {
  paint,
  add_box: addBox,
  move_box: moveBox,
  add_length: addLength,
  move_length: moveLength,
  add_measure: addMeasure,
  move_measure: moveMeasure,
  rename_finding: renameFinding,
  delete_finding: deleteFinding,
  decide,
  state_label: stateLabel,
  set_tag: setTag,
  set_form: setForm,
};

/** Throws OperationError when the operation does not fit; undo and redo belong to the journal, not here. */
export function applyOperation(body: DraftBody, entry: JournalEntry, context: ReduceContext): DraftBody {
  const handler = (HANDLERS as Record<string, Handler<Kind> | undefined>)[entry.kind];
  if (!handler) throw new OperationError(entry, 'is no operation on a draft');
  return handler(body, entry as Entry<Kind>, context);
}
