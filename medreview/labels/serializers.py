"""Label sets and project pages as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from medreview.accounts.serializers import MemberSerializer, ProjectSerializer
from medreview.labels.models import Label, LabelKind

FINDINGS = ("one", "many")


class LabelSerializer(serializers.Serializer[Label]):
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=LabelKind.choices)
    scheme = serializers.CharField()
    value = serializers.CharField()
    meaning = serializers.CharField()
    colour = serializers.CharField()
    order = serializers.IntegerField()
    findings = serializers.ChoiceField(choices=FINDINGS)
    options = serializers.ListField(child=serializers.CharField())
    hotkey = serializers.SerializerMethodField()

    def get_hotkey(self, label: Label) -> int | None:
        return label.order + 1 if label.order < 9 else None


class LabelSetSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    labels = LabelSerializer(many=True)


@extend_schema_field(serializers.ChoiceField(choices=LabelKind.choices))
class KindField(serializers.CharField):
    """Choices for the schema only: the service's refusal names the label."""


@extend_schema_field(serializers.ChoiceField(choices=FINDINGS))
class FindingsField(serializers.CharField):
    """As `KindField`."""


class LabelInputSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(required=False)
    name = serializers.CharField()
    kind = KindField(default="segment")
    scheme = serializers.CharField(required=False)
    value = serializers.CharField(required=False)
    meaning = serializers.CharField(required=False)
    colour = serializers.CharField(required=False)
    findings = FindingsField(required=False)
    options = serializers.ListField(child=serializers.CharField(), required=False)


class LabelSetInputSerializer(serializers.Serializer[Any]):
    labels = LabelInputSerializer(many=True)


class ProjectInputSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    labels = LabelInputSerializer(many=True)


class ProjectDetailSerializer(ProjectSerializer):
    label_set = LabelSetSerializer(allow_null=True)
    members = MemberSerializer(many=True)
