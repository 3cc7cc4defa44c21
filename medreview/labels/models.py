"""LabelSet versions and their labels. Voxels, models and snapshots name a label by key and code, never by index."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project, User


class LabelKind(models.TextChoices):
    SEGMENT = "segment"
    BOX = "box"
    TAG = "tag"


class LabelSet(models.Model):
    """One immutable version; a change is a new version."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="label_set_version_once")]


class Label(models.Model):
    """An allowed coded concept. `findings`: "one" (an organ: the whole mask is one finding) or "many" (lesions)."""

    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, related_name="labels")
    key = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=LabelKind.choices)
    scheme = models.CharField(max_length=16)
    value = models.CharField(max_length=32)
    meaning = models.CharField(max_length=120)
    colour = models.CharField(max_length=7)
    order = models.PositiveIntegerField()
    findings = models.CharField(max_length=4, default="many")
    options = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["label_set", "key"], name="label_key_once")]

    @property
    def code(self) -> str:
        return f"{self.scheme}:{self.value}"
