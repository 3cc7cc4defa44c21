"""A case's image as the learning library reads it. Used by the two runners only: it decodes pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medreview.archive.models import Grid
from medreview.archive.volume import read_volume
from medreview.cases.models import Case
from ml.contracts import Box, DatasetCase, Side


def write_case(
    *,
    case: Case,
    grid: Grid,
    dataset_dir: Path,
    side: Side,
    label_status: dict[str, str],
    mask_paths: dict[str, str] | None = None,
    boxes: tuple[Box, ...] = (),
) -> DatasetCase:
    """Write the stack's modality values `(C, Z, Y, X)` as `images/<case>.npy` and return its line of the data set."""
    folder = dataset_dir / "images"
    folder.mkdir(parents=True, exist_ok=True)
    image_path = f"images/{case.pk}.npy"
    np.save(dataset_dir / image_path, read_volume(grid))
    return DatasetCase(
        case_id=str(case.pk),
        patient_key=case.split.split_key,
        side=side,
        image_path=image_path,
        affine_lps=tuple(tuple(float(v) for v in row) for row in grid.affine_lps),
        spacing_mm=tuple(float(v) for v in grid.spacing_mm),
        modality=case.modality,
        label_status=label_status,
        mask_paths=mask_paths or {},
        boxes=boxes,
    )
