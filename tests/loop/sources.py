"""Where simulated readers get cases and their truth from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medreview.demo.cohort import generate_cohort
from ml.masks import split_findings
from tests.loop.readers import Truth


def full_masks(mask: np.ndarray, findings: str) -> list[np.ndarray]:
    """A label's mask as one full-size mask per finding."""
    return [part.whole(mask.shape) for part in split_findings(mask, findings)]  # type: ignore[arg-type]


def demo_cohort(folder: Path, *, patients: int) -> tuple[list[Path], dict[str, Truth]]:
    """A small demo cohort: DICOM files to upload, and the truth of each study by its UID."""
    manifest = generate_cohort(folder, seed=7, patients=patients, ct_slices=0)
    truths, files = {}, []
    for study in manifest.studies:
        with np.load(folder / study.truth) as arrays:
            masks = {
                "lesion": full_masks(arrays["lesion"], "many"),
                "white-matter": full_masks(arrays["white_matter"], "one"),
            }
        truths[study.study_uid] = Truth(masks={key: found for key, found in masks.items() if found})
        files += sorted((folder / study.files).glob("*.dcm"))
    return files, truths
