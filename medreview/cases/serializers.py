"""A case as managers see it in the list."""

from __future__ import annotations

from rest_framework import serializers


class CaseRowSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    pseudonym = serializers.CharField()
    patient = serializers.CharField()
    modality = serializers.CharField()
    study_date = serializers.CharField()
    description = serializers.CharField()
    series_count = serializers.IntegerField()
    lane = serializers.ChoiceField(choices=["reference", "learning"])
    status = serializers.ChoiceField(choices=["unread", "in_progress", "submitted", "returned", "approved", "rejected"])
    warnings = serializers.ListField(child=serializers.DictField())
    excluded_reason = serializers.CharField()
    model_score = serializers.FloatField(allow_null=True)
    suggestions = serializers.IntegerField(allow_null=True)


class CaseListSerializer(serializers.Serializer):
    results = CaseRowSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
