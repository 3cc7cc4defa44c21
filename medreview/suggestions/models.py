"""PredictionRun, CasePrediction (what the queue orders by) and Suggestion. The database itself refuses an answer or a
suggestion for a val or test patient (trigger in migrations)."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project
from medreview.annotations.models import SliceMask
from medreview.archive.models import Grid
from medreview.cases.models import Case
from medreview.registry.models import ModelVersion
from medreview.suggestions import states


class PredictionRun(models.Model):
    """One model answering a list of cases. `case_ids` is what was asked; a case read meanwhile is left out."""

    TRANSITIONS = states.RUN_TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE)
    state = models.CharField(max_length=16, default=states.QUEUED, choices=[(s, s) for s in states.RUN_STATES])
    case_ids = models.JSONField(default=list)
    cases_total = models.PositiveIntegerField(default=0)
    cases_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)


class CasePrediction(models.Model):
    """One case answered by one model: the uncertainty that the queue uses. A case without findings has a row too.

    `error` says why a case could not be answered; it then has no findings and takes no place by uncertainty.
    `withdrawn`: its model was rolled back, so neither queue nor readers may use the row.
    """

    run = models.ForeignKey(PredictionRun, on_delete=models.CASCADE)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE)
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    entropy = models.FloatField()
    detail = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    withdrawn = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model_version", "case"], name="prediction_once")]


class Suggestion(models.Model):
    """A prediction offered to readers. `box` is the half-open extent; a segment has `slices`."""

    TRANSITIONS = states.SUGGESTION_TRANSITIONS

    run = models.ForeignKey(PredictionRun, on_delete=models.CASCADE)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="suggestions")
    grid = models.ForeignKey(Grid, on_delete=models.CASCADE)
    label_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=16, default=states.OFFERED, choices=[(s, s) for s in states.SUGGESTION_STATES])
    score = models.FloatField()
    box = models.JSONField()
    largest_slice = models.PositiveIntegerField()
    voxel_count = models.PositiveBigIntegerField(default=0)
    volume_ml = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class SuggestionSlice(models.Model):
    suggestion = models.ForeignKey(Suggestion, on_delete=models.CASCADE, related_name="slices")
    k = models.PositiveIntegerField()
    mask = models.ForeignKey(SliceMask, on_delete=models.PROTECT)

    class Meta:
        ordering = ["k"]
        constraints = [models.UniqueConstraint(fields=["suggestion", "k"], name="suggestion_slice_once")]
