"""Case and SplitAssignment. A split is written once, at first sight of a patient; the database refuses to change it."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project
from medreview.archive.models import Grid, Import, Patient, Study


class Side(models.TextChoices):
    TRAIN = "train"
    VAL = "val"
    TEST = "test"


REFERENCE_SIDES = (Side.VAL, Side.TEST)


class SplitAssignment(models.Model):
    """Side of a split key: salted-hash order in blocks of the ratio's sum, or an imported file (DESIGN §5.7)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    split_key = models.CharField(max_length=64)
    side = models.CharField(max_length=8, choices=Side.choices)
    block = models.PositiveIntegerField()
    imported = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "split_key"], name="split_once")]


class Case(models.Model):
    """Stacks of one patient in one project. `excluded_reason` keeps it out of training and reference."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    split = models.ForeignKey(SplitAssignment, on_delete=models.PROTECT)
    pseudonym = models.CharField(max_length=24)
    modality = models.CharField(max_length=16)
    description = models.CharField(max_length=200, blank=True)
    excluded_reason = models.CharField(max_length=200, blank=True)
    source = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL)
    grids = models.ManyToManyField(Grid, through="CaseStack")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "pseudonym"], name="case_pseudonym_once"),
            models.UniqueConstraint(fields=["project", "study"], name="case_per_study_once"),
        ]

    @property
    def is_reference(self) -> bool:
        return self.split.side in REFERENCE_SIDES


class CaseStack(models.Model):
    """A grid of a case; position 0 is the one shown first and the one that is learned."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="stacks")
    grid = models.ForeignKey(Grid, on_delete=models.CASCADE)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["case", "grid"], name="stack_once")]
