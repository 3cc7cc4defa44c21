"""Tables without domain nouns: Job (the only outbox), Blob, StatusChange, AuditEvent.

`scope_id` is the project's id where there is one, kept as a number so that `core` knows no project.
"""

from __future__ import annotations

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """One piece of work. Creating it in the caller's transaction is the outbox (DESIGN §5.11)."""

    kind = models.CharField(max_length=64)
    queue = models.CharField(max_length=16)
    target_id = models.BigIntegerField()
    scope_id = models.BigIntegerField(null=True, db_index=True)
    dedup_key = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    priority = models.IntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=3)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    fencing_token = models.PositiveBigIntegerField(default=0)
    progress = models.JSONField(null=True)
    error = models.TextField(blank=True)
    retryable = models.BooleanField(default=False)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(dedup_key=""),
                name="one_open_job_per_dedup_key",
            )
        ]
        indexes = [models.Index(fields=["state", "queue", "-priority", "id"], name="job_next")]


class Blob(models.Model):
    """Bytes stored once under their sha256."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100, default="application/octet-stream")
    created_at = models.DateTimeField(auto_now_add=True)


class StatusChange(models.Model):
    """One change of a state column, written in the same transaction by `core.transitions.apply`."""

    object_type = models.CharField(max_length=64)
    object_id = models.BigIntegerField()
    event = models.CharField(max_length=32)
    old = models.CharField(max_length=32)
    new = models.CharField(max_length=32)
    actor_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "id"], name="status_of_object")]


class AuditEvent(models.Model):
    """Append-only, hash-chained. Holds ids and codes, never PHI."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64, blank=True)
    scope_id = models.BigIntegerField(null=True, db_index=True)
    outcome = models.CharField(max_length=16, default="success")
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
