"""The anatomy every demo patient is made from: the MNI152 T1 and its tissue maps, as shipped in nilearn's wheel.

The template is an average of 152 people and therefore blurred; its own grey and white matter maps bring the contrast
back (half template, half maps). It is skull-stripped, so `head` computes a plain skull and scalp around it.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medreview.demo.head import FLUID, build_head

_FILES = {
    "t1": "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz",
    "grey": "mni_icbm152_gm_tal_nlin_sym_09a_converted.nii.gz",
    "white": "mni_icbm152_wm_tal_nlin_sym_09a_converted.nii.gz",
}
_PADDING_VOXELS = 24  # room for skull and scalp around the skull-stripped template
_COARSE = 2  # skull and distances need no finer grid than every second voxel (2 mm)
_GREY, _WHITE = 0.56, 1.0  # brightness on T1 relative to white matter


class TemplateMissingError(RuntimeError):
    """The template's files are not on this machine; the text says what to install."""


@dataclass(frozen=True)
class Template:
    """The average head on a 1 mm grid: arrays in `xyz` order, world RAS in millimetres.

    `tissue` float32, brightness from 0 (air) to about 1 (white matter); `white_matter` float32 probability 0..1;
    `depth_mm` float32, distance to the brain's surface, 0 outside it; `ras_to_index` 4x4, millimetres to voxel index.
    """

    tissue: NDArray[np.float32]
    white_matter: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    ras_to_index: NDArray[np.float64]


def find_template_folder() -> Path:
    """Folder of nilearn's bundled images.

    Raises TemplateMissingError when nilearn is not installed or ships other files.
    """
    spec = importlib.util.find_spec("nilearn")
    if spec is None or spec.origin is None:
        raise TemplateMissingError(
            "The demo cohort is made from the MNI152 template in the nilearn package, which is not installed. "
            "Run: pip install 'medreview[demo]'"
        )
    folder = Path(spec.origin).parent / "datasets" / "data"
    missing = [name for name in _FILES.values() if not (folder / name).is_file()]
    if missing:
        raise TemplateMissingError(
            f"nilearn is installed, but {missing[0]} is not in {folder}. Run: pip install 'medreview[demo]' "
            "to get the version that ships it."
        )
    return folder


@lru_cache(maxsize=1)
def load_template() -> Template:
    """Read the three maps and build the head; kept for the life of the process (about 200 MB, a few seconds).

    Raises TemplateMissingError, see `find_template_folder`.
    """
    folder = find_template_folder()
    images = {key: nib.nifti1.Nifti1Image.from_filename(folder / name) for key, name in _FILES.items()}
    t1, grey, white = (
        np.pad(np.asarray(images[key].dataobj, dtype=np.float32), _PADDING_VOXELS) / np.float32(255.0)
        for key in ("t1", "grey", "white")
    )
    index_to_ras = np.asarray(images["t1"].affine, dtype=np.float64).copy()
    index_to_ras[:3, 3] -= _PADDING_VOXELS * index_to_ras[:3, :3].sum(axis=1)

    inside = ndimage.binary_fill_holes(ndimage.binary_closing(t1 > 0, iterations=2))
    coarse = inside[::_COARSE, ::_COARSE, ::_COARSE]
    y_mm, z_mm = (
        (np.arange(coarse.shape[axis]) * _COARSE * index_to_ras[axis, axis] + index_to_ras[axis, 3]).astype(np.float32)
        for axis in (1, 2)
    )
    head = build_head(coarse, step_mm=float(_COARSE), y_mm=y_mm[None, :, None], z_mm=z_mm[None, None, :])
    depth_mm = (ndimage.distance_transform_edt(coarse) * _COARSE).astype(np.float32)
    cover = ndimage.gaussian_filter(inside.astype(np.float32), 0.8)
    return Template(
        tissue=cover * _mix(t1, grey, white, inside) + (1.0 - cover) * _to_fine_grid(head, inside.shape),
        white_matter=white,
        depth_mm=_to_fine_grid(depth_mm, inside.shape),
        ras_to_index=np.asarray(np.linalg.inv(index_to_ras), dtype=np.float64),
    )


def _mix(
    t1: NDArray[np.float32], grey: NDArray[np.float32], white: NDArray[np.float32], inside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Half template, half maps; cerebrospinal fluid is what the maps leave over."""
    fluid = np.clip(1.0 - grey - white, 0.0, 1.0)
    from_maps = FLUID * fluid + _GREY * grey + _WHITE * white
    from_t1 = np.clip((t1 - 0.30) / (0.90 - 0.30), 0.0, 1.1)
    return np.where(inside, 0.5 * from_t1 + 0.5 * from_maps, 0.0).astype(np.float32)


def _to_fine_grid(coarse: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Linear interpolation of an array sampled at every `_COARSE`-th voxel back to every voxel of `shape`."""
    for axis, size in enumerate(shape):
        position = np.minimum(np.arange(size) / _COARSE, coarse.shape[axis] - 1)
        low = np.minimum(position.astype(int), coarse.shape[axis] - 2)
        along = [1, 1, 1]
        along[axis] = size
        weight = (position - low).astype(np.float32).reshape(along)
        coarse = np.take(coarse, low, axis) * (1 - weight) + np.take(coarse, low + 1, axis) * weight
    return coarse
