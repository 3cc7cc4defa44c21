"""In the spawned child only: a snapshot as a data set on disk, its training, and the gate in a process of its own.

`train` and `judge` are two children: the second trusts no number of the first and reads the weights by their hash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreview.annotations.models import AnnotationVersion
from medreview.annotations.selectors import segment_voxels
from medreview.archive.models import Grid
from medreview.cases.models import Case
from medreview.core.errors import JobFailed
from medreview.learning.models import DatasetSnapshot, TrainingRun
from medreview.learning.pictures import draw, fill_boxes, slice_to_show
from medreview.learning.selectors.gate import PICTURES, worst_losses
from medreview.learning.selectors.snapshot import MARKED
from medreview.registry.models import ModelVersion
from medreview.registry.selectors import active_model
from medreview.registry.weights import check_weights, run_folder
from medreview.suggestions.images import write_case
from ml import checkpoint, evaluate, infer
from ml import train as training
from ml.contracts import Box, Dataset, DatasetCase, GateReport, LabelSpec, Progress, TrainingReport, TrainingSpec
from ml.dataset import load_dataset, load_image, load_mask
from ml.errors import MlError

RESAMPLES = 2000
MAX_PICTURED = 6

Report = Callable[[dict[str, Any]], None]


@contextmanager
def _ml_errors() -> Iterator[None]:
    """What the library says goes to the run's page word for word, with its own opinion about trying again."""
    try:
        yield
    except MlError as error:
        raise JobFailed(str(error), retryable=error.retryable) from error


def train(payload: dict[str, Any], report: Report) -> dict[str, Any]:
    """Export the run's snapshot and train on it; returns the TrainingReport. Raises JobFailed.

    Goes on from the newest verified state of an earlier attempt, which may have been killed at any point.
    """
    run = TrainingRun.objects.select_related("project", "snapshot").get(pk=payload["run_id"])
    folder = Path(payload["folder"])
    dataset_dir = folder / "dataset"
    if run.snapshot is None:
        raise JobFailed(f"Training {run.number} has no snapshot; start a new one.")
    export_snapshot(run.snapshot, dataset_dir, report)
    spec = TrainingSpec(
        dataset_dir=str(dataset_dir),
        task=run.task,  # type: ignore[arg-type]
        network=run.network,
        seed=int(run.spec["seed"]),
        seconds_budget=float(run.spec["seconds_budget"]),
        max_epochs=int(run.spec["max_epochs"]),
        warm_start_dir=_warm_start(run),
    )
    with _ml_errors():
        done: TrainingReport = training.train(
            spec,
            folder,
            on_progress=lambda progress: report(progress.to_json()),
            resume_from=_resumable([Path(name) for name in payload["earlier"]]),
        )
    return done.to_json()


def _warm_start(run: TrainingRun) -> str:
    """The folder of the active model, whose weights the new training starts from where its network fits."""
    active = active_model(run.project, run.task)
    return str(run_folder(active)) if active is not None and not check_weights(active) else ""


def _resumable(earlier: list[Path]) -> Path | None:
    """The newest earlier attempt with a state whose hash verifies."""
    return next((path for path in earlier if checkpoint.newest_state(path) is not None), None)


def export_snapshot(snapshot: DatasetSnapshot, dataset_dir: Path, report: Report) -> Dataset:
    """Write the snapshot as a data set of `ml`: images, masks, boxes, and `dataset.json` last."""
    labels = tuple(LabelSpec.from_json(label) for label in snapshot.manifest["labels"])
    rows = snapshot.manifest["readings"]
    cases = []
    for number, row in enumerate(rows, start=1):
        cases.append(_export_case(row, {label.key for label in labels}, dataset_dir))
        message = f"reading case {number} of {len(rows)}"
        report(Progress("preparing", 0.0, message).to_json())
    dataset = Dataset(labels=labels, cases=tuple(cases), sha256=snapshot.sha256)
    dataset.write(dataset_dir / "dataset.json")
    return dataset


def _export_case(row: dict[str, Any], keys: set[str], dataset_dir: Path) -> DatasetCase:
    """One approved reading. Only labels that it marked get a mask or boxes: nothing of another label is written."""
    case = Case.objects.select_related("split").get(pk=row["case_id"])
    grid = Grid.objects.get(pk=row["grid_id"])
    status = {key: value for key, value in row["label_status"].items() if key in keys}
    marked = {key for key, value in status.items() if value == MARKED}
    versions = [
        version
        for version in AnnotationVersion.objects.filter(pk__in=row["version_ids"], grid=grid).select_related(
            "annotation", "grid"
        )
        if version.annotation.label_key in marked
    ]
    return write_case(
        case=case,
        grid=grid,
        dataset_dir=dataset_dir,
        side=row["side"],
        label_status=status,
        mask_paths=_write_masks(case, versions, dataset_dir),
        boxes=tuple(_box(version) for version in versions if version.annotation.kind == "box"),
    )


def _write_masks(case: Case, versions: list[AnnotationVersion], dataset_dir: Path) -> dict[str, str]:
    """One file per label: the union of its findings."""
    (dataset_dir / "masks").mkdir(parents=True, exist_ok=True)
    paths: dict[str, str] = {}
    segments = [version for version in versions if version.annotation.kind == "segment"]
    for key in sorted({version.annotation.label_key for version in segments}):
        voxels = [segment_voxels(version) for version in segments if version.annotation.label_key == key]
        paths[key] = f"masks/{case.pk}-{key}.npy"
        np.save(dataset_dir / paths[key], np.logical_or.reduce(voxels))
    return paths


