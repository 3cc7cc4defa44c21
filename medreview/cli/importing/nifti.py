"""NIfTI pairs: `images` and `labels` folders with files of the same name (Decathlon, nnU-Net)."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medreview.cli.importing.named_values import names_of_values
from medreview.cli.importing.sources import LabelledImage, LabelledSet, Mark, find_folder, find_images, stem
from medreview.core.errors import Invalid

_CHANNEL = re.compile(r"_\d{4}$")
_MAX_VALUES = 128


def read(root: Path) -> LabelledSet:
    folder = find_folder(root, ("labels", "labelsTr", "masks"), "label maps")
    files = {stem(path): path for path in sorted(folder.iterdir()) if path.name.endswith((".nii", ".nii.gz"))}
    images, values = [], set()
    for image in find_images(root, without=("labels", "labelstr", "masks", "labelsts", "imagests")):
        label = files.get(stem(image)) or files.get(_CHANNEL.sub("", stem(image)))
        if label is not None:
            values |= set(_values(label))
        images.append(LabelledImage(image, None, partial(_marks, label) if label else None))
    if len(values) > _MAX_VALUES:
        raise Invalid(f"The label maps have {len(values)} different values; expected a few integers, one a label.")
    return LabelledSet(root, images, [str(value) for value in sorted(values)], names_of_values(root))


def _load(path: Path) -> tuple[Any, np.ndarray]:
    try:
        image: Any = nibabel.load(path)
        values = np.asarray(image.dataobj)
    except Exception as error:
        raise Invalid(f"The label map {path.name} cannot be read ({str(error)[:120]}).") from error
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    whole = np.rint(values).astype(np.int64)
    if values.ndim != 3 or not np.allclose(values, whole, atol=1e-3):
        raise Invalid(f"The label map {path.name} is not a 3D map of integers.")
    return image, whole


def _values(path: Path) -> list[int]:
    return [int(value) for value in np.unique(_load(path)[1]) if value]


def _marks(path: Path) -> list[Mark]:
    image, values = _load(path)
    affine = np.asarray(image.affine, dtype=np.float64)
    return [Mark(str(int(v)), volume=values == v, affine_ras=affine) for v in np.unique(values) if v]
