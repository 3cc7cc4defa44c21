"""How far a finding is from the suggestion it came from. Pure: findings and suggestions in the contract's shape."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreview.reading.journal.runs import count_runs, xor_runs
from medreview.reading.journal.types import GridFacts
from ml import metrics
from ml.masks import bounding_box

MAX_SURFACE_VOXELS = 200_000_000
MAX_TRANSFORM_VOXELS = 8_000_000

Marked = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """Voxels added to and removed from the suggestion, overlap 0..1, and surface distances in mm (px where the spacing
    is unknown); a distance is None where one side is empty or the extent is too large to measure at once. Extents above
    8 million voxels are measured on a coarser grid (`_coarser`), counts and overlap always exactly."""

    voxels_added: int
    voxels_removed: int
    dice: float
    mean_surface_distance: float | None
    hausdorff95: float | None

    @property
    def is_none(self) -> bool:
        return self.voxels_added == 0 and self.voxels_removed == 0


def compare(finding: Marked, suggestion: Marked, grid: GridFacts) -> Difference:
    """The difference of two marks on one grid: segments by their voxels, boxes by their extents."""
    if suggestion["kind"] == "box":
        return _compare_boxes(finding["box"], suggestion["box"], grid)
    return _compare_segments(finding["slices"], suggestion["slices"], grid)


def _compare_segments(now: Sequence[Marked], before: Sequence[Marked], grid: GridFacts) -> Difference:
    a = {one["k"]: list(one["runs"]) for one in now}
    b = {one["k"]: list(one["runs"]) for one in before}
    size_a, size_b = (sum(count_runs(runs) for runs in side.values()) for side in (a, b))
    differing = sum(count_runs(xor_runs(a.get(k, []), b.get(k, []))) for k in {*a, *b})
    added = (differing + size_a - size_b) // 2
    removed = differing - added
    total = size_a + size_b
    dice = 1.0 if total == 0 else (total - differing) / total
    if differing == 0:
        return Difference(0, 0, dice, 0.0, 0.0)
    mean, hd95 = _surface(a, b, grid)
    return Difference(added, removed, dice, mean, hd95)


def _surface(a: dict[int, list[int]], b: dict[int, list[int]], grid: GridFacts) -> tuple[float | None, float | None]:
    """Mean and 95th percentile surface distance of two segments, measured inside the extent that holds both."""
    first, last = min({*a, *b}), max({*a, *b})
    if not a or not b or (last + 1 - first) * grid.slice_voxels > MAX_SURFACE_VOXELS:
        return None, None
    mask_a, mask_b = (_volume(side, first, last, grid) for side in (a, b))
    where = tuple(slice(start, stop) for start, stop in zip(*(bounding_box(mask_a | mask_b) or ((), ())), strict=True))
    mask_a, mask_b = mask_a[where], mask_b[where]
    spacing = grid.spacing_mm if grid.spacing_known else (1.0, 1.0, 1.0)
    step = _coarser(mask_a.size)
    mask_a, mask_b = mask_a[::step, ::step, ::step], mask_b[::step, ::step, ::step]
    coarse = [length * step for length in spacing]
    return metrics.mean_surface_distance(mask_a, mask_b, coarse), metrics.hausdorff95(mask_a, mask_b, coarse)


def _coarser(voxels: int) -> int:
    """Which voxels of a very large extent are measured: every one, every second, ... along each axis. A distance
    transform of a whole organ would take gigabytes in a web process; its surface is known to a few voxels then."""
    step = 1
    while voxels > MAX_TRANSFORM_VOXELS * step**3:
        step += 1
    return step


def _volume(slices: dict[int, list[int]], first: int, last: int, grid: GridFacts) -> NDArray[np.bool_]:
    flat = np.zeros((last + 1 - first, grid.slice_voxels), dtype=bool)
    for k, runs in slices.items():
        for start, length in zip(runs[0::2], runs[1::2], strict=True):
            flat[k - first, start : start + length] = True
    return flat.reshape(-1, *grid.shape_zyx[1:])


def _compare_boxes(now: Marked | None, before: Marked, grid: GridFacts) -> Difference:
    size_b = _voxels(before["start_zyx"], before["stop_zyx"])
    if now is None:
        return Difference(0, size_b, 0.0, None, None)
    size_a = _voxels(now["start_zyx"], now["stop_zyx"])
    start = [max(p, q) for p, q in zip(now["start_zyx"], before["start_zyx"], strict=True)]
    stop = [min(p, q) for p, q in zip(now["stop_zyx"], before["stop_zyx"], strict=True)]
    shared = _voxels(start, stop)
    spacing = grid.spacing_mm if grid.spacing_known else (1.0, 1.0, 1.0)
    shifts = [
        abs(p - q) * step
        for name in ("start_zyx", "stop_zyx")
        for p, q, step in zip(now[name], before[name], spacing, strict=True)
    ]
    return Difference(size_a - shared, size_b - shared, 2 * shared / (size_a + size_b), sum(shifts) / 6, max(shifts))


def _voxels(start: Sequence[int], stop: Sequence[int]) -> int:
    return math.prod(max(0, b - a) for a, b in zip(start, stop, strict=True))
