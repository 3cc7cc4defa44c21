"""What a job is about, told by the app that owns its kind: what its target is called, what follows its end, whether
it can be taken up again. Registered in `AppConfig.ready`, because a web process cancels and retries jobs too, while
the handlers (`jobs.handles`) may need libraries that a web process does not load."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from medreview.core.models import Job


@dataclass(frozen=True)
class Target:
    """What tells a target from others of its kind: a number, a version, a format. `size`: cases or files of it."""

    name: str
    size: int | None = None
    may_retry: bool = False


@dataclass(frozen=True)
class Owner:
    """`describe` maps target ids to targets (one that is gone is left out); `on_end` is told when a job failed or was
    canceled for good; `on_retry` puts the target of a failed job back into its queue, or raises Conflict."""

    describe: Callable[[Collection[int]], dict[int, Target]]
    on_end: Callable[[Job], None]
    on_retry: Callable[[Job, int | None], None]


OWNERS: dict[str, Owner] = {}


def own(kind: str, owner: Owner) -> None:
    OWNERS[kind] = owner


def targets_of(jobs: Iterable[Job]) -> dict[int, Target]:
    """Job id to its target, with one question to each owner."""
    by_kind: dict[str, list[Job]] = {}
    for job in jobs:
        by_kind.setdefault(job.kind, []).append(job)
    found: dict[int, Target] = {}
    for kind, rows in by_kind.items():
        owner = OWNERS.get(kind)
        targets = owner.describe({job.target_id for job in rows}) if owner else {}
        found.update({job.pk: targets[job.target_id] for job in rows if job.target_id in targets})
    return found
