"""What waits for a reviewer, and what each reading changed about its suggestions."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from medreview.accounts.models import User
from medreview.accounts.selectors import Access, access_project
from medreview.annotations.models import AnnotationVersion
from medreview.reading import states
from medreview.reading.models import Decision, Reading
from medreview.reading.selectors.access import DECIDING_ROLES, REVIEWING_ROLES

NEW_READER_BELOW = 5
REVIEWS_SHOWN = 200


def waiting_readings(access: Access) -> QuerySet[Reading]:
    """Submitted readings that this member may decide, oldest first; none without the role. A case the member is reading
    blind is left out until that is done."""
    if not access.has(*DECIDING_ROLES):
        return Reading.objects.none()
    waiting = submitted_readings(access)
    return waiting if access.project.allow_self_review else waiting.exclude(reader=access.viewer)


def submitted_readings(access: Access) -> QuerySet[Reading]:
    reading_blind = Reading.objects.filter(reader=access.viewer, state__in=states.OPEN_STATES).values("case_id")
    waiting = Reading.objects.filter(project=access.project, state=states.SUBMITTED)
    return waiting.exclude(case_id__in=reading_blind).order_by("submitted_at", "id")


def count_reviews(access: Access) -> int:
    return waiting_readings(access).count()


def review_queue(*, viewer: User, project_id: int) -> dict[str, Any]:
    """The review page's list, the viewer's own readings included and marked."""
    access = access_project(viewer=viewer, project_id=project_id, roles=REVIEWING_ROLES)
    waiting = submitted_readings(access)
    readings = list(waiting.select_related("case", "reader")[:REVIEWS_SHOWN])
    flags = _flags(access, readings)
    rows = [_row(access, reading, flags[reading.pk]) for reading in readings]
    return {"results": rows, "next": None, "count": waiting.count()}


def _row(access: Access, reading: Reading, flags: dict[str, Any]) -> dict[str, Any]:
    return {
        "reading_id": reading.pk,
        "case_id": reading.case_id,
        "pseudonym": reading.case.pseudonym,
        "description": reading.case.description,
        "modality": reading.case.modality,
        "reader": {"id": reading.reader_id, "display_name": reading.reader.shown_name},
        "submitted_at": reading.submitted_at,
        "round": reading.round,
        "summary": _summary(flags),
        "flags": flags,
        "own": reading.reader_id == access.viewer.pk,
    }


def _flags(access: Access, readings: list[Reading]) -> dict[int, dict[str, Any]]:
    ids = [reading.pk for reading in readings]
    verdicts: dict[int, dict[str, Any]] = {
        row["reading_id"]: {**row}
        for row in Decision.objects.filter(reading_id__in=ids)
        .values("reading_id")
        .annotate(
            edited=Count("pk", filter=Q(verdict="edit")),
            rejected=Count("pk", filter=Q(verdict="reject")),
            untouched=Count("pk", filter=Q(verdict="accept")),
        )
    }
    drawn = AnnotationVersion.objects.filter(reading_id__in=ids, suggestion_id__isnull=True).exclude(
        annotation__kind="tag"
    )
    per_freeze = drawn.values("reading_id", "freeze").annotate(n=Count("pk"))
    added = {(row["reading_id"], row["freeze"]): row["n"] for row in per_freeze}
    approved = _approved_counts(access, {reading.reader_id for reading in readings})
    return {
        reading.pk: {
            "edited": verdicts.get(reading.pk, {}).get("edited", 0),
            "added": added.get((reading.pk, reading.freezes), 0),
            "rejected": verdicts.get(reading.pk, {}).get("rejected", 0),
            "untouched": verdicts.get(reading.pk, {}).get("untouched", 0),
            "new_reader": approved.get(reading.reader_id, 0) < NEW_READER_BELOW,
            "second_round": reading.round > 1,
        }
        for reading in readings
    }


def _approved_counts(access: Access, readers: set[int]) -> dict[int, int]:
    rows = Reading.objects.filter(project=access.project, reader_id__in=readers, state=states.APPROVED)
    return {row["reader_id"]: row["n"] for row in rows.values("reader_id").annotate(n=Count("pk"))}


def _summary(flags: dict[str, Any]) -> str:
    parts = [f"{flags[name]} {name}" for name in ("edited", "added", "rejected") if flags[name]]
    if parts:
        return ", ".join(parts)
    return "untouched" if flags["untouched"] else "no findings"
