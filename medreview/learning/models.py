"""DatasetSnapshot, TrainingRun and the gate's reports."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project, User
from medreview.labels.models import LabelSet
from medreview.learning import states
from medreview.registry.models import ModelVersion


class DatasetSnapshot(models.Model):
    """Frozen approved work and its split, named by the hash of its manifest. `excluded`: case, reason code, reason."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    label_set = models.ForeignKey(LabelSet, on_delete=models.PROTECT)
    task = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    excluded = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="snapshot_hash_once")]


class TrainingRun(models.Model):
    TRANSITIONS = states.TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    snapshot = models.ForeignKey(DatasetSnapshot, null=True, on_delete=models.PROTECT)
    task = models.CharField(max_length=16)
    network = models.CharField(max_length=64)
    spec = models.JSONField(default=dict)
    state = models.CharField(max_length=16, default=states.QUEUED, choices=[(s, s) for s in states.STATES])
    trigger = models.CharField(max_length=8, default="manual")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    run_dir = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True)
    model_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["project", "task"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_open_run_per_task",
            ),
        ]


class TestSetVersion(models.Model):
    """A numbered, frozen list of approved test readings, and how often it has decided."""

    __test__ = False

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    task = models.CharField(max_length=16)
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    readings = models.JSONField()
    times_used = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "task", "number"], name="test_set_once")]


class GateDecision(models.Model):
    """The gate's report (`ml.contracts.GateReport`) for a candidate against the model active at the time."""

    candidate = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="gate_decisions")
    active = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    test_set = models.ForeignKey(TestSetVersion, null=True, on_delete=models.PROTECT)
    verdict = models.CharField(max_length=16)
    report = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
