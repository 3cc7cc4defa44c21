"""Scores of a model on one side of a data set, and the gate that judges a candidate from them.

Segmentation: Dice of what a reader would be shown (after the plan's cleaning) on the case's own grid; a patient's
value is the mean of its cases. Detection: average precision at IoU 0.5 over pooled cases; patients are resampled.
Meant to run in a process of its own: it takes folders, reads weights by hash, and trusts no number that training
wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml import comparison, infer
from ml.baselines import baseline_scores
from ml.comparison import OVERALL, compare, mean_of, only_candidate, pooled_average_precision
from ml.contracts import CaseScore, Dataset, DatasetCase, GateReport, LabelSpec, Side, Task
from ml.dataset import cases_of, is_assessed, load_dataset, load_mask, task_labels
from ml.errors import DatasetError, NonFiniteWeightsError, WeightsHashError
from ml.infer import Predictor
from ml.metrics import Matches, average_precision, dice, match_boxes
from ml.plan import Plan

METRIC_NAMES: dict[Task, str] = {"segmentation": "dice", "detection": "ap50"}
OnFraction = Callable[[float], None]


@dataclass(frozen=True)
class SideScores:
    """A model's scores on one side. `units`: label -> patient -> what its pool takes: a Dice value, or that patient's
    list of `Matches`. Labels nobody assessed have no patient."""

    task: Task
    cases: tuple[CaseScore, ...]
    units: dict[str, dict[str, Any]] = field(default_factory=dict)

    def pool(self) -> Callable[[Sequence[Any]], float | None]:
        """How units of several patients become one number."""
        return pooled_average_precision if self.task == "detection" else mean_of

    def means(self) -> dict[str, float]:
        """The metric per label, over all patients; labels without a value are left out."""
        pooled = {key: self.pool()(list(units.values())) for key, units in self.units.items()}
        return {key: value for key, value in pooled.items() if value is not None}

    def overall_units(self) -> dict[str, dict[str, Any]]:
        """Patient -> label -> unit: what the overall metric, the mean over labels, is pooled from."""
        patients = sorted({patient for units in self.units.values() for patient in units})
        return {p: {key: units[p] for key, units in self.units.items() if p in units} for p in patients}

    def overall_pool(self, patients: Sequence[Mapping[str, Any]]) -> float | None:
        """Mean over labels of each label's pooled metric."""
        keys = sorted({key for patient in patients for key in patient})
        pooled = [self.pool()([patient[key] for patient in patients if key in patient]) for key in keys]
        return mean_of([value for value in pooled if value is not None])


def score_side(
    predictor: Predictor,
    dataset: Dataset,
    dataset_dir: Path,
    side: Side = "test",
    on_fraction: OnFraction = lambda _fraction: None,
) -> SideScores:
    """Score a model on one side. A label that was not assessed in a case has no value there, whatever was predicted."""
    cases = cases_of(dataset, side)
    if not cases:
        raise DatasetError(f"the data set has no {side} case to score on")
    plan, rows, parts = predictor.plan, [], []
    for number, case in enumerate(cases):
        on_fraction(number / len(cases))
        one = _score_boxes if plan.task == "detection" else _score_segments
        values, units = one(predictor, case, dataset_dir)
        rows.append(CaseScore(case.case_id, case.patient_key, values))
        parts.append((case.patient_key, units))
    return SideScores(plan.task, tuple(rows), gather(plan.task, plan.label_keys, parts))


def gather(
    task: Task, keys: Sequence[str], parts: Sequence[tuple[str, Mapping[str, Any]]]
) -> dict[str, dict[str, Any]]:
    """Cases' units (patient, label -> Dice or Matches) by label and patient: the mean Dice, or the list of Matches."""
    units: dict[str, dict[str, Any]] = {key: {} for key in keys}
    for patient, values in parts:
        for key, value in values.items():
            units[key].setdefault(patient, []).append(value)
    if task == "segmentation":
        return {key: {p: mean_of(values) for p, values in patients.items()} for key, patients in units.items()}
    return units


