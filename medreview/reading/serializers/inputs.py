"""What the endpoints take. Journal payloads are checked by `reading.journal`, not here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.reading.journal.types import KINDS
from medreview.reading.services.exporting import FORMATS
from medreview.reading.services.reviewing import OUTCOMES

MAX_SECONDS = 7 * 86_400.0
MAX_COSTS = 10_000
REVIEW_ACTIONS = tuple(OUTCOMES)
REVIEW_MODES = ("look", "edit")

Shape = serializers.Serializer[Any]


class SkipInputSerializer(Shape):
    reason = serializers.CharField(max_length=200)


class OperationInputSerializer(Shape):
    op_id = serializers.CharField(max_length=64)
    kind = serializers.ChoiceField(choices=KINDS)
    payload = serializers.DictField()


class OperationsInputSerializer(Shape):
    """For the schema only: the journal names the operation and the field that it refuses."""

    operations = OperationInputSerializer(many=True)


class CostInputSerializer(Shape):
    suggestion_id = serializers.IntegerField(min_value=1)
    strokes = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    seconds = serializers.FloatField(min_value=0, max_value=MAX_SECONDS, default=0.0)


class SubmitInputSerializer(Shape):
    costs = serializers.ListField(child=CostInputSerializer(), max_length=MAX_COSTS, default=list)
    elapsed_seconds = serializers.FloatField(min_value=0, max_value=MAX_SECONDS, default=0.0)
    normal = serializers.BooleanField(default=False)


class ReviewInputSerializer(Shape):
    mode = serializers.ChoiceField(choices=REVIEW_MODES, default="look")


class DecisionInputSerializer(Shape):
    outcome = serializers.ChoiceField(choices=REVIEW_ACTIONS)
    reasons = serializers.ListField(child=serializers.CharField(allow_blank=True, max_length=200), default=list)
    note = serializers.CharField(allow_blank=True, default="", max_length=4000)


class PointInputSerializer(Shape):
    grid_id = serializers.IntegerField()
    k = serializers.IntegerField()
    row = serializers.IntegerField()
    column = serializers.IntegerField()


class CommentInputSerializer(Shape):
    text = serializers.CharField(max_length=4000)
    point = PointInputSerializer(required=False, allow_null=True, default=None)


class ResolveInputSerializer(Shape):
    resolved = serializers.BooleanField()


class ExportInputSerializer(Shape):
    format = serializers.ChoiceField(choices=FORMATS)
