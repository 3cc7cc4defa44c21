"""A whole case through a network that sees one patch: overlapping windows, blended by a Gaussian.

For a network whose answer at a voxel depends on that voxel alone the result equals the whole volume at once; for others
the blend makes the seams vanish. A case smaller than the patch is padded with its edge voxels and cut back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.data import window
from ml.plan import Plan

OVERLAP = 0.5
WINDOWS_AT_ONCE_2D = 16


def window_starts(length: int, size: int) -> list[int]:
    """First voxels of windows of `size` that cover `length` with at least half overlap; negative when padded."""
    if length <= size:
        return [(length - size) // 2]
    count = int(np.ceil((length - size) / max(1, int(size * (1 - OVERLAP))))) + 1
    return [round(k * (length - size) / (count - 1)) for k in range(count)]


def gaussian_weight(size: tuple[int, ...]) -> NDArray[np.float32]:
    """Weight of a window's voxels, 1 at the centre, standard deviation an eighth of the side, nowhere below 1e-3
    (a zero would divide nothing by nothing where only one window reaches)."""
    weight = np.ones((), dtype=np.float64)
    for n in size:
        x = (np.arange(n) - (n - 1) / 2) / (n / 8)
        weight = weight[..., None] * np.exp(-0.5 * x**2)
    return np.maximum(weight, 1e-3).astype(np.float32)


def probabilities(
    image: NDArray[np.float32],
    network: Callable[[Tensor], Tensor],
    plan: Plan,
    device: torch.device,
    tick: Callable[[float], None] = lambda _fraction: None,
) -> NDArray[np.float32]:
    """Sigmoid outputs `(L, Z, Y, X)` float32 in 0..1 of a prepared image `(C, Z, Y, X)`. `tick` hears the fraction
    done.
    """
    shape = image.shape[1:]
    weight = gaussian_weight(plan.patch_zyx if plan.dims == 3 else plan.patch_zyx[1:])
    total = np.zeros((len(plan.label_keys), *shape), dtype=np.float32)
    seen = np.zeros(shape, dtype=np.float32)
    per_axis = [window_starts(n, s) for n, s in zip(shape, plan.patch_zyx, strict=True)]
    starts = list(product(*(per_axis if plan.dims == 3 else [range(shape[0]), *per_axis[1:]])))
    step = 1 if plan.dims == 3 else WINDOWS_AT_ONCE_2D
    for first in range(0, len(starts), step):
        part = starts[first : first + step]
        windows = np.stack([window(image, start, plan) for start in part])
        with torch.inference_mode():
            answer = network(torch.from_numpy(windows).to(device)).float().sigmoid().cpu().numpy()
        for start, values in zip(part, answer, strict=True):
            _add(total, seen, values if plan.dims == 3 else values[:, None], weight, start, plan.patch_zyx)
        tick(min(1.0, (first + step) / len(starts)))
    return np.asarray(total / seen, dtype=np.float32)


def _add(
    total: NDArray[np.float32],
    seen: NDArray[np.float32],
    values: NDArray[np.float32],
    weight: NDArray[np.float32],
    start: tuple[int, ...],
    size: tuple[int, ...],
) -> None:
    """Add one window's weighted answer where it lies inside the case."""
    weight = weight.reshape(size)
    there = tuple(slice(max(a, 0), min(a + s, n)) for a, s, n in zip(start, size, seen.shape, strict=True))
    here = tuple(slice(t.start - a, t.stop - a) for t, a in zip(there, start, strict=True))
    total[(slice(None), *there)] += values[(slice(None), *here)] * weight[here]
    seen[there] += weight[here]
