"""Worklist, readings, draft journal, decisions, reviews, adjudications, exports. N readings per case, even if N = 1."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from medreview.accounts.models import Project, User
from medreview.cases.models import Case
from medreview.core.models import Blob
from medreview.labels.models import LabelSet
from medreview.reading import states
from medreview.suggestions.models import Suggestion


class WorklistItem(models.Model):
    """The place of a case in its project's queue, with the reason. `rank` orders; smaller comes first."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="worklist_item")
    rank = models.FloatField(default=0.0)
    reason_code = models.CharField(max_length=24, default="new")
    reason_values = models.JSONField(default=dict)
    model_version = models.PositiveIntegerField(null=True)
    open_slots = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["project", "rank", "id"], condition=Q(open_slots__gt=0), name="worklist_order")]


class WorklistSkip(models.Model):
    """A reader put a case aside, with a reason."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    reader = models.ForeignKey(User, on_delete=models.CASCADE)
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "reader"], name="skip_once")]


class Reading(models.Model):
    """One reader's pass over one case, blind to others. `slot` numbers the readings a case needs, `sequence` is that of
    the draft journal, `freezes` the number of the newest frozen set of AnnotationVersions (0: never frozen), which was
    taken at `frozen_sequence`."""

    TRANSITIONS = states.TRANSITIONS

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="readings")
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    reader = models.ForeignKey(User, on_delete=models.PROTECT)
    label_set = models.ForeignKey(LabelSet, on_delete=models.PROTECT)
    slot = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, default=states.IN_PROGRESS, choices=[(s, s) for s in states.STATES])
    round = models.PositiveIntegerField(default=1)
    sequence = models.PositiveIntegerField(default=0)
    freezes = models.PositiveIntegerField(default=0)
    frozen_sequence = models.PositiveIntegerField(default=0)
    reason_code = models.CharField(max_length=24, blank=True)
    reason_values = models.JSONField(default=dict)
    from_known_truth = models.BooleanField(default=False)
    elapsed_seconds = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "slot"],
                condition=Q(state__in=["in_progress", "submitted", "returned", "approved"]),
                name="one_live_reading_per_slot",
            ),
            models.UniqueConstraint(
                fields=["case", "reader"],
                condition=Q(state__in=["in_progress", "submitted", "returned", "approved"]),
                name="one_live_reading_per_reader",
            ),
        ]


class OfferedSuggestion(models.Model):
    """The suggestions a reading was opened with: an open case stays still whatever is promoted meanwhile."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="offered")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "suggestion"], name="offered_once")]


class JournalOperation(models.Model):
    """One operation of the draft journal, appended once under its client's `op_id`."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="operations")
    seq = models.PositiveIntegerField()
    op_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    payload = models.JSONField()
    actor = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["reading", "seq"], name="journal_seq_once"),
            models.UniqueConstraint(fields=["reading", "op_id"], name="journal_op_once"),
        ]


class DraftSnapshot(models.Model):
    """The reduced draft after `seq` operations, kept each 200 so that opening stays fast."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="snapshots")
    seq = models.PositiveIntegerField()
    state = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "seq"], name="snapshot_once")]


class Decision(models.Model):
    """What a reading decided about a suggestion, frozen at submit with its cost."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="decisions")
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT)
    verdict = models.CharField(max_length=8)
    reason = models.CharField(max_length=32, blank=True)
    finding_id = models.CharField(max_length=64, blank=True)
    voxels_added = models.PositiveBigIntegerField(default=0)
    voxels_removed = models.PositiveBigIntegerField(default=0)
    surface_distance_mm = models.FloatField(null=True)
    strokes = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "suggestion"], name="decision_once")]


class LabelStatement(models.Model):
    """What a reading states for each label; only marked and searched_none train or score."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="statements")
    label_key = models.CharField(max_length=64)
    status = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "label_key"], name="statement_once")]


class Review(models.Model):
    """A second person's look at one round of a reading."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT)
    round = models.PositiveIntegerField()
    editing = models.BooleanField(default=False)
    own_reading = models.BooleanField(default=False)
    outcome = models.CharField(max_length=16, blank=True)
    reasons = models.JSONField(default=list)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reading", "round"], condition=~Q(outcome=""), name="one_outcome_per_round"
            ),
            models.UniqueConstraint(fields=["reading", "reviewer", "round"], name="review_once_per_round"),
        ]


class Comment(models.Model):
    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT)
    text = models.TextField()
    point = models.JSONField(null=True)
    resolved = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)


class Adjudication(models.Model):
    """A third person settles two readings that disagree; the losing one is kept."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    adjudicator = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    kept = models.ForeignKey(Reading, null=True, on_delete=models.PROTECT, related_name="+")
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)


class Export(models.Model):
    """One export: a zip of approved work, read back by an independent reader before it is called verified."""

    TRANSITIONS = states.EXPORT_TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    format = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=[(s, s) for s in states.EXPORT_STATES], default=states.QUEUED)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    files = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    verified = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