def _score_segments(
    predictor: Predictor, case: DatasetCase, dataset_dir: Path
) -> tuple[dict[str, float | None], dict[str, Any]]:
    shape: tuple[int, ...] = np.load(dataset_dir / case.image_path, mmap_mode="r").shape[1:]
    parts, _ = predictor.segments(case, dataset_dir)
    values: dict[str, float | None] = {}
    for key in predictor.plan.label_keys:
        if not is_assessed(case, key):
            values[key] = None
            continue
        found = np.zeros(shape, dtype=bool)
        for item in parts:
            if item.label_key == key:
                extent = zip(item.part.start_zyx, item.part.stop_zyx, strict=True)
                found[tuple(slice(a, b) for a, b in extent)] |= item.part.mask
        values[key] = dice(found, load_mask(case, dataset_dir, key, shape))
    return values, {key: value for key, value in values.items() if value is not None}


def _score_boxes(
    predictor: Predictor, case: DatasetCase, dataset_dir: Path
) -> tuple[dict[str, float | None], dict[str, Any]]:
    boxes, _ = predictor.boxes(case, dataset_dir)
    units = {key: match_boxes(boxes, case.boxes, key) for key in predictor.plan.label_keys if is_assessed(case, key)}
    return {key: _one_case(units[key]) if key in units else None for key in predictor.plan.label_keys}, units


def _one_case(matches: Matches) -> float | None:
    """AP50 of a single case for the page; a case with neither boxes nor detections has none."""
    return average_precision([matches])


def judge(
    candidate_dir: Path,
    active_dir: Path | None,
    dataset_dir: Path,
    *,
    expected_sha256: str,
    active_sha256: str | None = None,
    floor: float | None = None,
    floor_labels: Sequence[str] = (),
    margin: float = comparison.MARGIN,
    side: Side = "test",
    seed: int = 0,
    device: str = "auto",
    on_fraction: OnFraction = lambda _fraction: None,
) -> GateReport:
    """The gate: score candidate and active model on the same cases and say which is better, or why none may be
    promoted.

    The labels that count are the data set's, in its order; a candidate whose keys or codes differ from them or are in
    another order is refused and not scored, and so is one whose bytes are not `expected_sha256` or hold NaN. The active
    model is compared on the labels (key and code) both know; where there is none, or it is damaged, a note says so and
    the rules of a first model hold. A first model must reach `floor` (default: its plan's) in the mean over
    `floor_labels` (default: all labels) and beat every baseline there. Rules of the verdict: `ml/comparison.py`.
    """
    dataset = load_dataset(dataset_dir)
    try:
        candidate = infer.load(candidate_dir, device, expected_sha256)
    except (WeightsHashError, NonFiniteWeightsError) as error:
        return _refused(str(error), floor, seed)
    plan = candidate.plan
    wrong = label_refusal(plan, dataset.labels)
    if wrong:
        return _refused(wrong, floor, seed, METRIC_NAMES[plan.task])
    new = score_side(candidate, dataset, dataset_dir, side, lambda f: on_fraction(0.45 * f))
    report = GateReport(
        metric_name=METRIC_NAMES[plan.task],
        verdict="cannot_tell",
        overall=only_candidate(OVERALL, {}, mean_of, passed=False),
        labels=(),
        candidate_scores=new.cases,
        floor=plan.floor if floor is None else floor,
        baseline=baseline_scores(plan, dataset, dataset_dir, side),
        seed=seed,
    )
    if active_dir is None:
        return _first_model(report, new, tuple(floor_labels))
    try:
        active = infer.load(active_dir, device, active_sha256)
    except (WeightsHashError, NonFiniteWeightsError) as error:
        note = f"the active model cannot be compared with, so the rules of a first model hold: {error}"
        return _first_model(replace(report, notes=(note,)), new, tuple(floor_labels))
    shared = _shared_labels(plan, active.plan)
    if not shared:
        note = "the active model knows none of these labels, so the rules of a first model hold"
        return _first_model(replace(report, notes=(note,)), new, tuple(floor_labels))
    old = score_side(active, dataset, dataset_dir, side, lambda f: on_fraction(0.5 + 0.45 * f))
    return _against_active(report, new, old, shared, margin)


