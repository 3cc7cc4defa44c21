"""What people did, day by day."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from medreview.reading.selectors.activity import MAX_DAYS


class ActivityQuerySerializer(s.Serializer[Any]):
    """`zone`: the days are those of this time zone."""

    days = s.IntegerField(default=14, min_value=1, max_value=MAX_DAYS)
    zone = s.CharField(default="UTC", max_length=64)


class ActivityDaySerializer(s.Serializer[Any]):
    day = s.DateField()
    saves = s.IntegerField()
    submitted = s.IntegerField()
    suggestions_decided = s.IntegerField()
    reviewed = s.IntegerField()


class ActivitySerializer(s.Serializer[Any]):
    zone = s.CharField()
    days = ActivityDaySerializer(many=True)
