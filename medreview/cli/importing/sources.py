"""A labelled data set on disk: which files are images, whose they are, and what is marked on each.

Every reader (`coco`, `voc`, `masks`, `nifti`) returns a `LabelledSet`. A `Mark` is in the image file's own pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreview.core.errors import Invalid

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm", ".nii", ".nii.gz")
Box2d = tuple[int, int, int, int]


@dataclass(frozen=True)
class Mark:
    """One labelled thing of `category`: `box` (x0, y0, x1, y1) half-open px, or `mask` (rows, columns) bool, or
    `volume` (X, Y, Z) bool with `affine_ras` (NIfTI's order)."""

    category: str
    box: Box2d | None = None
    mask: NDArray[np.bool_] | None = None
    volume: NDArray[np.bool_] | None = None
    affine_ras: NDArray[np.float64] | None = None


Reader = Callable[[], list[Mark]]


@dataclass(frozen=True)
class LabelledImage:
    """One image file; `read_marks` opens its label file only when called. None: nobody labelled it."""

    path: Path
    patient_id: str | None
    read_marks: Reader | None


@dataclass(frozen=True)
class LabelledSet:
    """`categories` in the set's own order; `names` gives numbered categories a name where the set has one."""

    root: Path
    images: list[LabelledImage]
    categories: list[str]
    names: Mapping[str, str] = field(default_factory=dict)


def find_images(root: Path, *, without: tuple[str, ...] = ()) -> list[Path]:
    """Image files below `root` in order, those in folders named like label folders left out. An `images` folder, where
    there is one, is all that counts."""
    for name in ("images", "imagesTr", "JPEGImages"):
        if (root / name).is_dir():
            root = root / name
            break
    found = []
    for path in sorted(root.rglob("*")):
        inside = {part.lower() for part in path.relative_to(root).parts[:-1]}
        if path.is_file() and path.name.lower().endswith(IMAGE_SUFFIXES) and not inside & set(without):
            found.append(path)
    if not found:
        raise Invalid(f"No image (PNG, JPG, NIfTI, DICOM) was found in {root}.")
    return found


def find_folder(root: Path, names: tuple[str, ...], what: str) -> Path:
    """The first of `names` that is a folder of `root`. Raises Invalid saying what was looked for."""
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise Invalid(f"{root} has no folder of {what}; one of these is expected: {', '.join(names)}.")


def stem(path: Path | str) -> str:
    """The file name without its (double) extension."""
    name = Path(path).name
    lowered = name.lower()
    for suffix in (".nii.gz", *IMAGE_SUFFIXES, ".xml", ".json"):
        if lowered.endswith(suffix):
            return name[: -len(suffix)]
    return Path(name).stem


def as_dict(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{where} should be an object (a dictionary), it is a {type(value).__name__}.")
    return value
