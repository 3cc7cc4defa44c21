"""What the endpoints answer. Field names are the contract's."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.accounts.serializers import PersonSerializer
from medreview.labels.serializers import LabelSetSerializer
from medreview.reading import states
from medreview.reading.serializers.marks import JournalSerializer, StackSerializer, SuggestionSerializer
from medreview.reading.services.exporting import FORMATS
from medreview.reading.services.reviewing import EDITED, OUTCOMES

Shape = serializers.Serializer[Any]

AI_STATES = ("ready", "queued", "running", "none")
FINDING_CHANGES = ("accepted", "edited", "rejected", "added")
GROUPS = ("returned", "open", "queue", "submitted")
READING_EVENTS = tuple(dict.fromkeys(event for _, event in states.TRANSITIONS))
REASONS = ("model_unsure", "random_share", "returned", "new", "second_look", "first_batch")
REVIEW_OUTCOMES = (*OUTCOMES.values(), EDITED)
WORKLIST_STATUSES = ("new", "open", "returned", "submitted", "approved", "rejected", "superseded")


class ReasonValuesSerializer(Shape):
    entropy = serializers.FloatField(required=False)
    rank = serializers.IntegerField(required=False)
    pool = serializers.IntegerField(required=False)
    model_version = serializers.IntegerField(required=False)


class ReasonSerializer(Shape):
    code = serializers.ChoiceField(choices=REASONS)
    text = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    values = ReasonValuesSerializer()


class SuggestionCountSerializer(Shape):
    count = serializers.IntegerField()
    unsure = serializers.IntegerField()


class AiSerializer(Shape):
    state = serializers.ChoiceField(choices=AI_STATES)
    model_version = serializers.IntegerField(allow_null=True)
    progress = serializers.FloatField(allow_null=True)


class WorklistRowSerializer(Shape):
    case_id = serializers.IntegerField()
    reading_id = serializers.IntegerField(allow_null=True)
    pseudonym = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField()
    study_date = serializers.CharField(allow_blank=True)
    reason = ReasonSerializer()
    suggestions = SuggestionCountSerializer(allow_null=True)
    ai = AiSerializer()
    status = serializers.ChoiceField(choices=WORKLIST_STATUSES)
    updated_at = serializers.DateTimeField()
    has_prior = serializers.BooleanField()
    thumbnail_url = serializers.CharField(allow_null=True)


class WorklistGroupSerializer(Shape):
    key = serializers.ChoiceField(choices=GROUPS)
    title_key = serializers.SerializerMethodField()
    count = serializers.IntegerField()
    items = WorklistRowSerializer(many=True, source="rows")

    def get_title_key(self, group: Any) -> str:
        return f"worklist.group.{group.key}"


class WorklistProgressSerializer(Shape):
    read_today = serializers.IntegerField()
    target = serializers.IntegerField()
    approved = serializers.IntegerField()
    in_review = serializers.IntegerField()
    returned = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True)
    left = serializers.IntegerField()


class WorklistSerializer(Shape):
    groups = WorklistGroupSerializer(many=True)
    progress = WorklistProgressSerializer()


class ReadingIdSerializer(Shape):
    reading_id = serializers.IntegerField()


class ReadingLeftSerializer(Shape):
    reading_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=states.STATES)


class ReadingCaseSerializer(Shape):
    id = serializers.IntegerField()
    pseudonym = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField()
    study_date = serializers.CharField(allow_blank=True)
    sex = serializers.CharField(allow_blank=True)
    age = serializers.IntegerField(allow_null=True)
    patient = serializers.CharField()
    prior_case_ids = serializers.ListField(child=serializers.IntegerField())
    is_demo = serializers.BooleanField()


class ReviewSerializer(Shape):
    id = serializers.IntegerField()
    reviewer = PersonSerializer()
    outcome = serializers.ChoiceField(choices=REVIEW_OUTCOMES, allow_blank=True)
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    round = serializers.IntegerField()
    editing = serializers.BooleanField()


class PointSerializer(Shape):
    grid_id = serializers.IntegerField()
    k = serializers.IntegerField()
    row = serializers.IntegerField()
    column = serializers.IntegerField()


class CommentSerializer(Shape):
    id = serializers.IntegerField()
    author = PersonSerializer()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    point = PointSerializer(allow_null=True)
    resolved = serializers.BooleanField()


class PositionSerializer(Shape):
    index = serializers.IntegerField()
    of = serializers.IntegerField()


class FindingComparisonSerializer(Shape):
    finding_id = serializers.CharField(allow_null=True)
    label_key = serializers.CharField()
    state = serializers.ChoiceField(choices=FINDING_CHANGES)
    suggestion_id = serializers.IntegerField(allow_null=True)
    dice = serializers.FloatField(allow_null=True)
    hd95_mm = serializers.FloatField(allow_null=True, required=False)
    hd95_px = serializers.FloatField(allow_null=True, required=False)
    voxels_added = serializers.IntegerField()
    voxels_removed = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)


class ComparisonSerializer(Shape):
    findings = FindingComparisonSerializer(many=True)
    mean_dice = serializers.FloatField(allow_null=True)


class ReadingSerializer(Shape):
    """Rendered as it comes from the selector; a large draft is not copied field by field."""

    id = serializers.IntegerField()
    case = ReadingCaseSerializer()
    project_id = serializers.IntegerField()
    project_slug = serializers.CharField()
    reader = PersonSerializer()
    state = serializers.ChoiceField(choices=states.STATES)
    round = serializers.IntegerField()
    allowed_events = serializers.ListField(child=serializers.ChoiceField(choices=READING_EVENTS))
    editable = serializers.BooleanField()
    why = ReasonSerializer()
    label_set = LabelSetSerializer()
    stacks = StackSerializer(many=True)
    suggestions = SuggestionSerializer(many=True)
    journal = JournalSerializer()
    reviews = ReviewSerializer(many=True)
    comments = CommentSerializer(many=True)
    position = PositionSerializer()
    elapsed_seconds = serializers.FloatField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    comparison = ComparisonSerializer(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**instance, "label_set": LabelSetSerializer(instance["label_set"]).data}


class MissingSerializer(Shape):
    """Names a label or a suggestion."""

    label_key = serializers.CharField(required=False)
    suggestion_id = serializers.IntegerField(required=False)
    text = serializers.CharField()


class SubmissionSerializer(Shape):
    reading_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=states.STATES)
    next_reading_id = serializers.IntegerField(allow_null=True)
    missing = MissingSerializer(many=True)


class ReviewFlagsSerializer(Shape):
    edited = serializers.IntegerField()
    added = serializers.IntegerField()
    rejected = serializers.IntegerField()
    untouched = serializers.IntegerField()
    new_reader = serializers.BooleanField()
    second_round = serializers.BooleanField()


class ReviewRowSerializer(Shape):
    reading_id = serializers.IntegerField()
    case_id = serializers.IntegerField()
    pseudonym = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField()
    reader = PersonSerializer()
    submitted_at = serializers.DateTimeField()
    round = serializers.IntegerField()
    summary = serializers.CharField()
    flags = ReviewFlagsSerializer()
    own = serializers.BooleanField()


class ReviewPageSerializer(Shape):
    results = ReviewRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ReviewOpenedSerializer(Shape):
    review_id = serializers.IntegerField()


class DecisionReceiptSerializer(Shape):
    state = serializers.ChoiceField(choices=states.STATES)
    next_reading_id = serializers.IntegerField(allow_null=True)


class ExportSerializer(Shape):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=states.EXPORT_STATES)
    format = serializers.ChoiceField(choices=FORMATS)
    files = serializers.IntegerField()
    bytes = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)
    url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    verified = serializers.BooleanField()

    def get_url(self, export: Any) -> str | None:
        return f"/api/v1/exports/{export.pk}/download" if export.blob_id else None


class ExportPageSerializer(Shape):
    results = ExportSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
