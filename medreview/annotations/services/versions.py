"""Freezing marks as immutable AnnotationVersions. The database refuses to change or delete them (migration 0002)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max

from medreview.annotations.models import Annotation, AnnotationVersion, Segment, SegmentSlice
from medreview.annotations.services.masks import PackedMask, store_packed
from medreview.cases.models import Case


@dataclass(frozen=True)
class NewVersion:
    """One mark to freeze. `slices` are (k, packed mask) of a segment; `geometry` is that of AnnotationVersion."""

    finding_id: str
    label_key: str
    label_code: str
    kind: str
    provenance: str
    grid_id: int | None = None
    suggestion_id: int | None = None
    model_version: str = ""
    geometry: dict[str, Any] = field(default_factory=dict)
    slices: Sequence[tuple[int, PackedMask]] = ()
    volume_ml: float | None = None
    author_id: int | None = None


@transaction.atomic
def add_versions(*, case: Case, reading_id: int, freeze: int, marks: Sequence[NewVersion]) -> list[AnnotationVersion]:
    """Freeze all marks of a reading at once. A finding frozen before gets the next version of its annotation."""
    store_packed(packed for mark in marks for _, packed in mark.slices)
    known = _known_annotations(reading_id)
    return [_add_version(case, reading_id, freeze, mark, known.get(mark.finding_id)) for mark in marks]


def _known_annotations(reading_id: int) -> dict[str, tuple[int, int]]:
    """finding_id -> (annotation id, newest number) of what this reading froze before."""
    rows = AnnotationVersion.objects.filter(reading_id=reading_id).values("finding_id", "annotation_id")
    return {r["finding_id"]: (r["annotation_id"], r["newest"]) for r in rows.annotate(newest=Max("number"))}


def _add_version(
    case: Case, reading_id: int, freeze: int, mark: NewVersion, known: tuple[int, int] | None
) -> AnnotationVersion:
    if known is None:
        annotation = Annotation.objects.create(
            case=case, label_key=mark.label_key, label_code=mark.label_code, kind=mark.kind,
            tracking_uid=f"2.25.{uuid.uuid4().int}", created_by_id=mark.author_id,
        )  # fmt: skip
        known = (annotation.pk, 0)
    version = AnnotationVersion.objects.create(
        annotation_id=known[0], number=known[1] + 1, reading_id=reading_id, freeze=freeze, grid_id=mark.grid_id,
        finding_id=mark.finding_id, provenance=mark.provenance, suggestion_id=mark.suggestion_id,
        model_version=mark.model_version, geometry=mark.geometry, created_by_id=mark.author_id,
    )  # fmt: skip
    if mark.slices:
        _add_segment(version, mark)
    return version


def _add_segment(version: AnnotationVersion, mark: NewVersion) -> None:
    count = sum(packed.voxel_count for _, packed in mark.slices)
    segment = Segment.objects.create(version=version, voxel_count=count, volume_ml=mark.volume_ml)
    SegmentSlice.objects.bulk_create(
        SegmentSlice(segment=segment, k=k, mask_id=packed.digest) for k, packed in mark.slices
    )
