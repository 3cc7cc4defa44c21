"""One demo MR study as arrays: the scanned picture and the truth that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medreview.demo.acquisition import Pose, ScanGrid, Scanner
from medreview.demo.deform import Deformation, sample, smooth_noise, template_index
from medreview.demo.lesions import Lesion, signed_distance_mm
from medreview.demo.template import Template

Box = tuple[int, int, int, int, int, int]
_EDGE_MM = 1.2  # a lesion's brightness falls off over about this distance


@dataclass(frozen=True)
class MrScan:
    """`pixels` int16 and `white_matter`, `lesion` bool, all `zyx` on one ScanGrid.

    `lesion_boxes` are half-open (z0, y0, x0, z1, y1, x1), one per lesion that has a voxel. White matter under a lesion
    counts as lesion only, so the two masks never overlap.
    """

    pixels: NDArray[np.int16]
    white_matter: NDArray[np.bool_]
    lesion: NDArray[np.bool_]
    lesion_boxes: tuple[Box, ...]


def scan_head(
    rng: np.random.Generator,
    *,
    template: Template,
    deformation: Deformation,
    lesions: tuple[Lesion, ...],
    pose: Pose,
    grid: ScanGrid,
    scanner: Scanner,
) -> MrScan:
    """Scan one head: deform, draw the lesions, then shading, texture and Rician noise."""
    head_lps = pose.to_head(grid.points_lps())
    index = template_index(head_lps, deformation, template)
    signal = sample(template.tissue, index).reshape(grid.shape_zyx)
    white_matter = sample(template.white_matter, index).reshape(grid.shape_zyx) > 0.5

    lesion = np.zeros(grid.shape_zyx, bool)
    boxes = []
    for item in lesions:
        distance_mm = signed_distance_mm(item, head_lps).reshape(grid.shape_zyx)
        mask = distance_mm < 0
        if not mask.any():
            continue
        lesion |= mask
        boxes.append(bounding_box(mask))
        weight = 1.0 / (1.0 + np.exp(np.clip(distance_mm / (_EDGE_MM / 2), -30, 30)))
        signal = (signal * (1 - weight) + (1.0 + item.contrast) * weight).astype(np.float32)

    pixels = _acquire(rng, signal, grid, scanner)
    return MrScan(pixels, white_matter & ~lesion, lesion, tuple(boxes))


def _acquire(
    rng: np.random.Generator, signal: NDArray[np.float32], grid: ScanGrid, scanner: Scanner
) -> NDArray[np.int16]:
    """Stored values, int16, not negative: tissue texture, slow shading, Rician noise, the scanner's own scale."""
    texture = smooth_noise(rng, grid.shape_zyx, 0.8)
    signal = signal * (1.0 + 0.02 * texture)
    shading = np.exp(scanner.bias * _slow_field(rng, grid))
    signal = signal * shading
    real = signal + scanner.noise * rng.standard_normal(signal.shape, dtype=np.float32)
    imaginary = scanner.noise * rng.standard_normal(signal.shape, dtype=np.float32)
    level = scanner.white_matter_level * rng.uniform(0.85, 1.15)
    return np.asarray(np.clip(np.rint(np.hypot(real, imaginary) * level), 0, 32767), dtype=np.int16)


def _slow_field(rng: np.random.Generator, grid: ScanGrid) -> NDArray[np.float32]:
    """A smooth field between about -1.5 and 1.5: a quadratic in the three axes with random weights."""
    axes = [np.linspace(-1.0, 1.0, size, dtype=np.float32) for size in grid.shape_zyx]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    linear = rng.uniform(-0.8, 0.8, size=3).astype(np.float32)
    square = rng.uniform(-0.9, 0.5, size=3).astype(np.float32)
    field: NDArray[np.float32] = (
        linear[0] * z + linear[1] * y + linear[2] * x + square[0] * z**2 + square[1] * y**2 + square[2] * x**2
    )
    return field


def bounding_box(mask: NDArray[np.bool_]) -> Box:
    """Half-open extent (z0, y0, x0, z1, y1, x1) of a mask `zyx` with at least one voxel set."""
    starts, stops = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        used = np.flatnonzero(mask.any(axis=others))
        starts.append(int(used[0]))
        stops.append(int(used[-1]) + 1)
    return (starts[0], starts[1], starts[2], stops[0], stops[1], stops[2])
