"""People and projects as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.accounts import selectors
from medreview.accounts.models import PromotionPolicy, Role, Scope, User
from medreview.accounts.second_factor import has_second_factor, needs_second_factor
from medreview.accounts.selectors import Access

SETTINGS = (
    "allow_self_review", "min_reference_cases", "retrain_every", "promotion_policy", "random_share", "gate_margin",
    "readings_per_case", "split_ratio",
)  # fmt: skip
LOCALES = ("en", "zh-hans")
TASKS = ("segmentation", "detection")
THEMES = ("dark", "light", "auto")


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    display_name = serializers.CharField()


class ProjectSettingsSerializer(serializers.Serializer[Any]):
    allow_self_review = serializers.BooleanField()
    min_reference_cases = serializers.IntegerField(min_value=2, max_value=10_000)
    retrain_every = serializers.IntegerField(min_value=0, max_value=100_000)
    promotion_policy = serializers.ChoiceField(choices=PromotionPolicy.choices)
    random_share = serializers.FloatField(min_value=0.0, max_value=1.0)
    gate_margin = serializers.FloatField(min_value=0.0, max_value=0.5)
    readings_per_case = serializers.IntegerField(min_value=1, max_value=5)
    split_ratio = serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=3, max_length=3)


class ProjectCountsSerializer(serializers.Serializer[Any]):
    """What waits for the viewer."""

    worklist = serializers.IntegerField()
    review = serializers.IntegerField()


class ProjectSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    is_demo = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    task_kinds = serializers.ListField(child=serializers.ChoiceField(choices=TASKS))
    counts = ProjectCountsSerializer()
    settings = ProjectSettingsSerializer()


class ProjectListSerializer(serializers.Serializer[Any]):
    results = ProjectSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ProjectPatchSerializer(serializers.Serializer[Any]):
    """What is not given stays as it is."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(allow_blank=True, max_length=4000)
    settings = ProjectSettingsSerializer(partial=True)


class MemberSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class MemberInputSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class SecondFactorSerializer(serializers.Serializer[Any]):
    """`is_required`: nothing else opens until one is set up."""

    is_on = serializers.BooleanField()
    is_required = serializers.BooleanField()


class EnrolmentSerializer(serializers.Serializer[Any]):
    """What an authenticator app needs; `picture` is the address as a QR code, an SVG document."""

    secret = serializers.CharField()
    address = serializers.CharField()
    picture = serializers.CharField()


class TokenProjectSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TokenSerializer(serializers.Serializer[Any]):
    """A token without its text: `prefix` is how it begins."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scope = serializers.ChoiceField(choices=Scope.choices)
    project = TokenProjectSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class TokenListSerializer(serializers.Serializer[Any]):
    results = TokenSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class TokenInputSerializer(serializers.Serializer[Any]):
    """`days`: how long it lives; null for one that does not expire."""

    name = serializers.CharField(max_length=80)
    scope = serializers.ChoiceField(choices=Scope.choices)
    project_id = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    days = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=3650)


class NewTokenSerializer(serializers.Serializer[Any]):
    """The text is shown this once."""

    token = serializers.CharField()


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    initials = serializers.CharField()
    locale = serializers.ChoiceField(choices=LOCALES)
    theme = serializers.ChoiceField(choices=THEMES)
    timezone = serializers.CharField()
    keymap = serializers.DictField(child=serializers.CharField())
    second_factor = SecondFactorSerializer()
    can_make_projects = serializers.BooleanField()
    projects = ProjectSerializer(many=True)


class PreferencesSerializer(serializers.Serializer[Any]):
    display_name = serializers.CharField(required=False, max_length=120)
    locale = serializers.ChoiceField(required=False, choices=LOCALES)
    theme = serializers.ChoiceField(required=False, choices=THEMES)
    timezone = serializers.CharField(required=False, max_length=64)
    keymap = serializers.DictField(required=False, child=serializers.CharField(max_length=64))


def second_factor_json(user: User) -> dict[str, bool]:
    return {"is_on": has_second_factor(user), "is_required": needs_second_factor(user)}


def project_json(access: Access, task_kinds: list[str]) -> dict[str, Any]:
    """A project as its member sees it."""
    project = access.project
    return {
        "id": project.pk,
        "slug": project.slug,
        "name": project.name,
        "description": project.description,
        "is_demo": project.is_demo,
        "roles": sorted(access.roles),
        "task_kinds": task_kinds,
        "counts": selectors.counts(access),
        "settings": {name: getattr(project, name) for name in SETTINGS},
    }
