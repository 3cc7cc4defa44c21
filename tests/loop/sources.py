"""Where simulated readers get cases and their truth from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medreview.demo.cohort import generate_cohort
from ml.masks import split_findings
from tests.loop.readers import Truth, TruthSource


def full_masks(mask: np.ndarray, findings: str) -> list[np.ndarray]:
    """A label's mask as one full-size mask per finding."""
    return [part.whole(mask.shape) for part in split_findings(mask, findings)]  # type: ignore[arg-type]


def shuffled(truths: Mapping[str, Truth], seed: int) -> dict[str, TruthSource]:
    """The labels of a reader who mixed up every case: each study gets another one's masks, stretched to its size."""
    studies = sorted(truths)
    order = np.random.default_rng(seed).permutation(len(studies))
    following = {studies[a]: studies[b] for a, b in zip(order, np.roll(order, -1), strict=True)}

    def source(other: Truth) -> Callable[[dict[str, Any]], Truth]:
        def truth(stack: dict[str, Any]) -> Truth:
            others = {key: [stretch(mask, stack["shape_zyx"]) for mask in masks]
                      for key, masks in other.masks.items()}  # fmt: skip
            return Truth(masks={key: [m for m in masks if m.any()] for key, masks in others.items()})

        return truth

    return {study: source(truths[other]) for study, other in following.items()}


def stretch(mask: np.ndarray, shape_zyx: Sequence[int]) -> np.ndarray:
    """The same picture with another number of voxels: nearest neighbour, axis by axis."""
    index = [np.arange(n) * old // n for n, old in zip(shape_zyx, mask.shape, strict=True)]
    return mask[np.ix_(*index)]


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
