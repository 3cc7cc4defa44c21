"""What a model must beat to be worth anything: answers that never look at the image. Learned from the training side.

- `nothing`: predict nothing. Right wherever a label is absent, the majority answer for rare lesions.
- `mean_shape` (segmentation): the mean of the training masks on a common grid stretched over each case, cut at the
level with the best mean Dice on the training side.
- `mean_boxes` (detection): the boxes of the training image whose boxes, laid over the other training images, fit best.

Keys of the result are `name/label`; the values are the gate's metric on the asked side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Box, Dataset, DatasetCase, Side
from ml.dataset import cases_of, is_assessed, load_mask, status_of
from ml.metrics import Matches, average_precision, dice, match_boxes
from ml.plan import Plan
from ml.preprocess import Frame, frame_of, resize

GRID_VOLUME = (32, 32, 32)
GRID_IMAGE = (1, 64, 64)
LEVELS = np.linspace(0.1, 0.9, 17)

Shape = tuple[int, int, int]


def baseline_scores(plan: Plan, dataset: Dataset, dataset_dir: Path, side: Side) -> dict[str, float]:
    """The baselines' metric per label on one side; labels that nobody assessed there are left out."""
    train, scored = cases_of(dataset, "train"), cases_of(dataset, side)
    if plan.task == "detection":
        return _detection(plan, train, scored, dataset_dir)
    return _segmentation(plan, train, scored, dataset_dir)


def _shape(case: DatasetCase, dataset_dir: Path) -> Shape:
    depth, rows, columns = np.load(dataset_dir / case.image_path, mmap_mode="r").shape[1:]
    return int(depth), int(rows), int(columns)


def _segmentation(
    plan: Plan, train: Sequence[DatasetCase], scored: Sequence[DatasetCase], dataset_dir: Path
) -> dict[str, float]:
    found: dict[str, float] = {}
    frames = {case.case_id: frame_of(case, _shape(case, dataset_dir), plan) for case in (*train, *scored)}
    for key in plan.label_keys:
        references = [
            (frames[case.case_id], load_mask(case, dataset_dir, key, frames[case.case_id].case_shape_zyx))
            for case in scored
            if is_assessed(case, key)
        ]
        if not references:
            continue
        found[f"nothing/{key}"] = float(np.mean([dice(np.zeros_like(mask), mask) for _, mask in references]))
        shape = _mean_shape(plan, key, train, dataset_dir, frames)
        if shape is not None:
            found[f"mean_shape/{key}"] = float(np.mean([dice(shape(frame), mask) for frame, mask in references]))
    return found


def _mean_shape(
    plan: Plan, key: str, train: Sequence[DatasetCase], dataset_dir: Path, frames: dict[str, Frame]
) -> Callable[[Frame], NDArray[np.bool_]] | None:
    """The mean mask, cut at its best level, as a function that lays it over a case; None when no case has the label."""
    grid = GRID_VOLUME if plan.spacing_mm else GRID_IMAGE
    masks = []
    for case in train:
        if status_of(case, key) == "marked":
            frame = frames[case.case_id]
            mask = load_mask(case, dataset_dir, key, frame.case_shape_zyx).astype(np.float32)
            masks.append(resize(frame.to_plan(mask), grid))
    if not masks:
        return None
    mean = np.mean(masks, axis=0)
    fits = [np.mean([dice(mean >= level, mask >= 0.5) for mask in masks]) for level in LEVELS]
    level = float(LEVELS[int(np.argmax(fits))])

    def lay_over(frame: Frame) -> NDArray[np.bool_]:
        laid: NDArray[np.bool_] = frame.to_case(resize(mean, frame.plan_shape_zyx)) >= level
        return laid

    return lay_over


def _detection(
    plan: Plan, train: Sequence[DatasetCase], scored: Sequence[DatasetCase], dataset_dir: Path
) -> dict[str, float]:
    shapes = {case.case_id: np.array(_shape(case, dataset_dir)) for case in (*train, *scored)}
    found: dict[str, float] = {}
    for key in plan.label_keys:
        references = [case for case in scored if is_assessed(case, key)]
        if not references:
            continue
        nothing = average_precision([match_boxes([], case.boxes, key) for case in references])
        if nothing is not None:
            found[f"nothing/{key}"] = nothing
        donors = [case for case in train if status_of(case, key) == "marked"]
        if not donors:
            continue

        def fit(donor: DatasetCase, cases: Sequence[DatasetCase], label: str = key) -> float:
            laid = [_laid_over(donor, case, label, shapes) for case in cases]
            return average_precision(laid) or 0.0

        best = max(donors, key=lambda donor: fit(donor, [case for case in donors if case is not donor]))
        found[f"mean_boxes/{key}"] = fit(best, references)
    return found


def _laid_over(donor: DatasetCase, case: DatasetCase, label_key: str, shapes: dict[str, NDArray[np.int_]]) -> Matches:
    """The donor's boxes, stretched to the case's size, matched with the case's own."""
    ratio = shapes[case.case_id] / shapes[donor.case_id]
    boxes = []
    for box in donor.boxes:
        start, stop = np.round(np.array(box.start_zyx) * ratio), np.round(np.array(box.stop_zyx) * ratio)
        boxes.append(Box(box.label_key, tuple(int(v) for v in start), tuple(int(v) for v in stop)))
    return match_boxes(boxes, case.boxes, label_key)
