"""A case as managers see it in the list."""

from __future__ import annotations

from rest_framework import serializers

from medreview.archive.serializers import StackWarningSerializer

LANES = ("reference", "learning")
STATUSES = ("unread", "in_progress", "submitted", "returned", "approved", "rejected")


class CaseRowSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    pseudonym = serializers.CharField()
    patient = serializers.CharField()
    modality = serializers.CharField()
    study_date = serializers.CharField()
    description = serializers.CharField()
    series_count = serializers.IntegerField()
    lane = serializers.ChoiceField(choices=LANES)
    status = serializers.ChoiceField(choices=STATUSES)
    warnings = StackWarningSerializer(many=True)
    excluded_reason = serializers.CharField()
    entropy = serializers.FloatField(allow_null=True)
    suggestions = serializers.IntegerField(allow_null=True)


class CaseListSerializer(serializers.Serializer):
    results = CaseRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
