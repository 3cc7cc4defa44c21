"""Numbers about what was changed, against plain voxel arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from medreview.reading import comparing
from medreview.reading.comparing import compare
from medreview.reading.journal.types import GridFacts
from ml import metrics
from ml.masks import encode_runs

GRID = GridFacts(1, (4, 6, 5), (2.0, 1.0, 0.5))
masks = hnp.arrays(bool, (4, 6, 5))


def segment(mask: np.ndarray) -> dict[str, Any]:
    empty = np.zeros(mask.shape[1:], bool)
    slices = [{"k": k, "runs": encode_runs(empty, mask[k])} for k in range(len(mask)) if mask[k].any()]
    return {"kind": "segment", "slices": slices, "box": None}


def boxed(start: list[int], stop: list[int]) -> dict[str, Any]:
    return {"kind": "box", "slices": [], "box": {"start_zyx": start, "stop_zyx": stop}}


@given(masks, masks)
@settings(deadline=None)
def test_segments_compare_like_their_voxels(now: np.ndarray, before: np.ndarray) -> None:
    found = compare(segment(now), segment(before), GRID)
    assert found.voxels_added == (now & ~before).sum()
    assert found.voxels_removed == (before & ~now).sum()
    assert found.dice == pytest.approx(metrics.dice(now, before))
    if now.any() and before.any():
        assert found.hausdorff95 == pytest.approx(metrics.hausdorff95(now, before, GRID.spacing_mm))
        assert found.mean_surface_distance == pytest.approx(metrics.mean_surface_distance(now, before, GRID.spacing_mm))


def test_a_very_large_segment_is_measured_on_a_coarser_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = GridFacts(1, (40, 40, 40), (1.0, 1.0, 1.0))
    before, now = np.zeros((40, 40, 40), bool), np.zeros((40, 40, 40), bool)
    before[4:36, 4:36, 4:36] = True
    now[4:36, 4:36, 12:36] = True
    exact = compare(segment(now), segment(before), grid)
    monkeypatch.setattr(comparing, "MAX_TRANSFORM_VOXELS", 5_000)
    coarse = compare(segment(now), segment(before), grid)
    assert (coarse.voxels_removed, coarse.dice) == (exact.voxels_removed, exact.dice)
    assert coarse.hausdorff95 == pytest.approx(exact.hausdorff95, abs=2)
    assert coarse.mean_surface_distance == pytest.approx(exact.mean_surface_distance, abs=1)


def test_without_a_known_spacing_distances_are_in_voxels() -> None:
    unknown = GridFacts(1, (4, 6, 5), (9.0, 9.0, 9.0), spacing_known=False)
    before, now = np.zeros((4, 6, 5), bool), np.zeros((4, 6, 5), bool)
    before[1, 1, 1], now[1, 1, 3] = True, True
    assert compare(segment(now), segment(before), unknown).hausdorff95 == 2.0


def test_boxes_compare_like_their_voxels() -> None:
    found = compare(boxed([0, 0, 0], [2, 4, 4]), boxed([0, 0, 1], [2, 4, 5]), GRID)
    assert (found.voxels_added, found.voxels_removed, found.dice) == (8, 8, 0.75)
    assert found.hausdorff95 == 0.5
    apart = compare(boxed([0, 0, 0], [1, 1, 1]), boxed([2, 2, 2], [3, 3, 3]), GRID)
    assert (apart.voxels_added, apart.voxels_removed, apart.dice) == (1, 1, 0.0)
