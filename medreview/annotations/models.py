"""Annotation (identity over time), AnnotationVersion (immutable), Segment and its slice masks.

A slice mask is the bit mask of one acquisition slice, `numpy.packbits(..., bitorder="little")` over C-order
rows x columns, zlib-compressed, addressed by `ml.masks.digest` of its decoded voxels.
"""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import User
from medreview.archive.models import Grid
from medreview.cases.models import Case


class Provenance(models.TextChoices):
    """DICOM Segment Algorithm Type (0062,0008)."""

    MANUAL = "MANUAL"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    AUTOMATIC = "AUTOMATIC"


class AnnotationKind(models.TextChoices):
    SEGMENT = "segment"
    BOX = "box"
    LENGTH = "length"
    MEASURE = "measure"
    TAG = "tag"


class SliceMask(models.Model):
    """One decoded slice mask, stored once."""

    digest = models.CharField(max_length=64, primary_key=True)
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    voxel_count = models.PositiveIntegerField()
    data = models.BinaryField()


class Annotation(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    label_key = models.CharField(max_length=64, blank=True)
    label_code = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=8, choices=AnnotationKind.choices)
    tracking_uid = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)


class AnnotationVersion(models.Model):
    """One frozen version. `geometry`: box {"start_zyx","stop_zyx"}, length {"points_lps"}, tag {"value"}, segment {};
    measure: tool, slice k, points, the numbers that follow and the voxel values; any but a tag may have a "name".
    `reading_id` and `suggestion_id` are plain numbers: readings and suggestions live above this app. A reading freezes
    all of its marks at once, several times if it is returned or edited; `freeze` says in which of these times."""

    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    reading_id = models.BigIntegerField()
    freeze = models.PositiveIntegerField(default=1)
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT)
    finding_id = models.CharField(max_length=64)
    provenance = models.CharField(max_length=16, choices=Provenance.choices)
    suggestion_id = models.BigIntegerField(null=True)
    model_version = models.CharField(max_length=64, blank=True)
    geometry = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotation", "number"], name="annotation_version_once"),
            models.UniqueConstraint(fields=["reading_id", "freeze", "finding_id"], name="finding_frozen_once"),
        ]


class Segment(models.Model):
    """The voxels of one segment version."""

    version = models.OneToOneField(AnnotationVersion, on_delete=models.CASCADE, related_name="segment")
    voxel_count = models.PositiveBigIntegerField()
    volume_ml = models.FloatField(null=True)


class SegmentSlice(models.Model):
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="slices")
    k = models.PositiveIntegerField()
    mask = models.ForeignKey(SliceMask, on_delete=models.PROTECT)

    class Meta:
        ordering = ["k"]
        constraints = [models.UniqueConstraint(fields=["segment", "k"], name="segment_slice_once")]
