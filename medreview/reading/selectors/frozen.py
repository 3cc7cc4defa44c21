"""Frozen truth: what approved readings say, for training, scoring and export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from medreview.accounts.models import Project
from medreview.annotations.models import AnnotationKind, AnnotationVersion
from medreview.annotations.selectors import frozen_versions, segment_voxels
from medreview.reading import states
from medreview.reading.models import LabelStatement, Reading

FrozenSegment = tuple[str, int, NDArray[np.bool_]]
FrozenBox = tuple[str, int, tuple[int, int, int], tuple[int, int, int]]


class LazySegments(Sequence[FrozenSegment]):
    """(label_key, grid_id, mask `(Z, Y, X)` bool) of each segment; a mask is decoded when its entry is asked for."""

    def __init__(self, versions: Sequence[AnnotationVersion]) -> None:
        self._versions = versions

    def __len__(self) -> int:
        return len(self._versions)

    @overload
    def __getitem__(self, index: int) -> FrozenSegment: ...
    @overload
    def __getitem__(self, index: slice) -> LazySegments: ...
    def __getitem__(self, index: int | slice) -> FrozenSegment | LazySegments:
        if isinstance(index, slice):
            return LazySegments(self._versions[index])
        version = self._versions[index]
        return version.annotation.label_key, version.grid_id or 0, segment_voxels(version)


@dataclass(frozen=True)
class FrozenReading:
    """One reading's newest frozen marks. `label_status` has every label of the reading's label set; boxes are half-open
    `zyx` extents. A label that is not_assessed says nothing about the case."""

    reading_id: int
    case_id: int
    label_status: dict[str, str]
    segments: Sequence[FrozenSegment]
    boxes: list[FrozenBox]
    tags: dict[str, str]


def approved_readings(project: Project) -> QuerySet[Reading]:
    """The only readings that train and score, in the order of approval."""
    approved = Reading.objects.filter(project=project, state=states.APPROVED)
    return approved.select_related("case__patient", "case__split", "reader").order_by("approved_at", "id")


def frozen_reading(reading: Reading) -> FrozenReading:
    """What the reading's newest freeze says; voxels are loaded lazily."""
    versions = list(frozen_versions(reading_id=reading.pk, freeze=reading.freezes))
    statements = LabelStatement.objects.filter(reading=reading).values_list("label_key", "status")
    return FrozenReading(
        reading_id=reading.pk,
        case_id=reading.case_id,
        label_status=dict(statements),
        segments=LazySegments([v for v in versions if v.annotation.kind == AnnotationKind.SEGMENT]),
        boxes=[_box(v) for v in versions if v.annotation.kind == AnnotationKind.BOX],
        tags={v.annotation.label_key: v.geometry["value"] for v in versions if v.annotation.kind == AnnotationKind.TAG},
    )


def _box(version: AnnotationVersion) -> FrozenBox:
    z0, y0, x0 = version.geometry["start_zyx"]
    z1, y1, x1 = version.geometry["stop_zyx"]
    return version.annotation.label_key, version.grid_id or 0, (z0, y0, x0), (z1, y1, x1)
