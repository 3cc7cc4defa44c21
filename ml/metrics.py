"""How well a prediction fits the reference: Dice, surface distance, box overlap, average precision. Numpy and scipy
only.

Comparing two models over patients (bootstrap, verdicts) lives in `ml/comparison.py`. Undefined values are None, never
NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.contracts import Box

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def dice(predicted: NDArray[Any], reference: NDArray[Any]) -> float:
    """2 |A and B| / (|A| + |B|) of two masks of equal shape, 0..1. Both empty: 1, they agree that nothing is there."""
    a, b = predicted.astype(bool), reference.astype(bool)
    if a.shape != b.shape:
        raise ValueError(f"masks of different shape: {a.shape} and {b.shape}")
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else 2.0 * int((a & b).sum()) / total


def surface_distances(
    predicted: NDArray[Any], reference: NDArray[Any], spacing_mm: Sequence[float]
) -> tuple[Floats, Floats]:
    """Distances in mm from each surface voxel of one mask to the surface of the other, both ways.

    Masks `(Z, Y, X)`, spacing in the same order. A surface voxel has a face neighbour outside the mask or the image.
    An empty mask has no surface: both results are empty when either mask is.
    """
    a, b = predicted.astype(bool), reference.astype(bool)
    if a.shape != b.shape:
        raise ValueError(f"masks of different shape: {a.shape} and {b.shape}")
    if not a.any() or not b.any():
        return np.zeros(0), np.zeros(0)
    where = ndimage.find_objects((a | b).astype(np.uint8))[0]
    a, b = np.pad(a[where], 1), np.pad(b[where], 1)
    edge_a, edge_b = a & ~ndimage.binary_erosion(a), b & ~ndimage.binary_erosion(b)
    to_a = ndimage.distance_transform_edt(~edge_a, sampling=spacing_mm)
    to_b = ndimage.distance_transform_edt(~edge_b, sampling=spacing_mm)
    return np.asarray(to_b[edge_a], dtype=np.float64), np.asarray(to_a[edge_b], dtype=np.float64)


def hausdorff95(predicted: NDArray[Any], reference: NDArray[Any], spacing_mm: Sequence[float]) -> float | None:
    """The larger of the two 95th percentiles of surface distance, mm. Both empty: 0. One empty: None, no distance
    exists.
    """
    if not predicted.any() and not reference.any():
        return 0.0
    there, back = surface_distances(predicted, reference, spacing_mm)
    if not len(there) or not len(back):
        return None
    return float(max(np.percentile(there, 95), np.percentile(back, 95)))


def mean_surface_distance(
    predicted: NDArray[Any], reference: NDArray[Any], spacing_mm: Sequence[float]
) -> float | None:
    """Mean of all surface distances both ways, mm. Both empty: 0. One empty: None."""
    if not predicted.any() and not reference.any():
        return 0.0
    there, back = surface_distances(predicted, reference, spacing_mm)
    return float(np.concatenate([there, back]).mean()) if len(there) and len(back) else None


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two half-open boxes, 0..1; labels and scores are ignored. Empty boxes give 0."""
    return float(pairwise_iou([a], [b])[0, 0])


def pairwise_iou(first: Sequence[Box], second: Sequence[Box]) -> Floats:
    """Intersection over union `(len(first), len(second))` of half-open boxes."""
    if not first or not second:
        return np.zeros((len(first), len(second)))
    a_start, a_stop = (np.array([getattr(b, n) for b in first], dtype=np.float64) for n in ("start_zyx", "stop_zyx"))
    b_start, b_stop = (np.array([getattr(b, n) for b in second], dtype=np.float64) for n in ("start_zyx", "stop_zyx"))
    inner = np.minimum(a_stop[:, None], b_stop[None]) - np.maximum(a_start[:, None], b_start[None])
    overlap = np.clip(inner, 0, None).prod(axis=-1)
    a_size, b_size = (a_stop - a_start).prod(axis=-1), (b_stop - b_start).prod(axis=-1)
    union = a_size[:, None] + b_size[None] - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0), dtype=np.float64)


@dataclass(frozen=True)
class Matches:
    """One label's detections in one case, matched: `scores` and `is_hit` belong together, `references` counts the
    reference boxes. What average precision needs, so that patients can be resampled without matching again."""

    scores: Floats = field(default_factory=lambda: np.zeros(0))
    is_hit: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    references: int = 0


def match_boxes(predicted: Sequence[Box], reference: Sequence[Box], label_key: str, least_iou: float = 0.5) -> Matches:
    """Match one label's boxes within one case: by falling score, each to its best free reference box of IoU >=
    least_iou.

    A second detection of a reference box that is taken is a false one. Equal scores keep their order.
    """
    found = sorted((b for b in predicted if b.label_key == label_key), key=lambda b: -b.score)
    wanted = [b for b in reference if b.label_key == label_key]
    overlap = pairwise_iou(found, wanted)
    is_hit = np.zeros(len(found), dtype=bool)
    for row in range(len(found)):
        if not wanted:
            break
        best = int(overlap[row].argmax())
        if overlap[row, best] >= least_iou:
            is_hit[row] = True
            overlap[:, best] = -1.0
    return Matches(np.array([b.score for b in found], dtype=np.float64), is_hit, len(wanted))


def average_precision(cases: Sequence[Matches]) -> float | None:
    """Area under the precision-recall curve of pooled cases, precision made monotone (PASCAL VOC 2010 and later), 0..1.

    None when the cases hold neither a reference box nor a detection; 0 when they hold only detections or only
    references.
    """
    references = sum(case.references for case in cases)
    scores = np.concatenate([case.scores for case in cases]) if cases else np.zeros(0)
    if references == 0:
        return 0.0 if len(scores) else None
    if not len(scores):
        return 0.0
    is_hit = np.concatenate([case.is_hit for case in cases])[np.argsort(-scores, kind="stable")]
    hits = np.cumsum(is_hit)
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[is_hit].sum() / references)


def froc_sensitivity(cases: Sequence[Matches], false_per_case: float) -> float | None:
    """Largest sensitivity reached with at most `false_per_case` false detections a case. None without reference
    boxes.
    """
    references = sum(case.references for case in cases)
    if references == 0:
        return None
    scores = np.concatenate([case.scores for case in cases])
    is_hit = np.concatenate([case.is_hit for case in cases])[np.argsort(-scores, kind="stable")]
    allowed = np.cumsum(~is_hit) <= false_per_case * len(cases)
    return float(np.cumsum(is_hit)[allowed].max(initial=0) / references)
