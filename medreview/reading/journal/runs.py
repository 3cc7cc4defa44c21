"""Voxel sets of one slice as canonical flat runs: starts rise, lengths are positive, runs neither touch nor overlap.

A run list has strictly rising edges (start, stop, start, stop, ...), so the symmetric difference of two voxel sets is
the symmetric difference of their edge sets: no slice is ever unpacked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Runs = list[int]
Slices = dict[int, Runs]


class RunsError(ValueError):
    """Runs that are not canonical or leave their slice; the text names the run."""


def check_runs(runs: Sequence[Any], slice_voxels: int) -> None:
    """Raises RunsError unless `runs` is canonical, not empty, and inside a slice of `slice_voxels` voxels."""
    if not runs or len(runs) % 2:
        raise RunsError(f"runs hold {len(runs)} numbers; an even count of at least 2 is needed")
    if any(type(number) is not int for number in runs):
        raise RunsError("runs hold whole numbers only")
    if min(runs) < 0 or max(runs) > slice_voxels:
        raise RunsError(f"runs leave the slice of {slice_voxels} voxels")
    edges = _edges(runs)
    wrong = np.flatnonzero(np.diff(edges) <= 0)
    if len(wrong):
        number = int(wrong[0] + 1) // 2
        raise RunsError(f"run {number} is empty, out of order, or touches the one before")
    if edges[-1] > slice_voxels:
        raise RunsError(f"the last run leaves the slice of {slice_voxels} voxels")


def _edges(runs: Sequence[int]) -> NDArray[np.int64]:
    edges = np.asarray(runs, dtype=np.int64)
    edges[1::2] += edges[0::2]
    return edges


def xor_runs(first: Sequence[int], second: Sequence[int]) -> Runs:
    """The voxels that are in exactly one of two canonical sets, canonical; `[]` when the sets are equal."""
    if not first or not second:
        return list(first or second)
    edges = np.setxor1d(_edges(first), _edges(second), assume_unique=True)
    edges[1::2] -= edges[0::2]
    result: Runs = edges.tolist()
    return result


def xor_slices(slices: Mapping[int, Runs], delta: Sequence[Mapping[str, Any]]) -> Slices:
    """Slices after an XOR delta `[{"k", "runs"}]`; a slice that becomes empty vanishes. The input stays as it was."""
    mixed = dict(slices)
    for change in delta:
        runs = xor_runs(mixed.get(change["k"], []), change["runs"])
        if runs:
            mixed[change["k"]] = runs
        else:
            mixed.pop(change["k"], None)
    return mixed


def count_runs(runs: Sequence[int]) -> int:
    return sum(runs[1::2])


def largest_slice(slices: Mapping[int, Runs]) -> int:
    """The slice with most voxels, the lowest of equals; 0 for an empty set."""
    return max(sorted(slices), key=lambda k: count_runs(slices[k]), default=0)
