"""From a case's own grid to the grid a network sees, and back. Numpy only; no sampling and no augmentation here.

A volume is first turned so that its axes grow towards superior, posterior, left (`ml.geometry.canonical_axes`), so that
a sagittal and an axial series of one organ look alike; then resampled to the plan's spacing; then, for a 2D network,
turned so that the slicing axis comes first. A single image (Z = 1) keeps its orientation and is scaled to a longest
side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import geometry
from ml.contracts import DatasetCase
from ml.errors import DatasetError
from ml.plan import Plan

Volume = NDArray[np.float32]


# Standardised values beyond this are noise or metal.
MOST_DEVIATIONS = 10.0


@dataclass(frozen=True)
class Frame:
    """How one case's grid and the plan's grid correspond. Axes: plan axis k is case axis `permutation[k]`."""

    permutation: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    case_shape_zyx: tuple[int, int, int]
    plan_shape_zyx: tuple[int, int, int]

    @property
    def turned_shape(self) -> tuple[int, int, int]:
        """The case's shape after turning, before resampling."""
        a, b, c = (self.case_shape_zyx[axis] for axis in self.permutation)
        return a, b, c

    def to_plan(self, array: NDArray[Any]) -> Volume:
        """Values on the plan's grid, linear with anti-aliasing; the last three axes are space. float32."""
        return resize(self._turn(array), self.plan_shape_zyx)

    def mask_to_plan(self, mask: NDArray[Any]) -> NDArray[np.bool_]:
        """A mask on the plan's grid: where at least half of the voxel is covered."""
        covered: NDArray[np.bool_] = self.to_plan(mask.astype(np.float32)) >= 0.5
        return covered

    def to_case(self, array: NDArray[Any]) -> Volume:
        """Values of the plan's grid on the case's own grid, linear."""
        turned = resize(np.asarray(array, dtype=np.float32), self.turned_shape)
        lead = turned.ndim - 3
        turned = np.flip(turned, tuple(lead + k for k in range(3) if self.flips[k]))
        inverse = [lead + self.permutation.index(axis) for axis in range(3)]
        return np.ascontiguousarray(turned.transpose([*range(lead), *inverse]))

    def extent_to_plan(self, start: NDArray[Any], stop: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """A half-open extent `(3,)` zyx of the case's grid in plan voxels, fractional."""
        sizes, targets = np.array(self.turned_shape, float), np.array(self.plan_shape_zyx, float)
        a, b = start[list(self.permutation)].astype(float), stop[list(self.permutation)].astype(float)
        flips = np.array(self.flips)
        low, high = np.where(flips, sizes - b, a), np.where(flips, sizes - a, b)
        return low * targets / sizes, high * targets / sizes

    def extent_to_case(self, start: NDArray[Any], stop: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The inverse of `extent_to_plan`, still fractional."""
        sizes, targets = np.array(self.turned_shape, float), np.array(self.plan_shape_zyx, float)
        a, b = start * sizes / targets, stop * sizes / targets
        flips = np.array(self.flips)
        low, high = np.where(flips, sizes - b, a), np.where(flips, sizes - a, b)
        inverse = [self.permutation.index(axis) for axis in range(3)]
        return low[inverse], high[inverse]

    def _turn(self, array: NDArray[Any]) -> NDArray[Any]:
        lead = array.ndim - 3
        turned = array.transpose([*range(lead), *(lead + axis for axis in self.permutation)])
        return np.flip(turned, tuple(lead + k for k in range(3) if self.flips[k]))


def frame_of(case: DatasetCase, shape_zyx: tuple[int, int, int], plan: Plan) -> Frame:
    """The correspondence for one case. Raises DatasetError when its affine cannot be one."""
    if shape_zyx[0] == 1 or not plan.spacing_mm:
        scale = plan.longest_side_px / max(shape_zyx[1:]) if plan.longest_side_px else 1.0
        target = (shape_zyx[0], *(max(1, round(n * scale)) for n in shape_zyx[1:]))
        return Frame((0, 1, 2), (False, False, False), shape_zyx, (target[0], target[1], target[2]))
    try:
        permutation, flips = geometry.canonical_axes(case.affine_lps)
        spacing = geometry.spacing_zyx(case.affine_lps)
    except geometry.GeometryError as error:
        raise DatasetError(f"case {case.case_id}: {error}") from error
    first = plan.slice_axis if plan.dims == 2 else 0
    order = (first, *(axis for axis in range(3) if axis != first))
    turned = tuple(permutation[k] for k in order)
    sizes = [max(1, round(shape_zyx[t] * spacing[t] / plan.spacing_mm[k])) for t, k in zip(turned, order, strict=True)]
    return Frame(
        (turned[0], turned[1], turned[2]),
        (flips[order[0]], flips[order[1]], flips[order[2]]),
        shape_zyx,
        (sizes[0], sizes[1], sizes[2]),
    )


def resize(array: NDArray[Any], shape_zyx: tuple[int, ...]) -> Volume:
    """Linear resampling of the last three axes to a new shape, edges aligned, anti-aliased when shrinking. float32."""
    result = np.asarray(array, dtype=np.float32)
    lead = result.ndim - 3
    for k, size in enumerate(shape_zyx):
        axis = lead + k
        if result.shape[axis] != size:
            result = _resize_axis(result, axis, size)
    return np.ascontiguousarray(result)


def _resize_axis(array: Volume, axis: int, size: int) -> Volume:
    """Triangle filter along one axis: voxel edges, not centres, coincide, as two grids over the same body must."""
    scale = array.shape[axis] / size
    width = max(scale, 1.0)
    centres = (np.arange(size) + 0.5) * scale - 0.5
    first = np.floor(centres - width).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(2 * width)) + 2)
    weights = np.clip(1 - np.abs(taps - centres[:, None]) / width, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((size, array.shape[axis]), dtype=np.float32)
    np.add.at(matrix, (np.arange(size)[:, None], np.clip(taps, 0, array.shape[axis] - 1)), weights)
    return np.moveaxis(np.tensordot(matrix, array, axes=([1], [axis])), 0, axis)


def normalise(image: Volume, plan: Plan) -> Volume:
    """Network input from modality values `(C, Z, Y, X)`, by the plan's rule; float32, finite for any finite image."""
    if plan.normalisation == "clip_fixed":
        clipped = np.clip(image, plan.intensity_low, plan.intensity_high)
        return np.asarray((clipped - plan.intensity_mean) / max(plan.intensity_std, 1e-6), dtype=np.float32)
    return np.stack([_standardise(channel) for channel in image])


def _standardise(channel: Volume) -> Volume:
    """Zero mean and unit deviation over what is not background: voxels above the lowest value.

    The statistics leave outliers out; the values keep them up to `MOST_DEVIATIONS`, since a small bright lesion is
    just what lies above the 99.5th percentile.
    """
    inside = channel[channel > channel.min()]
    if not len(inside):
        return np.zeros_like(channel)
    low, high = np.percentile(inside, [0.5, 99.5])
    inside = np.clip(inside, low, high)
    standard = (channel - inside.mean()) / max(float(inside.std()), 1e-6)
    return np.asarray(np.clip(standard, -MOST_DEVIATIONS, MOST_DEVIATIONS), dtype=np.float32)
