"""Shapes of the learning endpoints. Answers are built by the selectors; these name their fields for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from medreview.accounts.models import PromotionPolicy
from medreview.accounts.serializers import TASKS, PersonSerializer
from medreview.core.models import JobState
from medreview.learning import states
from medreview.registry import states as model_states

Shape = s.Serializer[Any]
VERDICTS = ("better", "not_worse", "worse", "cannot_tell")
PHASES = ("preparing", "training", "validating", "scoring", "predicting", "done")
MODEL_EVENTS = ("promote", "decline", "rollback")
TRIGGERS = ("manual", "policy")


class RetrainInputSerializer(Shape):
    task = s.ChoiceField(choices=TASKS, required=False)
    network = s.CharField(default="auto", max_length=64)
    seed = s.IntegerField(required=False, allow_null=True)
    seconds_budget = s.FloatField(required=False, allow_null=True)
    max_epochs = s.IntegerField(default=0, min_value=0, max_value=1_000_000)


class ReasonInputSerializer(Shape):
    reason = s.CharField(default="", allow_blank=True, max_length=2000)


class LearningQuerySerializer(Shape):
    task = s.ChoiceField(choices=TASKS, required=False)


class ProgressSerializer(Shape):
    phase = s.ChoiceField(choices=PHASES)
    fraction = s.FloatField()
    message = s.CharField(allow_blank=True)
    epoch = s.IntegerField()
    epochs = s.IntegerField()
    seconds_left = s.FloatField(allow_null=True)
    metrics = s.DictField(child=s.FloatField())


class LabelComparisonSerializer(Shape):
    label_key = s.CharField()
    active_mean = s.FloatField(allow_null=True)
    candidate_mean = s.FloatField(allow_null=True)
    gain = s.FloatField(allow_null=True)
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    n = s.IntegerField()
    verdict = s.ChoiceField(choices=VERDICTS)
    needed_n = s.IntegerField(allow_null=True)


class CaseScoreSerializer(Shape):
    case_id = s.CharField()
    patient_key = s.CharField()
    values = s.DictField(child=s.FloatField(allow_null=True))


class GateReportSerializer(Shape):
    metric_name = s.CharField()
    verdict = s.ChoiceField(choices=VERDICTS)
    overall = LabelComparisonSerializer()
    labels = LabelComparisonSerializer(many=True)
    candidate_scores = CaseScoreSerializer(many=True)
    active_scores = CaseScoreSerializer(many=True)
    refusals = s.ListField(child=s.CharField())
    notes = s.ListField(child=s.CharField())
    floor = s.FloatField(allow_null=True)
    baseline = s.DictField(child=s.FloatField())
    seed = s.IntegerField()
    test_set_number = s.IntegerField(allow_null=True)
    times_used = s.IntegerField()


class RegressionImagesSerializer(Shape):
    active_url = s.CharField()
    candidate_url = s.CharField()


class RegressionSerializer(Shape):
    case_id = s.IntegerField()
    pseudonym = s.CharField()
    label_key = s.CharField()
    active = s.FloatField()
    candidate = s.FloatField()
    delta = s.FloatField()
    images = RegressionImagesSerializer(allow_null=True)


class SecondLookSerializer(Shape):
    case_id = s.IntegerField()
    pseudonym = s.CharField()
    reading_id = s.IntegerField()
    label_key = s.CharField()


class ModelSerializer(Shape):
    id = s.IntegerField()
    version = s.IntegerField()
    task = s.ChoiceField(choices=TASKS)
    network = s.CharField()
    state = s.ChoiceField(choices=model_states.STATES)
    created_at = s.DateTimeField()
    promoted_at = s.DateTimeField(allow_null=True)
    rolled_back_at = s.DateTimeField(allow_null=True)
    metric_name = s.CharField()
    metric = s.FloatField(allow_null=True)
    label_keys = s.ListField(child=s.CharField())
    weights_sha256 = s.CharField()
    gate = GateReportSerializer(allow_null=True)
    allowed_events = s.ListField(child=s.ChoiceField(choices=MODEL_EVENTS))
    promote_needs_reason = s.BooleanField()
    rollback_to = s.IntegerField(allow_null=True)
    regressions = RegressionSerializer(many=True)
    second_look = SecondLookSerializer(many=True)
    training_run_id = s.IntegerField(allow_null=True)
    parameters = s.IntegerField()
    snapshot_sha256 = s.CharField(allow_blank=True)
    card = s.DictField()


class RollbackSerializer(ModelSerializer):
    reinstated = ModelSerializer(allow_null=True)
    withdrawn_suggestions = s.IntegerField()


class RunJobSerializer(Shape):
    state = s.ChoiceField(choices=JobState.choices)
    attempt = s.IntegerField()
    max_attempts = s.IntegerField()
    ahead = s.IntegerField()


class RunSerializer(Shape):
    id = s.IntegerField()
    number = s.IntegerField()
    task = s.ChoiceField(choices=TASKS)
    network = s.CharField()
    state = s.ChoiceField(choices=states.STATES)
    trigger = s.ChoiceField(choices=TRIGGERS)
    created_by = PersonSerializer(allow_null=True)
    created_at = s.DateTimeField()
    started_at = s.DateTimeField(allow_null=True)
    finished_at = s.DateTimeField(allow_null=True)
    progress = ProgressSerializer(allow_null=True)
    error = s.CharField(allow_blank=True)
    cases_used = s.IntegerField()
    cases_excluded = s.IntegerField()
    job = RunJobSerializer(allow_null=True)
    model_id = s.IntegerField(allow_null=True)
    phase_text = s.CharField()
    seed = s.IntegerField(allow_null=True)
    seconds_budget = s.FloatField(allow_null=True)


class ChartLineSerializer(Shape):
    epoch = s.IntegerField()
    train_loss = s.FloatField(allow_null=True)
    val_loss = s.FloatField(allow_null=True)
    val_metric = s.FloatField(allow_null=True)
    per_label = s.DictField(child=s.FloatField(allow_null=True))
    seconds = s.FloatField(allow_null=True)


class RunDetailSerializer(RunSerializer):
    metrics = ChartLineSerializer(many=True)
    plan = s.DictField(allow_null=True)


class ReferenceSerializer(Shape):
    read = s.IntegerField()
    needed = s.IntegerField()
    total = s.IntegerField()
    val = s.IntegerField()
    test = s.IntegerField()


class ApprovedSerializer(Shape):
    train = s.IntegerField()
    in_review = s.IntegerField()
    submitted = s.IntegerField()


class PolicySerializer(Shape):
    retrain_every = s.IntegerField()
    promotion_policy = s.ChoiceField(choices=PromotionPolicy.choices)


class UsedCaseSerializer(Shape):
    case_id = s.IntegerField()
    pseudonym = s.CharField()


class ExcludedCaseSerializer(UsedCaseSerializer):
    reason_code = s.CharField()
    reason = s.CharField()


class LabelCountsSerializer(Shape):
    key = s.CharField()
    name = s.CharField()
    marked = s.IntegerField()
    searched_none = s.IntegerField()
    not_assessed = s.IntegerField()


class NetworkSerializer(Shape):
    key = s.CharField()
    name = s.CharField()
    default = s.BooleanField()


class NextTrainingSerializer(Shape):
    task = s.ChoiceField(choices=TASKS)
    cases = UsedCaseSerializer(many=True)
    count = s.IntegerField()
    excluded = ExcludedCaseSerializer(many=True)
    labels = LabelCountsSerializer(many=True)
    estimate_seconds = s.FloatField()
    networks = NetworkSerializer(many=True)
    ready = s.BooleanField()
    blockers = s.ListField(child=s.CharField())


class CurvePointSerializer(Shape):
    model_version = s.IntegerField()
    approved = s.IntegerField()
    metric = s.FloatField()
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    state = s.ChoiceField(choices=model_states.STATES)


class RandomShareSerializer(Shape):
    model_version = s.IntegerField()
    accepted_unchanged = s.FloatField()
    n = s.IntegerField()
    low = s.FloatField()
    high = s.FloatField()


class ReasonShareSerializer(Shape):
    code = s.CharField()
    share = s.FloatField()
    edited_share = s.FloatField(allow_null=True)
    n = s.IntegerField()


class LearningSerializer(Shape):
    reference = ReferenceSerializer()
    approved = ApprovedSerializer()
    since_active = s.IntegerField()
    policy = PolicySerializer()
    next_training = NextTrainingSerializer()
    active = ModelSerializer(allow_null=True)
    candidate = ModelSerializer(allow_null=True)
    models = ModelSerializer(many=True)
    runs = RunSerializer(many=True)
    running = RunSerializer(allow_null=True)
    curve = CurvePointSerializer(many=True)
    random_share = RandomShareSerializer(many=True)
    reasons = ReasonShareSerializer(many=True)
    benefit = s.CharField()
