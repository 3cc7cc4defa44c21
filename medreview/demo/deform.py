"""Making heads differ: smooth random deformations of the template, sampled at points in the patient's own space.

World is LPS millimetres with its origin where the template has its own (the anterior commissure); `xyz` order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medreview.demo.template import Template

_FIELD_STEP_MM = 6.0
_FIELD_LOW_MM = np.array([-132.0, -132.0, -132.0])  # the field covers a cube around the head; beyond it is its border
_FIELD_SIZE = 45
# Two scales: the shape of the head, and gyri and ventricles. Amplitude over sigma stays well below 1/2, so that the
# map stays one to one.
_SCALES_MM = ((34.0, 5.0), (15.0, 2.4))  # (sigma, standard deviation of the displacement)


@dataclass(frozen=True)
class Deformation:
    """One person's head: a stretch along each axis, then a displacement field.

    `stretch_xyz` float (3,), template size = patient size / stretch; `field_mm` float32 (3, X, Y, Z), displacement
    in millimetres towards the template on a grid of 6 mm.
    """

    stretch_xyz: NDArray[np.float64]
    field_mm: NDArray[np.float32]


def draw_deformation(rng: np.random.Generator) -> Deformation:
    """A random head; the same generator state gives the same head."""
    shape = (3, _FIELD_SIZE, _FIELD_SIZE, _FIELD_SIZE)
    field = np.zeros(shape, np.float32)
    for sigma_mm, amplitude_mm in _SCALES_MM:
        field += amplitude_mm * smooth_noise(rng, shape, (0.0, *[sigma_mm / _FIELD_STEP_MM] * 3))
    return Deformation(stretch_xyz=rng.uniform(0.93, 1.06, size=3), field_mm=field)


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], sigma_voxels: float | tuple[float, ...]
) -> NDArray[np.float32]:
    """Gaussian noise of the given shape, blurred, scaled to standard deviation 1; float32."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma_voxels)
    scaled: NDArray[np.float32] = (noise / max(float(noise.std()), 1e-12)).astype(np.float32)
    return scaled


def template_index(
    points_lps: NDArray[np.float64], deformation: Deformation, template: Template
) -> NDArray[np.float64]:
    """Voxel indices in the template, (3, N) float, of points (3, N) in the patient's head, LPS millimetres."""
    where = (points_lps - _FIELD_LOW_MM[:, None]) / _FIELD_STEP_MM
    moved = points_lps / deformation.stretch_xyz[:, None]
    for axis in range(3):
        moved[axis] += ndimage.map_coordinates(deformation.field_mm[axis], where, order=1, mode="nearest")
    ras = moved * np.array([[-1.0], [-1.0], [1.0]])
    index: NDArray[np.float64] = template.ras_to_index[:3, :3] @ ras + template.ras_to_index[:3, 3:]
    return index


def sample(image: NDArray[np.float32], index: NDArray[np.float64]) -> NDArray[np.float32]:
    """Linear interpolation of an `xyz` image at voxel indices (3, N); 0 outside; float32 (N,)."""
    values: NDArray[np.float32] = ndimage.map_coordinates(image, index, order=1, mode="constant", output=np.float32)
    return values
