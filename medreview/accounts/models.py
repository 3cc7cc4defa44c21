"""Users, projects and who has which role where."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"
    MANAGER = "manager"


class Scope(models.TextChoices):
    """What a token may do for its person. Each includes the ones before it."""

    READ = "read"  # look at what the person may see
    ANNOTATE = "annotate"  # read cases, review, comment: everything but what only managers do
    MANAGE = "manage"  # everything the person may do


class PromotionPolicy(models.TextChoices):
    AUTO = "auto"
    ASK = "ask"
    REFUSE = "refuse"


class User(AbstractUser):
    """A person. Preferences travel with the person, not with the browser."""

    display_name = models.CharField(max_length=120, blank=True)
    locale = models.CharField(max_length=16, default="en")
    theme = models.CharField(max_length=8, default="dark")
    timezone = models.CharField(max_length=64, default="UTC")
    keymap = models.JSONField(default=dict, blank=True)

    # Of this request, never stored: a token that was narrowed names its project and the roles that it leaves out.
    only_project_id: int | None = None
    withheld_roles: frozenset[str] = frozenset()

    @property
    def shown_name(self) -> str:
        return self.display_name or self.username


def default_split_ratio() -> list[int]:
    return [7, 1, 2]


def new_salt() -> str:
    return secrets.token_hex(16)


class Project(models.Model):
    """A set of cases, one label set in versions, its people and its rules."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    salt = models.CharField(max_length=64, default=new_salt)
    split_ratio = models.JSONField(default=default_split_ratio)
    allow_self_review = models.BooleanField(default=False)
    readings_per_case = models.PositiveIntegerField(default=1)
    min_reference_cases = models.PositiveIntegerField(default=10)
    retrain_every = models.PositiveIntegerField(default=0)
    promotion_policy = models.CharField(max_length=8, choices=PromotionPolicy.choices, default=PromotionPolicy.ASK)
    random_share = models.FloatField(default=0.2)
    gate_margin = models.FloatField(default=0.02)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="projects")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "role"], name="role_once")]


class ApiToken(models.Model):
    """A bearer token, stored as its sha256. With a `project` it opens nothing else; that project's end is its own."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    scope = models.CharField(max_length=16, choices=Scope.choices, default=Scope.MANAGE)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
