"""The work list of one reader: returned first, then open, then the queue, then what was submitted. Never says which
lane a case is in."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import QuerySet
from django.utils import timezone

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access, access_project
from medreview.reading import states
from medreview.reading.models import Reading, WorklistItem, WorklistSkip
from medreview.reading.selectors.reasons import newest_returns, reason_of_item, reason_of_reading
from medreview.reading.selectors.rows import NOT_ASKED, CaseFacts, case_facts

QUEUE_SHOWN = 200
SUBMITTED_SHOWN = 100
DAILY_TARGET = 20
READ_STATES = (states.SUBMITTED, states.APPROVED, states.REJECTED, states.SUPERSEDED)


@dataclass(frozen=True)
class Group:
    """One part of the list. `count` may be larger than what `rows` shows."""

    key: str
    count: int
    rows: list[dict[str, Any]]


def available_items(access: Access) -> QuerySet[WorklistItem]:
    """What this reader could claim now, best first: open, not read or being read by them, not skipped, not excluded."""
    mine = Reading.objects.filter(reader=access.viewer, state__in=states.LIVE_STATES).values("case_id")
    skipped = WorklistSkip.objects.filter(reader=access.viewer).values("case_id")
    waiting = WorklistItem.objects.filter(project=access.project, open_slots__gt=0, case__excluded_reason="")
    return waiting.exclude(case_id__in=mine).exclude(case_id__in=skipped).order_by("rank", "id")


def worklist(*, viewer: User, project_id: int) -> dict[str, Any]:
    """Groups and progress in the contract's shape."""
    access = access_project(viewer=viewer, project_id=project_id)
    available = available_items(access) if access.has(Role.ANNOTATOR) else WorklistItem.objects.none()
    left = available.count()
    queue = list(available.select_related("case")[:QUEUE_SHOWN])
    own = Reading.objects.filter(project=access.project, reader=viewer, from_known_truth=False).select_related("case")
    opened = list(own.filter(state__in=states.OPEN_STATES).order_by("updated_at"))
    done = own.filter(state__in=READ_STATES)
    recent = list(done.order_by("-submitted_at")[:SUBMITTED_SHOWN])
    facts = case_facts(access, [item.case for item in queue] + [reading.case for reading in opened + recent])
    returned = [reading for reading in opened if reading.state == states.RETURNED]
    in_work = [reading for reading in opened if reading.state != states.RETURNED]
    groups = [
        Group("returned", len(returned), _reading_rows(returned, facts, "returned")),
        Group("open", len(in_work), _reading_rows(in_work, facts, "open")),
        Group("queue", left, [_queue_row(item, facts[item.case_id]) for item in queue]),
        Group("submitted", done.count(), _reading_rows(recent, facts, "")),
    ]
    return {"groups": groups, "progress": _progress(viewer, own, len(returned), left + len(opened))}


def count_waiting(access: Access) -> int:
    """How many cases wait for this reader: open, returned and available ones."""
    if not access.has(Role.ANNOTATOR):
        return 0
    opened = Reading.objects.filter(project=access.project, reader=access.viewer, state__in=states.OPEN_STATES)
    return available_items(access).count() + opened.count()


def _queue_row(item: WorklistItem, facts: CaseFacts) -> dict[str, Any]:
    row = facts.as_row()
    if item.reason_code == "random_share" and facts.suggestions is None:
        # No model looks at a reference case, so one of the random share without suggestions must read the same.
        row["ai"] = dict(NOT_ASKED)
    return {
        **row,
        "reading_id": None,
        "reason": reason_of_item(item),
        "status": "new",
        "updated_at": item.updated_at,
    }


def _reading_rows(readings: Sequence[Reading], facts: dict[int, CaseFacts], status: str) -> list[dict[str, Any]]:
    returns = newest_returns([reading.pk for reading in readings])
    return [
        {
            **facts[reading.case_id].as_row(),
            "reading_id": reading.pk,
            "reason": reason_of_reading(reading, returns.get(reading.pk)),
            "status": status or reading.state,
            "updated_at": reading.updated_at,
        }
        for reading in readings
    ]


def _progress(viewer: User, own: QuerySet[Reading], returned: int, left: int) -> dict[str, Any]:
    read_today = own.filter(state__in=READ_STATES, submitted_at__gte=_midnight(viewer)).count()
    seconds = own.filter(state__in=READ_STATES, elapsed_seconds__gt=0).order_by("-submitted_at")
    recent: Iterable[float] = list(seconds.values_list("elapsed_seconds", flat=True)[:50])
    return {
        "read_today": read_today,
        "target": min(DAILY_TARGET, read_today + left),
        "approved": own.filter(state=states.APPROVED).count(),
        "in_review": own.filter(state=states.SUBMITTED).count(),
        "returned": returned,
        "median_seconds": statistics.median(recent) if recent else None,
        "left": left,
    }


def _midnight(viewer: User) -> datetime:
    """The start of the reader's own day."""
    try:
        zone = ZoneInfo(viewer.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return timezone.localtime(timezone=zone).replace(hour=0, minute=0, second=0, microsecond=0)


def position_of(reading: Reading) -> dict[str, int]:
    """Where a reading stands among all that its reader has read or has left."""
    access = Access(reading.project, reading.reader, frozenset({Role.ANNOTATOR}))
    own = Reading.objects.filter(project=reading.project, reader=reading.reader, from_known_truth=False)
    done = own.filter(state__in=READ_STATES)
    total = done.count() + own.filter(state__in=states.OPEN_STATES).count() + available_items(access).count()
    before = done.exclude(pk=reading.pk)
    if reading.submitted_at is not None and reading.state in READ_STATES:
        before = before.filter(submitted_at__lt=reading.submitted_at)
    return {"index": before.count() + 1, "of": max(total, 1)}
