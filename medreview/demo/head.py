"""A plain skull, scalp and soft tissue around a skull-stripped brain, so that a demo slice looks like a scanned head.

The layers follow the distance from a smooth hull of the brain, with thickness that wanders from place to place. They
are there to look at, and for a network to tell bright scalp from white matter; they teach no anatomy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FLUID = 0.13
_BONE, _MARROW, _SCALP, _SOFT = 0.07, 0.33, 0.88, 0.36
_HULL_RADIUS_MM = 22.0
_BLUR_MM = 1.6  # the width of the edge between two layers
_SEED = 152  # the same head for everyone; patients differ by their deformation


def build_head(
    brain: NDArray[np.bool_], *, step_mm: float, y_mm: NDArray[np.float32], z_mm: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Brightness around `brain`, relative to white matter = 1, defined in every voxel of its grid.

    `brain` is bool `xyz` on a cubic grid of `step_mm`; `y_mm` and `z_mm` are RAS coordinates that broadcast to its
    shape. Values inside the brain are meaningless; the caller covers them.
    """
    hull = _close(brain, _HULL_RADIUS_MM / step_mm)
    outside_mm = ndimage.gaussian_filter(ndimage.distance_transform_edt(~hull) * step_mm, 1.0)
    from_brain_mm = ndimage.distance_transform_edt(~brain) * step_mm
    rng = np.random.default_rng(_SEED)
    wander = _noise(rng, brain.shape, 18.0 / step_mm)
    grain = _noise(rng, brain.shape, 2.4 / step_mm)

    bone_mm = 6.5 + 1.2 * wander
    scalp_mm = 5.0 + np.roll(wander, 11, axis=0) + np.clip((-60.0 - y_mm) / 20.0, 0.0, 3.0)
    layers = [
        (1.0 + 0.0 * wander, FLUID),
        (1.0 + 0.36 * bone_mm, _BONE),
        (1.0 + 0.70 * bone_mm, _MARROW + 0.05 * grain),
        (1.0 + bone_mm, _BONE),
        (1.0 + bone_mm + scalp_mm, _SCALP + 0.06 * grain),
    ]
    head = np.zeros(brain.shape)
    uncovered = np.ones(brain.shape)
    for outer_mm, level in layers:
        beyond = np.clip((outside_mm - outer_mm) / _BLUR_MM + 0.5, 0.0, 1.0)
        head += (uncovered - beyond) * level
        uncovered = beyond

    soft = (_SOFT + 0.07 * grain) * (1.0 - uncovered)
    in_gap = np.clip((from_brain_mm - 5.0) / 3.0, 0.0, 1.0) * (outside_mm < 1.0)
    below_skull_base = np.clip((-42.0 - z_mm) / 10.0, 0.0, 1.0) * np.clip(from_brain_mm / 4.0 - 0.8, 0.0, 1.0)
    is_soft = np.maximum(in_gap, below_skull_base) * np.clip((scalp_mm * 0.6 + 4.0 - outside_mm) / 3.0, 0.0, 1.0)
    return np.asarray(np.clip(head * (1.0 - is_soft) + soft * is_soft, 0.0, 1.2), dtype=np.float32)


def _close(mask: NDArray[np.bool_], radius_voxels: float) -> NDArray[np.bool_]:
    """Morphological closing by a ball, through distance maps: a large radius costs no more than a small one."""
    dilated = ndimage.distance_transform_edt(~mask) <= radius_voxels
    closed: NDArray[np.bool_] = ndimage.distance_transform_edt(dilated) > radius_voxels
    return closed | mask


def _noise(rng: np.random.Generator, shape: tuple[int, ...], sigma_voxels: float) -> NDArray[np.float64]:
    """Smooth noise with standard deviation 1."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), sigma_voxels)
    scaled: NDArray[np.float64] = field / field.std()
    return scaled
