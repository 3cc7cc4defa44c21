"""What people did in a project, day by day: for the manager's charts. Numbers only, of nobody in particular."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from medreview.accounts.models import Project
from medreview.core.errors import Invalid
from medreview.reading.models import Decision, JournalOperation, Reading, Review

MAX_DAYS = 90


def zone_of(name: str) -> ZoneInfo:
    """Raises Invalid for a name that is no time zone's."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise Invalid(f"zone is the name of a time zone, such as Europe/Berlin, not {name[:40]!r}.") from error


def activity(project: Project, *, days: int, zone: ZoneInfo) -> list[dict[str, Any]]:
    """One entry a day of the zone, oldest first, today last. A suggestion counts on the day when its
    reading was submitted."""
    today = timezone.now().astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(), tzinfo=zone)
    saves = _by_day(JournalOperation.objects.filter(reading__project=project), "at", since, zone)
    submitted = _by_day(Reading.objects.filter(project=project), "submitted_at", since, zone)
    decided = _by_day(Decision.objects.filter(reading__project=project), "reading__submitted_at", since, zone)
    reviewed = _by_day(
        Review.objects.filter(reading__project=project).exclude(outcome=""), "decided_at", since, zone
    )  # fmt: skip
    return [
        {
            "day": day,
            "saves": saves.get(day, 0),
            "submitted": submitted.get(day, 0),
            "suggestions_decided": decided.get(day, 0),
            "reviewed": reviewed.get(day, 0),
        }
        for day in (first + timedelta(days=number) for number in range(days))
    ]


def _by_day(rows: QuerySet[Any], column: str, since: datetime, zone: ZoneInfo) -> Mapping[date, int]:
    counted = rows.filter(**{f"{column}__gte": since}).order_by().annotate(day=TruncDate(column, tzinfo=zone))
    return dict(counted.values_list("day").annotate(Count("pk")))
