"""Stacks, marks and the journal as JSON. Arrays are zyx, world points LPS millimetres xyz, boxes half-open."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from medreview.archive.serializers import StackWarningSerializer
from medreview.reading.journal import measures
from medreview.reading.journal.types import KINDS, REJECT_REASONS, STATUSES
from medreview.suggestions import states as suggestion_states

Shape = serializers.Serializer[Any]

FINDING_KINDS = ("segment", "box", "length", "measure")
LENGTH_UNITS = ("mm", "px")
OPERATION_STATUSES = ("stored", "known")
PLANES = ("AX", "COR", "SAG", "OBL", "2D")
PROVENANCES = ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC")
SUGGESTION_KINDS = ("segment", "box")
# A reading never says "expired": what a newer model replaced is still offered to it.
SUGGESTION_STATES = (suggestion_states.OFFERED, suggestion_states.WITHDRAWN)
VERDICTS = ("accept", "edit", "reject")


def exactly(length: int, child: serializers.Field[Any, Any, Any, Any], **options: Any) -> serializers.ListField:
    return serializers.ListField(child=child, min_length=length, max_length=length, **options)


class SliceRunsSerializer(Shape):
    """Runs over the C-order flattened slice (rows × columns): start, length, start, length …"""

    k = serializers.IntegerField()
    runs = serializers.ListField(child=serializers.IntegerField())


class BoxSerializer(Shape):
    start_zyx = exactly(3, serializers.IntegerField())
    stop_zyx = exactly(3, serializers.IntegerField())


class WindowPresetSerializer(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    center = serializers.FloatField()
    width = serializers.FloatField()


class StackSerializer(Shape):
    """Its id is also that of the grid."""

    id = serializers.IntegerField()
    series_uid = serializers.CharField()
    study_uid = serializers.CharField()
    series_description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField()
    shape_zyx = exactly(3, serializers.IntegerField())
    spacing_mm = exactly(3, serializers.FloatField())
    affine_lps = serializers.ListField(child=exactly(4, serializers.FloatField()))
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    spacing_known = serializers.BooleanField()
    orientation_known = serializers.BooleanField()
    plane = serializers.ChoiceField(choices=PLANES)
    warnings = StackWarningSerializer(many=True)
    window_presets = WindowPresetSerializer(many=True)
    rescale_is_hu = serializers.BooleanField()
    photometric = serializers.CharField(allow_blank=True)
    image_ids = serializers.ListField(child=serializers.CharField())
    metadata_url = serializers.CharField()
    thumbnail_url = serializers.CharField()


class SuggestionSerializer(Shape):
    id = serializers.IntegerField()
    label_key = serializers.CharField()
    kind = serializers.ChoiceField(choices=SUGGESTION_KINDS)
    score = serializers.FloatField()
    state = serializers.ChoiceField(choices=SUGGESTION_STATES)
    model_version = serializers.IntegerField()
    grid_id = serializers.IntegerField()
    largest_slice = serializers.IntegerField()
    voxel_count = serializers.IntegerField()
    volume_ml = serializers.FloatField(allow_null=True)
    box = BoxSerializer(allow_null=True)
    slices = SliceRunsSerializer(many=True)


_POINT = {"type": "array", "items": {"type": "number", "format": "double"}, "minItems": 3, "maxItems": 3}


# Not `exactly` twice: openapi-typescript misreads a list of fixed length inside another.
@extend_schema_field({"type": "array", "prefixItems": [_POINT, _POINT], "items": False})
class PointPairField(serializers.ListField):
    """The two ends of a length."""

    child = exactly(3, serializers.FloatField())


@extend_schema_field({"type": "array", "items": _POINT})
class PointsField(serializers.ListField):
    """The points of a measure; how many, its tool says."""

    child = exactly(3, serializers.FloatField())


class MeasureValuesSerializer(Shape):
    """Of the voxels inside an ellipse, or under a probe. `sd` is that of the voxels themselves (divided by n)."""

    count = serializers.IntegerField()
    mean = serializers.FloatField()
    sd = serializers.FloatField()
    min = serializers.FloatField()
    max = serializers.FloatField()
    unit = serializers.CharField()


class MeasureSerializer(Shape):
    """What a measuring tool drew. `unit` is that of the axes, its square that of the area."""

    tool = serializers.ChoiceField(choices=measures.TOOLS)
    points_lps = PointsField()
    unit = serializers.ChoiceField(choices=LENGTH_UNITS)
    area = serializers.FloatField(allow_null=True)
    long_axis = serializers.FloatField(allow_null=True)
    short_axis = serializers.FloatField(allow_null=True)
    angle_deg = serializers.FloatField(allow_null=True)
    values = MeasureValuesSerializer(allow_null=True)


class FindingSerializer(Shape):
    id = serializers.CharField()
    label_key = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=FINDING_KINDS)
    grid_id = serializers.IntegerField()
    provenance = serializers.ChoiceField(choices=PROVENANCES)
    suggestion_id = serializers.IntegerField(allow_null=True)
    slices = SliceRunsSerializer(many=True)
    box = BoxSerializer(allow_null=True)
    points_lps = PointPairField(allow_null=True)
    voxel_count = serializers.IntegerField()
    volume_ml = serializers.FloatField(allow_null=True)
    length_mm = serializers.FloatField(allow_null=True)
    largest_slice = serializers.IntegerField()
    created_seq = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    measure = MeasureSerializer(allow_null=True)


class DecisionSerializer(Shape):
    suggestion_id = serializers.IntegerField()
    finding_id = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.ChoiceField(choices=REJECT_REASONS, allow_blank=True)


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]})
class FormValueField(serializers.JSONField):
    """A text, a number, true, false or null."""


class DraftSerializer(Shape):
    findings = FindingSerializer(many=True)
    label_status = serializers.DictField(child=serializers.ChoiceField(choices=STATUSES))
    tags = serializers.DictField(child=serializers.CharField())
    form = serializers.DictField(child=FormValueField(allow_null=True))
    decisions = DecisionSerializer(many=True)
    can_undo = serializers.BooleanField()
    can_redo = serializers.BooleanField()


class JournalSerializer(Shape):
    seq = serializers.IntegerField()
    etag = serializers.CharField()
    draft = DraftSerializer()


class OperationResultSerializer(Shape):
    op_id = serializers.CharField()
    seq = serializers.IntegerField()
    status = serializers.ChoiceField(choices=OPERATION_STATUSES)


class OperationsReceiptSerializer(Shape):
    seq = serializers.IntegerField(source="sequence")
    results = OperationResultSerializer(many=True)
    saved_at = serializers.DateTimeField()


class StoredOperationSerializer(Shape):
    seq = serializers.IntegerField()
    op_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    payload = serializers.DictField()
    actor = serializers.IntegerField()
    at = serializers.DateTimeField()


class JournalPageSerializer(Shape):
    seq = serializers.IntegerField()
    operations = StoredOperationSerializer(many=True)
