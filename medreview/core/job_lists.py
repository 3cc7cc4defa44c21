"""Jobs as a page lists them: open ones in the order in which they will be done, ended ones newest first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from medreview.core import job_owners
from medreview.core.clock import database_now
from medreview.core.job_owners import Target
from medreview.core.jobs import LEASE
from medreview.core.models import OPEN_JOB_STATES, Job, JobState

JOB_EVENTS = ("cancel", "retry")
OPEN, ENDED = "open", "ended"
STATE_FILTERS = (OPEN, ENDED, *JobState.values)
MAX_WAITS = 40


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    next: str | None
    count: int


def list_of(scope_id: int, *, state: str = "", kind: str = "", cursor: int | None = None, limit: int = 25) -> Page:
    """One page of a project's jobs. `state` is one of STATE_FILTERS, or empty for all; `cursor` the last id shown."""
    found = Job.objects.filter(scope_id=scope_id, **({"kind": kind} if kind else {}))
    if state == OPEN:
        found = found.filter(state__in=OPEN_JOB_STATES)
    elif state == ENDED:
        found = found.exclude(state__in=OPEN_JOB_STATES)
    elif state:
        found = found.filter(state=state)
    is_upward = state in (OPEN, *OPEN_JOB_STATES)
    ordered = found.order_by("id" if is_upward else "-id")
    if cursor is not None:
        ordered = ordered.filter(pk__gt=cursor) if is_upward else ordered.filter(pk__lt=cursor)
    page = list(ordered[: limit + 1])
    following = str(page[limit - 1].pk) if len(page) > limit else None
    return Page(shown(page[:limit]), following, found.count())


def kinds_of(scope_id: int) -> list[str]:
    return list(Job.objects.filter(scope_id=scope_id).order_by("kind").values_list("kind", flat=True).distinct())


def shown(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs as the API answers them."""
    now, targets, ahead = database_now(), job_owners.targets_of(jobs), ahead_of(jobs)
    return [_shown(job, targets.get(job.pk), ahead.get(job.pk, 0), now) for job in jobs]


def allowed_events(job: Job, target: Target | None) -> list[str]:
    """What a manager may do with a job now."""
    if job.state == JobState.QUEUED or (job.state == JobState.RUNNING and not job.cancel_requested):
        return ["cancel"]
    return ["retry"] if job.state == JobState.FAILED and target is not None and target.may_retry else []


def ahead_of(jobs: Collection[Job]) -> dict[int, int]:
    """For each queued job: how many of its queue, whatever their project, will be done before it."""
    queued = [job for job in jobs if job.state == JobState.QUEUED]
    if not queued:
        return {}
    queues = {job.queue for job in queued}
    running: dict[str, int] = dict(
        Job.objects.filter(state=JobState.RUNNING, queue__in=queues).values_list("queue").annotate(Count("id"))
    )
    last = max(job.pk for job in queued)
    waiting: dict[str, list[int]] = {}
    before = Job.objects.filter(state=JobState.QUEUED, queue__in=queues, pk__lte=last).order_by("id")
    for queue, pk in before.values_list("queue", "id"):
        waiting.setdefault(queue, []).append(pk)
    return {job.pk: running.get(job.queue, 0) + bisect_left(waiting.get(job.queue, []), job.pk) for job in queued}


def recent_waits(scope_id: int) -> list[dict[str, Any]]:
    """How long a project's newest jobs waited before they began, oldest first. Only those of one attempt: for others
    the row no longer knows when the first one began."""
    begun: QuerySet[Job] = Job.objects.filter(scope_id=scope_id, attempt=1, started_at__isnull=False)
    newest = list(begun.order_by("-id")[:MAX_WAITS])
    return [
        {"job_id": job.pk, "kind": job.kind, "queue": job.queue, "seconds": _seconds(job.created_at, job.started_at)}
        for job in reversed(newest)
    ]


def _shown(job: Job, target: Target | None, ahead: int, now: datetime) -> dict[str, Any]:
    is_running = job.state == JobState.RUNNING
    return {
        "id": job.pk,
        "kind": job.kind,
        "queue": job.queue,
        "state": job.state,
        "allowed_events": allowed_events(job, target),
        "is_stopping": is_running and job.cancel_requested,
        "target_id": job.target_id,
        "target": {"name": target.name, "size": target.size} if target else None,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "progress": _progress(job.progress) if is_running and job.progress else None,
        "error": job.error,
        "retryable": job.retryable,
        "ahead": ahead,
        "worker": job.lease_owner if is_running else "",
        "heard_seconds": _seconds(job.lease_expires_at - LEASE, now) if is_running and job.lease_expires_at else None,
        "waited_seconds": _waited(job, now),
        "ran_seconds": _ran(job, now),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _progress(told: dict[str, Any]) -> dict[str, Any]:
    """Imports and exports count what is done, what computes tells a fraction: one shape for both."""
    done, total = told.get("done"), told.get("total")
    fraction = told["fraction"] if "fraction" in told else int(done or 0) / max(1, int(total or 0))
    return {"fraction": min(1.0, max(0.0, float(fraction))), "message": str(told.get("message", "")),
            "done": done, "total": total, "seconds_left": told.get("seconds_left")}  # fmt: skip


def _waited(job: Job, now: datetime) -> float | None:
    if job.attempt > 1:
        return None
    if job.state == JobState.QUEUED:
        return _seconds(job.created_at, now) if job.attempt == 0 else None
    return _seconds(job.created_at, job.started_at) if job.started_at else None


def _ran(job: Job, now: datetime) -> float | None:
    """Of the latest attempt."""
    if job.started_at is None or job.state == JobState.QUEUED:
        return None
    return _seconds(job.started_at, job.finished_at or now)


def _seconds(since: datetime, until: datetime | None) -> float:
    return max(0.0, (until - since).total_seconds()) if until is not None else 0.0