def _box(version: AnnotationVersion) -> Box:
    return Box(
        label_key=version.annotation.label_key,
        start_zyx=tuple(int(v) for v in version.geometry["start_zyx"]),
        stop_zyx=tuple(int(v) for v in version.geometry["stop_zyx"]),
    )


def judge(payload: dict[str, Any], report: Report) -> dict[str, Any]:
    """The gate: candidate against active on the test side. Returns {"gate", "plan", "low", "high"}. Raises JobFailed.

    An active model that learned other labels cannot be compared; the candidate is then judged like a first one, and the
    decision names no active model, so that it is never promoted by itself.
    """
    run = TrainingRun.objects.select_related("project", "snapshot").get(pk=payload["run_id"])
    folder = Path(payload["folder"])
    dataset_dir = folder / "dataset"
    active = ModelVersion.objects.filter(pk=payload["active_id"]).first()
    if active is not None and not _has_labels(active, run.snapshot):
        active = None
    with _ml_errors():
        gate = evaluate.judge(
            folder,
            run_folder(active) if active else None,
            dataset_dir,
            expected_sha256=payload["weights_sha256"],
            active_sha256=active.weights_id if active else None,
            margin=run.project.gate_margin,
            seed=int(run.spec["seed"]),
            on_fraction=lambda f: report(Progress("scoring", f, "comparing on the test cases").to_json()),
        )
        if active is not None:
            _draw_losses(gate, {"active": run_folder(active), "candidate": folder}, dataset_dir, folder / PICTURES)
    low, high = interval(gate)
    return {
        "gate": gate.to_json(),
        "plan": json.loads((folder / "plan.json").read_text(encoding="utf-8")),
        "active_id": active.pk if active else None,
        "low": low,
        "high": high,
    }


def _draw_losses(gate: GateReport, models: dict[str, Path], dataset_dir: Path, out_dir: Path) -> None:
    """Pictures of the cases on which the candidate loses most: what both models found beside the reference."""
    losses = losses_of(gate)
    if not losses:
        return
    dataset = load_dataset(dataset_dir)
    cases = {case.case_id: case for case in dataset.cases}
    for which, folder in models.items():
        predictor = infer.load(folder)
        for case_id, label_key in losses:
            case = cases[case_id]
            image = load_image(case, dataset_dir)
            reference = _reference_mask(case, dataset_dir, label_key, predictor.plan.task, image.shape[1:])
            found = _found_mask(predictor, case, dataset_dir, label_key, image.shape[1:])
            k = slice_to_show(reference, found)
            path = out_dir / f"{case_id}-{label_key}-{which}.png"
            draw(image[:, k], reference[k], found[k], case.spacing_mm[1:], path)


def losses_of(gate: GateReport) -> list[tuple[str, str]]:
    """(case id, label key) of the largest losses of a report."""
    return [(row["case_id"], row["label_key"]) for row in worst_losses(gate.to_json(), MAX_PICTURED)]


def _reference_mask(
    case: DatasetCase, dataset_dir: Path, label_key: str, task: str, shape_zyx: tuple[int, ...]
) -> NDArray[np.bool_]:
    if task == "segmentation":
        return load_mask(case, dataset_dir, label_key, shape_zyx)
    return fill_boxes([(b.start_zyx, b.stop_zyx) for b in case.boxes if b.label_key == label_key], shape_zyx)


def _found_mask(
    predictor: infer.Predictor, case: DatasetCase, dataset_dir: Path, label_key: str, shape_zyx: tuple[int, ...]
) -> NDArray[np.bool_]:
    if predictor.plan.task == "detection":
        boxes = [b for b in predictor.boxes(case, dataset_dir)[0] if b.score >= predictor.threshold(b.label_key)]
        return fill_boxes([(b.start_zyx, b.stop_zyx) for b in boxes if b.label_key == label_key], shape_zyx)
    mask = np.zeros(shape_zyx, dtype=bool)
    for item in predictor.segments(case, dataset_dir)[0]:
        if item.label_key == label_key:
            extent = zip(item.part.start_zyx, item.part.stop_zyx, strict=True)
            mask[tuple(slice(a, b) for a, b in extent)] |= item.part.mask
    return mask


def _has_labels(model: ModelVersion, snapshot: DatasetSnapshot | None) -> bool:
    labels = snapshot.manifest["labels"] if snapshot else []
    learned = list(zip(model.label_keys, model.label_codes, strict=False))
    return learned == [(label["key"], label["code"]) for label in labels]


def interval(gate: GateReport) -> tuple[float | None, float | None]:
    """95 % percentile bootstrap over patients of the candidate's mean Dice; (None, None) for pooled metrics."""
    by_patient: dict[str, list[float]] = {}
    for row in gate.candidate_scores:
        by_patient.setdefault(row.patient_key, []).extend(v for v in row.values.values() if v is not None)
    means = np.array([np.mean(values) for values in by_patient.values() if values])
    if gate.metric_name != "dice" or len(means) < 2:
        return None, None
    draws = np.random.default_rng(gate.seed).integers(0, len(means), size=(RESAMPLES, len(means)))
    low, high = np.percentile(means[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
