"""ModelVersion: immutable weights with plan, label keys, metrics and card; only its state changes."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project
from medreview.core.models import Blob
from medreview.labels.models import LabelSet
from medreview.registry import states


class ModelVersion(models.Model):
    """`run_dir` is relative to the runs folder and holds plan.json and checkpoint.safetensors (= `weights`).

    `promoted_at` is the first promotion and stays when a rollback reinstates the model; `rolled_back_at` marks a model
    that was found bad while active, so that no later rollback returns to it.
    """

    TRANSITIONS = states.TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    task = models.CharField(max_length=16)
    network = models.CharField(max_length=64)
    state = models.CharField(max_length=16, default=states.CANDIDATE, choices=[(s, s) for s in states.STATES])
    weights = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    run_dir = models.CharField(max_length=200)
    plan = models.JSONField(default=dict)
    label_set = models.ForeignKey(LabelSet, on_delete=models.PROTECT)
    label_keys = models.JSONField(default=list)
    label_codes = models.JSONField(default=list)
    metric_name = models.CharField(max_length=32, blank=True)
    metric = models.FloatField(null=True)
    card = models.JSONField(default=dict)
    training_run_id = models.BigIntegerField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True)
    rolled_back_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"v{self.version} ({self.task})"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="model_version_once"),
            models.UniqueConstraint(
                fields=["project", "task"], condition=models.Q(state="active"), name="one_active_model_per_task"
            ),
        ]
