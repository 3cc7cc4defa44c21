"""Read a data set's folder: `dataset.json`, images, masks. Refuses what does not fit, naming the case. Numpy only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts import ContractError, Dataset, DatasetCase, LabelSpec, Side, Task
from ml.errors import DatasetError

Volume = NDArray[np.float32]


def load_dataset(dataset_dir: Path) -> Dataset:
    """The `Dataset` of a folder. Raises DatasetError when absent, malformed, or a label key or case id repeats."""
    path = dataset_dir / "dataset.json"
    try:
        dataset = Dataset.read(path)
    except (OSError, json.JSONDecodeError, ContractError, TypeError, AttributeError) as error:
        raise DatasetError(f"cannot read {path}: {error}; write the data set again") from error
    names_of = {"label key": [x.key for x in dataset.labels], "case id": [x.case_id for x in dataset.cases]}
    for what, names in names_of.items():
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise DatasetError(f"{path}: {what} {repeated[0]!r} appears more than once")
    return dataset


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 (hex) of the labels and cases, whatever `sha256` says: the name of what a run was trained on."""
    document = dataset.to_json() | {"sha256": ""}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def cases_of(dataset: Dataset, side: Side) -> list[DatasetCase]:
    """The cases of one side, in the data set's order."""
    return [case for case in dataset.cases if case.side == side]


def task_labels(labels: Sequence[LabelSpec], task: Task) -> tuple[LabelSpec, ...]:
    """The labels a task learns, in the data set's order: segments for segmentation, boxes for detection."""
    kind = "segment" if task == "segmentation" else "box"
    return tuple(label for label in labels if label.kind == kind)


def status_of(case: DatasetCase, label_key: str) -> str:
    """What the reading said about a label; a label it does not name was not assessed."""
    return case.label_status.get(label_key, "not_assessed")


def is_assessed(case: DatasetCase, label_key: str) -> bool:
    """Whether a label trains and scores in this case: marked, or searched and not found."""
    return status_of(case, label_key) != "not_assessed"


def load_image(case: DatasetCase, dataset_dir: Path) -> Volume:
    """The case's image `(C, Z, Y, X)` float32, modality values. Raises DatasetError when absent, misshapen, not
    finite.
    """
    image = _load(dataset_dir / case.image_path, case)
    if image.ndim != 4 or 0 in image.shape:
        raise DatasetError(f"case {case.case_id}: image is (C, Z, Y, X) and not empty, this one is {image.shape}")
    if image.dtype.kind not in "biuf":
        raise DatasetError(f"case {case.case_id}: image of dtype {image.dtype}; write real numbers")
    image = image.astype(np.float32)
    if not np.isfinite(image).all():
        raise DatasetError(f"case {case.case_id}: image holds NaN or infinite values; repair or exclude the case")
    return image


def load_mask(case: DatasetCase, dataset_dir: Path, label_key: str, shape_zyx: tuple[int, ...]) -> NDArray[np.bool_]:
    """One label's mask `(Z, Y, X)` bool. Empty when the label was searched and not found, or not assessed.

    The file of a label that was not assessed is never opened: nothing in it may reach the network or a metric.
    """
    status = status_of(case, label_key)
    if status == "not_assessed" or label_key not in case.mask_paths:
        if status == "marked":
            raise DatasetError(f"case {case.case_id}: label {label_key} is marked but names no mask file")
        return np.zeros(shape_zyx, dtype=bool)
    if status == "searched_none":
        raise DatasetError(f"case {case.case_id}: label {label_key} was searched and not found, but names a mask file")
    mask = _load(dataset_dir / case.mask_paths[label_key], case)
    if mask.shape != shape_zyx:
        raise DatasetError(f"case {case.case_id}: mask of {label_key} is {mask.shape}, the image {shape_zyx}")
    return mask.astype(bool)


def _load(path: Path, case: DatasetCase) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"case {case.case_id}: cannot read {path.name}: {error}; write it again") from error
    return array