def _shared_labels(plan: Plan, active: Plan) -> list[str]:
    known = set(zip(active.label_keys, active.label_codes, strict=True)) if active.task == plan.task else set()
    return [key for key, code in zip(plan.label_keys, plan.label_codes, strict=True) if (key, code) in known]


def label_refusal(plan: Plan, labels: Sequence[LabelSpec]) -> str:
    """Why a model's labels are not the label set's; empty when keys and codes are equal and in the same order."""
    wanted = [(label.key, label.code) for label in task_labels(labels, plan.task)]
    found = list(zip(plan.label_keys, plan.label_codes, strict=True))
    if found == wanted:
        return ""
    if sorted(found) == sorted(wanted):
        return "the model's labels are the label set's in another order; its answers would carry the wrong names"
    missing = sorted({key for key, _ in wanted} - {key for key, _ in found})
    extra = sorted({key for key, _ in found} - {key for key, _ in wanted})
    detail = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(extra)}"] * bool(extra)
    return f"the model's labels differ from the label set's: {'; '.join(detail) or 'same keys, other codes'}"


def _refused(reason: str, floor: float | None, seed: int, metric_name: str = "none") -> GateReport:
    nothing = replace(only_candidate(OVERALL, {}, mean_of, passed=False), needed_n=None)
    return GateReport(metric_name, "cannot_tell", nothing, (), (), refusals=(reason,), floor=floor, seed=seed)


def _first_model(report: GateReport, new: SideScores, floor_labels: tuple[str, ...]) -> GateReport:
    refusals = tuple(_floor_refusals(report, new.means(), floor_labels or tuple(new.units)))
    labels = tuple(only_candidate(key, units, new.pool(), not refusals) for key, units in new.units.items())
    overall = only_candidate(OVERALL, new.overall_units(), new.overall_pool, not refusals)
    return replace(report, verdict=overall.verdict, overall=overall, labels=labels, refusals=refusals)


def _floor_refusals(report: GateReport, means: Mapping[str, float], keys: Sequence[str]) -> Iterator[str]:
    """Why a first model may not serve: below the floor, or no better than an answer without a model."""
    name, floor = report.metric_name, report.floor or 0.0
    known = [key for key in keys if key in means]
    reached = mean_of([means[key] for key in known])
    if reached is None:
        yield f"no {name} for {', '.join(keys)}: not assessed in any case it was scored on"
        return
    if reached < floor:
        yield f"mean {name} {reached:.3f} is below the floor of {floor:.3f} for a first model"
    for baseline, value in _by_baseline(report.baseline, known).items():
        if value is not None and reached <= value:
            yield f"mean {name} {reached:.3f} does not beat the baseline {baseline} ({value:.3f})"


def _by_baseline(baseline: Mapping[str, float], keys: Sequence[str]) -> dict[str, float | None]:
    """`name/label` -> value as name -> mean over the labels that count."""
    names = sorted({name.split("/")[0] for name in baseline})
    return {n: mean_of([baseline[f"{n}/{key}"] for key in keys if f"{n}/{key}" in baseline]) for n in names}


def _against_active(
    report: GateReport, new: SideScores, old: SideScores, shared: Sequence[str], margin: float
) -> GateReport:
    """Compare on the labels both models know; a label that is new to the candidate is listed with its own mean."""
    labels = [compare(k, new.units[k], old.units[k], new.pool(), margin=margin, seed=report.seed) for k in shared]
    only = [key for key in new.units if key not in shared]
    fresh = [only_candidate(key, new.units[key], new.pool(), passed=True) for key in only]
    new, old = (replace(s, units={key: s.units[key] for key in shared}) for s in (new, old))
    pairs = (new.overall_units(), old.overall_units())
    overall = compare(OVERALL, *pairs, new.overall_pool, margin=margin, seed=report.seed)
    notes = (f"new labels, not compared: {', '.join(only)}",) if only else ()
    return replace(
        report,
        verdict=comparison.overall_verdict(overall, labels, margin),
        overall=overall,
        labels=(*labels, *fresh),
        active_scores=old.cases,
        notes=notes,
    )
