"""Label sets and project pages as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from medreview.accounts.serializers import MemberSerializer, ProjectSerializer
from medreview.labels.models import Label, LabelSet


class LabelSerializer(serializers.ModelSerializer[Label]):
    hotkey = serializers.SerializerMethodField()

    class Meta:
        model = Label
        fields = (
            "key",
            "name",
            "kind",
            "scheme",
            "value",
            "meaning",
            "colour",
            "order",
            "findings",
            "options",
            "hotkey",
        )

    def get_hotkey(self, label: Label) -> int | None:
        return label.order + 1 if label.order < 9 else None


class LabelSetSerializer(serializers.ModelSerializer[LabelSet]):
    labels = LabelSerializer(many=True)

    class Meta:
        model = LabelSet
        fields = ("id", "version", "labels")


class LabelInputSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(required=False)
    name = serializers.CharField()
    kind = serializers.CharField(default="segment")
    scheme = serializers.CharField(required=False)
    value = serializers.CharField(required=False)
    meaning = serializers.CharField(required=False)
    colour = serializers.CharField(required=False)
    findings = serializers.CharField(required=False)
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
