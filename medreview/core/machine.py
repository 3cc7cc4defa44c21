"""How the installation is: queues, leases, workers, disk. Numbers only, nothing that names a project or a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection
from django.db.models import Count, Min

from medreview import __version__
from medreview.core import disk, workers
from medreview.core.clock import database_now
from medreview.core.models import Job, JobState

QUEUES = ("light", "batch", "interactive")
DICOM_DOOR = "dicom"
DISK_STATES = ("ample", "low", "full")
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class QueueFacts:
    """One queue. `workers` is None when the broker, which knows them, does not answer."""

    name: str
    waiting: int
    oldest_seconds: float
    running: int
    workers: int | None = None


@dataclass(frozen=True)
class LeaseFacts:
    """A lease is renewed every 3 s: an older one belongs to a worker that stopped answering."""

    running_oldest_seconds: float
    overdue_seconds: float


@dataclass(frozen=True)
class DiskFacts:
    free_bytes: int
    total_bytes: int
    minimum_bytes: int
    has_reserve: bool

    @property
    def state(self) -> Literal["ample", "low", "full"]:
        """`low`: new files are refused, labels are still saved. `full`: labels are saved from the reserve."""
        if self.free_bytes < disk.RELEASE_BELOW_BYTES:
            return "full"
        return "low" if self.free_bytes < self.minimum_bytes else "ample"


@dataclass(frozen=True)
class MachineFacts:
    queues: list[QueueFacts]
    leases: LeaseFacts
    disk: DiskFacts
    broker_reachable: bool
    dicom_ports: list[int]
    version: str
    database: str


def queue_facts(now: datetime, alive: list[workers.Alive] | None = None) -> list[QueueFacts]:
    """Every queue that has a worker or a job, and those that should have a worker."""
    waiting = {
        row["queue"]: row
        for row in Job.objects.filter(state=JobState.QUEUED)
        .values("queue")
        .annotate(n=Count("id"), at=Min("created_at"))
    }
    running: dict[str, int] = dict(
        Job.objects.filter(state=JobState.RUNNING).values_list("queue").annotate(Count("id"))
    )
    serving = {name for one in alive or () for name in one.serves if name != DICOM_DOOR}
    others = sorted({*waiting, *running, *serving} - set(QUEUES))
    return [
        QueueFacts(
            name=name,
            waiting=waiting[name]["n"] if name in waiting else 0,
            oldest_seconds=seconds_since(now, waiting[name]["at"]) if name in waiting else 0.0,
            running=running.get(name, 0),
            workers=None if alive is None else sum(name in one.serves for one in alive),
        )
        for name in (*QUEUES, *others)
    ]


def lease_facts(now: datetime) -> LeaseFacts:
    found = Job.objects.filter(state=JobState.RUNNING).aggregate(
        started=Min("started_at"), expires=Min("lease_expires_at")
    )
    return LeaseFacts(seconds_since(now, found["started"]), seconds_since(now, found["expires"]))


def disk_facts() -> DiskFacts:
    return DiskFacts(disk.free_bytes(), disk.total_bytes(), disk.minimum_free_bytes(), disk.reserve_path().exists())


def machine_facts() -> MachineFacts:
    now, alive = database_now(), workers.list_alive()
    return MachineFacts(
        queues=queue_facts(now, alive),
        leases=lease_facts(now),
        disk=disk_facts(),
        broker_reachable=alive is not None,
        dicom_ports=sorted({one.port for one in alive or () if DICOM_DOOR in one.serves and one.port}),
        version=__version__,
        database=connection.vendor,
    )


def seconds_since(now: datetime, since: datetime | None) -> float:
    """0 for a time that is not known or still to come."""
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
