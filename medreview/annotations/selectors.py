"""Reading frozen annotations. Rights are judged by `reading`, which knows whose reading a version belongs to."""

from __future__ import annotations

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from medreview.annotations.masks import load_volume
from medreview.annotations.models import AnnotationVersion, SegmentSlice


def frozen_versions(*, reading_id: int, freeze: int) -> QuerySet[AnnotationVersion]:
    """The marks of one freeze of a reading, in the order they were made."""
    wanted = AnnotationVersion.objects.filter(reading_id=reading_id, freeze=freeze)
    return wanted.select_related("annotation", "grid", "segment").order_by("id")


def segment_voxels(version: AnnotationVersion) -> NDArray[np.bool_]:
    """The voxels `(Z, Y, X)` of a segment version on its grid."""
    if version.grid is None:
        raise ValueError(f"annotation version {version.pk} is no segment: it has no grid")
    slices = SegmentSlice.objects.filter(segment__version=version).select_related("mask")
    return load_volume(((one.k, one.mask) for one in slices), version.grid.shape_zyx)
