"""What the endpoints answer. Field names are the contract's."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.labels.serializers import LabelSetSerializer

Shape = serializers.Serializer[Any]


class PersonNameSerializer(Shape):
    id = serializers.IntegerField()
    display_name = serializers.CharField()


class ReasonValuesSerializer(Shape):
    entropy = serializers.FloatField(required=False)
    rank = serializers.IntegerField(required=False)
    pool = serializers.IntegerField(required=False)
    model_version = serializers.IntegerField(required=False)


class ReasonSerializer(Shape):
    code = serializers.ChoiceField(
        choices=["model_unsure", "random_share", "returned", "new", "second_look", "first_batch"]
    )
    text = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    values = ReasonValuesSerializer()


class SuggestionCountSerializer(Shape):
    count = serializers.IntegerField()
    unsure = serializers.IntegerField()


class AiStateSerializer(Shape):
    state = serializers.ChoiceField(choices=["ready", "queued", "running", "none"])
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
    ai = AiStateSerializer()
    status = serializers.ChoiceField(
        choices=["new", "open", "returned", "submitted", "approved", "rejected", "superseded", "skipped"]
    )
    updated_at = serializers.DateTimeField()
    has_prior = serializers.BooleanField()
    thumbnail_url = serializers.CharField(allow_null=True)


class WorklistGroupSerializer(Shape):
    key = serializers.ChoiceField(choices=["returned", "open", "queue", "submitted"])
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


class ReadingStateSerializer(Shape):
    reading_id = serializers.IntegerField()
    state = serializers.CharField()


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


class SliceRunsSerializer(Shape):
    k = serializers.IntegerField()
    runs = serializers.ListField(child=serializers.IntegerField())


class BoxSerializer(Shape):
    start_zyx = serializers.ListField(child=serializers.IntegerField())
    stop_zyx = serializers.ListField(child=serializers.IntegerField())


class StackSerializer(Shape):
    id = serializers.IntegerField()
    series_uid = serializers.CharField()
    study_uid = serializers.CharField()
    series_description = serializers.CharField(allow_blank=True)
    modality = serializers.CharField()
    shape_zyx = serializers.ListField(child=serializers.IntegerField())
    spacing_mm = serializers.ListField(child=serializers.FloatField())
    affine_lps = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    frame_of_reference_uid = serializers.CharField(allow_blank=True)
    spacing_known = serializers.BooleanField()
    orientation_known = serializers.BooleanField()
    plane = serializers.ChoiceField(choices=["AX", "COR", "SAG", "OBL", "2D"])
    warnings = serializers.ListField(child=serializers.DictField())
    window_presets = serializers.ListField(child=serializers.DictField())
    rescale_is_hu = serializers.BooleanField()
    photometric = serializers.CharField(allow_blank=True)
    image_ids = serializers.ListField(child=serializers.CharField())
    metadata_url = serializers.CharField()
    thumbnail_url = serializers.CharField()


class SuggestionSerializer(Shape):
    id = serializers.IntegerField()
    label_key = serializers.CharField()
    kind = serializers.ChoiceField(choices=["segment", "box"])
    score = serializers.FloatField()
    state = serializers.ChoiceField(choices=["offered", "expired", "withdrawn"])
    model_version = serializers.IntegerField()
    grid_id = serializers.IntegerField()
    largest_slice = serializers.IntegerField()
    voxel_count = serializers.IntegerField()
    volume_ml = serializers.FloatField(allow_null=True)
    box = BoxSerializer(allow_null=True)
    slices = SliceRunsSerializer(many=True)


class FindingSerializer(Shape):
    id = serializers.CharField()
    label_key = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["segment", "box", "length"])
    grid_id = serializers.IntegerField()
    provenance = serializers.ChoiceField(choices=["MANUAL", "SEMIAUTOMATIC", "AUTOMATIC"])
    suggestion_id = serializers.IntegerField(allow_null=True)
    slices = SliceRunsSerializer(many=True)
    box = BoxSerializer(allow_null=True)
    points_lps = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), allow_null=True)
    voxel_count = serializers.IntegerField()
    volume_ml = serializers.FloatField(allow_null=True)
    length_mm = serializers.FloatField(allow_null=True)
    largest_slice = serializers.IntegerField()
    created_seq = serializers.IntegerField()


class DecisionSerializer(Shape):
    suggestion_id = serializers.IntegerField()
    finding_id = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=["accept", "edit", "reject"])
    reason = serializers.CharField(allow_blank=True)


class DraftSerializer(Shape):
    findings = FindingSerializer(many=True)
    label_status = serializers.DictField(child=serializers.CharField())
    tags = serializers.DictField(child=serializers.CharField())
    form = serializers.DictField()
    decisions = DecisionSerializer(many=True)
    can_undo = serializers.BooleanField()
    can_redo = serializers.BooleanField()


class JournalSerializer(Shape):
    seq = serializers.IntegerField()
    etag = serializers.CharField()
    draft = DraftSerializer()


class ReviewSerializer(Shape):
    id = serializers.IntegerField()
    reviewer = PersonNameSerializer()
    outcome = serializers.CharField(allow_blank=True)
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    round = serializers.IntegerField()
    editing = serializers.BooleanField()


class CommentSerializer(Shape):
    id = serializers.IntegerField()
    author = PersonNameSerializer()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    point = serializers.DictField(allow_null=True)
    resolved = serializers.BooleanField()


class PositionSerializer(Shape):
    index = serializers.IntegerField()
    of = serializers.IntegerField()


class FindingComparisonSerializer(Shape):
    finding_id = serializers.CharField(allow_null=True)
    label_key = serializers.CharField()
    state = serializers.ChoiceField(choices=["accepted", "edited", "rejected", "added"])
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
    reader = PersonNameSerializer()
    state = serializers.CharField()
    round = serializers.IntegerField()
    allowed_events = serializers.ListField(child=serializers.CharField())
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


class OperationResultSerializer(Shape):
    op_id = serializers.CharField()
    seq = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["stored", "known"])


class ReceiptSerializer(Shape):
    seq = serializers.IntegerField(source="sequence")
    results = OperationResultSerializer(many=True)
    saved_at = serializers.DateTimeField()


class StoredOperationSerializer(Shape):
    seq = serializers.IntegerField()
    op_id = serializers.CharField()
    kind = serializers.CharField()
    payload = serializers.DictField()
    actor = serializers.IntegerField()
    at = serializers.DateTimeField()


class JournalPageSerializer(Shape):
    seq = serializers.IntegerField()
    operations = StoredOperationSerializer(many=True)


class SubmissionSerializer(Shape):
    reading_id = serializers.IntegerField()
    state = serializers.CharField()
    next_reading_id = serializers.IntegerField(allow_null=True)
    missing = serializers.ListField(child=serializers.DictField())


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
    reader = PersonNameSerializer()
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


class VerdictSerializer(Shape):
    state = serializers.CharField()
    next_reading_id = serializers.IntegerField(allow_null=True)


class ExportSerializer(Shape):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["queued", "running", "done", "failed"])
    format = serializers.CharField()
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
