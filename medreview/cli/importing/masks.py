"""Pictures with mask pictures of the same name: 0 is background, each other value is a category."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from medreview.cli.importing import coco
from medreview.cli.importing.named_values import names_of_values
from medreview.cli.importing.sources import LabelledImage, LabelledSet, Mark, find_folder, find_images, stem
from medreview.core.errors import Invalid

_FOLDERS = ("masks", "labels", "mask", "annotations", "SegmentationClass")
_ENDINGS = ("", "_mask", "-mask", "_seg", "_label")
_MAX_VALUES = 64


def read(root: Path) -> LabelledSet:
    folder = find_folder(root, _FOLDERS, "masks")
    files = {stem(path): path for path in sorted(folder.glob("*.png"))}
    listed = coco.find_file(root)
    patients = coco.patients_of(listed) if listed is not None else {}
    images, values = [], set()
    for image in find_images(root, without=tuple(name.lower() for name in _FOLDERS)):
        mask = next((files[stem(image) + end] for end in _ENDINGS if stem(image) + end in files), None)
        if mask is not None:
            values |= set(_values(mask))
        images.append(LabelledImage(image, patients.get(image.name), partial(_marks, mask) if mask else None))
    if len(values) > _MAX_VALUES:
        raise Invalid(f"The masks have {len(values)} different values; expected a few integers, one a label.")
    return LabelledSet(root, images, [str(value) for value in sorted(values)], names_of_values(root))


def _load(path: Path) -> np.ndarray:
    with Image.open(path, formats=("PNG",)) as picture:
        values = np.asarray(picture if picture.mode in ("1", "L", "P", "I", "I;16") else picture.convert("L"))
    values = values.astype(np.int64)
    # Black and white: 255 is only another way to say 1.
    return np.minimum(values, 1) if set(np.unique(values).tolist()) <= {0, 255} else values


def _values(path: Path) -> list[int]:
    return [int(value) for value in np.unique(_load(path)) if value]


def _marks(path: Path) -> list[Mark]:
    values = _load(path)
    return [Mark(str(int(value)), mask=values == value) for value in np.unique(values) if value]
