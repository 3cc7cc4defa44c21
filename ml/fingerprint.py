"""What a data set's training side looks like, as numbers a person can read. The plan follows from it. Numpy only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml import geometry, masks
from ml.contracts import Dataset, DatasetCase, JsonContract, LabelSpec, Task
from ml.dataset import is_assessed, load_image, load_mask, status_of, task_labels
from ml.errors import DatasetError


@dataclass(frozen=True)
class Fingerprint(JsonContract):
    """What the training side looks like. Shapes and spacings are canonical `zyx` medians.

    `least_component` is the 10th percentile volume of a label's connected parts, in mm3, or voxels of a single image;
    `box_side_range` the 10th percentile side (geometric mean) of the smallest label's boxes and the 90th of the
    largest's, in mm, or pixels of an image.
    """

    train_cases: int
    val_cases: int
    modalities: tuple[str, ...]
    channels: int
    is_image: bool
    shape_zyx: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    intensity_low: float
    intensity_high: float
    intensity_mean: float
    intensity_std: float
    assessed_cases: dict[str, int] = field(default_factory=dict)
    marked_cases: dict[str, int] = field(default_factory=dict)
    least_component: dict[str, float] = field(default_factory=dict)
    boxes: dict[str, int] = field(default_factory=dict)
    box_side_range: tuple[float, ...] = (8.0, 64.0)


def fingerprint(
    dataset: Dataset, dataset_dir: Path, task: Task, tick: Callable[[str], None] = lambda _case_id: None
) -> Fingerprint:
    """Look at every training case once. The validation and test sides are only counted.
    `tick` hears of each case.

    Raises DatasetError when there is nothing to learn: no label of the task, no training case, no assessed label.
    """
    labels = task_labels(dataset.labels, task)
    cases = [case for case in dataset.cases if case.side == "train"]
    _check_learnable(labels, cases, task)
    shapes, spacings, pixels, channels = [], [], [], set()
    sizes: dict[str, list[float]] = {label.key: [] for label in labels}
    for case in cases:
        tick(case.case_id)
        image = load_image(case, dataset_dir)
        shape = image.shape[1:]
        order, spacing = _canonical(case, shape)
        shapes.append([shape[axis] for axis in order])
        spacings.append([spacing[axis] for axis in order])
        channels.add(image.shape[0])
        pixels.append(image.ravel()[:: max(1, image.size // 100_000)])
        for label in labels if task == "segmentation" else ():
            for part in masks.connected_components(load_mask(case, dataset_dir, label.key, shape)):
                sizes[label.key].append(part.voxel_count * float(np.prod(spacing)))
    if len(channels) != 1:
        raise DatasetError(f"training images have different numbers of channels: {sorted(channels)}; split it")
    values = np.concatenate(pixels)
    inside = values[values > values.min()] if values.max() > values.min() else values
    low, high = np.percentile(inside, [0.5, 99.5])
    clipped = np.clip(inside, low, high)
    return Fingerprint(
        train_cases=len(cases),
        val_cases=sum(case.side == "val" for case in dataset.cases),
        modalities=tuple(sorted({case.modality for case in cases})),
        channels=channels.pop(),
        is_image=max(shape[0] for shape in shapes) == 1,
        shape_zyx=tuple(int(v) for v in np.median(shapes, axis=0)),
        spacing_mm=tuple(round(float(v), 4) for v in np.median(spacings, axis=0)),
        intensity_low=float(low),
        intensity_high=float(high),
        intensity_mean=float(clipped.mean()),
        intensity_std=float(clipped.std()),
        assessed_cases={k: sum(is_assessed(c, k) for c in cases) for k in sizes},
        marked_cases={k: sum(status_of(c, k) == "marked" for c in cases) for k in sizes},
        least_component={k: float(np.percentile(v, 10)) for k, v in sizes.items() if v},
        boxes={k: sum(box.label_key == k for case in cases for box in case.boxes) for k in sizes},
        box_side_range=_box_sides(cases),
    )


def _box_sides(cases: Sequence[DatasetCase]) -> tuple[float, ...]:
    """The smallest label's small boxes and the largest label's large ones: a rare kind must not vanish in a
    percentile.
    """
    sides: dict[str, list[float]] = {}
    for case in cases:
        spacing = (1.0, 1.0, 1.0) if all(box.stop_zyx[0] <= 1 for box in case.boxes) else case.spacing_mm
        for box in case.boxes:
            size = [(b - a) * s for a, b, s in zip(box.start_zyx, box.stop_zyx, spacing, strict=True)]
            sides.setdefault(box.label_key, []).append(float(np.sqrt(size[1] * size[2])))
    if not sides:
        return 8.0, 64.0
    ranges = np.array([np.percentile(values, [10, 90]) for values in sides.values()])
    return float(ranges[:, 0].min()), float(ranges[:, 1].max())


def _check_learnable(labels: Sequence[LabelSpec], cases: Sequence[DatasetCase], task: Task) -> None:
    if not labels:
        raise DatasetError(f"the data set has no label that {task} can learn; add one of the right kind")
    if not cases:
        raise DatasetError("the data set has no training case; approve some readings first")
    if not any(status_of(case, label.key) == "marked" for case in cases for label in labels):
        raise DatasetError("no training case has a marked label; there is nothing to learn from")


def _canonical(case: DatasetCase, shape_zyx: Sequence[int]) -> tuple[tuple[int, int, int], tuple[float, ...]]:
    if shape_zyx[0] == 1:
        return (0, 1, 2), (1.0, 1.0, 1.0)
    try:
        return geometry.canonical_axes(case.affine_lps)[0], geometry.spacing_zyx(case.affine_lps)
    except geometry.GeometryError as error:
        raise DatasetError(f"case {case.case_id}: {error}") from error
