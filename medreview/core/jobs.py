"""Work as rows: enqueue in the caller's transaction, claim by compare-and-set, lease with heartbeat, fencing token.

Lease 9 s, heartbeat 3 s, sweep 2 s, at most 3 attempts, database clock (DESIGN §5.11). A job kind is declared once, in
an app's `tasks.py`, with `@handles("kind", queue=...)`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import F

from medreview.core import events, job_owners, queue
from medreview.core.clock import database_now
from medreview.core.errors import Conflict, DomainError, LeaseLost
from medreview.core.models import OPEN_JOB_STATES, Job, JobState

LEASE = timedelta(seconds=9)
HEARTBEAT_SECONDS = 3.0
REPUBLISH_AFTER = timedelta(seconds=6)
MAX_ATTEMPTS = 3
log = logging.getLogger(__name__)

Handler = Callable[["JobContext"], None]


@dataclass(frozen=True)
class Kind:
    """How jobs of one kind are done. What they are about is told by their owner (`core.job_owners`)."""

    name: str
    queue: str
    handler: Handler
    event: str


KINDS: dict[str, Kind] = {}


def handles(kind: str, *, queue: str, event: str) -> Callable[[Handler], Handler]:
    """Declare the function that does jobs of `kind`; `event` is the type of live event its progress publishes."""

    def register(handler: Handler) -> Handler:
        KINDS[kind] = Kind(kind, queue, handler, event)
        return handler

    return register


def enqueue(
    kind: str,
    *,
    queue: str,
    target_id: int,
    scope_id: int | None = None,
    dedup_key: str = "",
    payload: dict[str, Any] | None = None,
    priority: int = 0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job:
    """Create a job with the caller's transaction, or return the open one that has the same `dedup_key`."""
    if dedup_key:
        open_job = Job.objects.filter(dedup_key=dedup_key, state__in=OPEN_JOB_STATES).first()
        if open_job is not None:
            return open_job
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                queue=queue,
                target_id=target_id,
                scope_id=scope_id,
                dedup_key=dedup_key,
                payload=payload or {},
                priority=priority,
                max_attempts=max_attempts,
            )
    except IntegrityError:
        return Job.objects.get(dedup_key=dedup_key, state__in=OPEN_JOB_STATES)
    transaction.on_commit(lambda: _publish(job.pk, queue))
    return job


def _publish(job_id: int, queue_name: str) -> None:
    if queue.publish(job_id, queue_name):
        Job.objects.filter(pk=job_id).update(published_at=database_now())


class JobContext:
    """What a handler gets: the job, its progress, and the right to write its result."""

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        self.token = job.fencing_token
        self._stopped = threading.Event()
        self._lost = ""

    def stop_reason(self) -> str:
        """Why the work must stop ("canceled", "lease lost"), or an empty string."""
        return self._lost

    def progress(self, progress: dict[str, Any]) -> None:
        """Store progress if this context still holds the job; raises LeaseLost otherwise."""
        if not _held(self.job.pk, self.token).update(progress=progress):
            raise LeaseLost(f"Job {self.job.pk} is held by another worker now; this result is dropped.")
        self.announce()

    def announce(self) -> None:
        if self.job.scope_id is not None:
            events.publish(self.job.scope_id, self.kind.event, self.job.target_id)

    @contextmanager
    def writing_result(self) -> Iterator[None]:
        """A transaction in which only the token holder gets through: register results inside it."""
        with fenced(self.job.pk, self.token):
            yield

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Renew the lease from a thread of its own while the work goes on."""
        thread = threading.Thread(target=self._beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            try:
                self._renew()
            except Exception:
                log.exception("heartbeat of job %s failed; trying again", self.job.pk)
        close_old_connections()

    def _renew(self) -> None:
        if not _held(self.job.pk, self.token).update(lease_expires_at=database_now() + LEASE):
            self._lost = "lease lost"
        elif Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            self._lost = "canceled"


@contextmanager
def fenced(job_id: int, token: int) -> Iterator[None]:
    """A transaction for the holder of `token` only; a child process, which has no context, writes its results in it."""
    with transaction.atomic():
        if not _held(job_id, token).update(lease_expires_at=database_now() + LEASE):
            raise LeaseLost(f"Job {job_id} is held by another worker now; this result is refused.")
        yield


def _held(job_id: int, token: int) -> Any:
    return Job.objects.filter(pk=job_id, state=JobState.RUNNING, fencing_token=token)


def claim(job_id: int, *, owner: str) -> Job | None:
    """Take a queued job: raises its fencing token and attempt. None when it is not there to take."""
    now = database_now()
    taken = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        lease_owner=owner,
        lease_expires_at=now + LEASE,
        started_at=now,
        fencing_token=F("fencing_token") + 1,
        attempt=F("attempt") + 1,
        error="",
    )
    return Job.objects.get(pk=job_id) if taken else None


def execute(job_id: int, *, owner: str) -> None:
    """Claim and do one job. Every ending is a state of the row; nothing is raised to Celery."""
    job = claim(job_id, owner=owner)
    if job is None:
        return
    kind = KINDS.get(job.kind)
    if kind is None:
        _finish(job, JobState.FAILED, f"No handler is known for jobs of kind {job.kind!r}.", retryable=False)
        return
    context = JobContext(job, kind)
    context.announce()
    try:
        with context.heartbeat():
            kind.handler(context)
    except LeaseLost as error:
        log.warning("%s", error.message)
    except DomainError as error:
        _failed(context, error.message, retryable=error.retryable)
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        _failed(context, f"{type(error).__name__}: {error}", retryable=True)
    else:
        _finish(job, JobState.SUCCEEDED, "", retryable=False)
    context.announce()


def _failed(context: JobContext, message: str, *, retryable: bool) -> None:
    job = context.job
    if context.stop_reason() == "canceled":
        _finish(job, JobState.CANCELED, "Canceled.", retryable=False)
    elif retryable and job.attempt < job.max_attempts:
        _requeue(job, message)
    else:
        _finish(job, JobState.FAILED, message, retryable=retryable)


def _finish(job: Job, state: JobState, message: str, *, retryable: bool) -> None:
    done = _held(job.pk, job.fencing_token).update(
        state=state, error=message[:4000], retryable=retryable, finished_at=database_now(), lease_expires_at=None
    )
    if done and state in (JobState.FAILED, JobState.CANCELED):
        _tell_end(job.pk)


def _requeue(job: Job, message: str) -> None:
    if _held(job.pk, job.fencing_token).update(
        state=JobState.QUEUED, error=message[:4000], lease_expires_at=None, lease_owner="", published_at=None
    ):
        _publish(job.pk, job.queue)


def _tell_end(job_id: int) -> None:
    job = Job.objects.get(pk=job_id)
    owner = job_owners.OWNERS.get(job.kind)
    if owner is not None:
        owner.on_end(job)


def cancel(job: Job) -> None:
    """Stop a job: at once when queued; a running one is asked to, and its child is killed at the next heartbeat."""
    now = database_now()
    if Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.CANCELED, finished_at=now, error="Canceled.", cancel_requested=True
    ):
        _tell_end(job.pk)
    elif not Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_requested=True):
        raise Conflict(f"Job {job.pk} has already ended.")


def retry(job: Job, *, actor_id: int | None) -> None:
    """Queue a failed job for as many more attempts, its target with it. Raises Conflict when it has not failed, or
    when its owner does not take it up again."""
    owner = job_owners.OWNERS.get(job.kind)
    if owner is None:
        raise Conflict(f"Job {job.pk} is of a kind that is not known here any more; it cannot be done again.")
    try:
        with transaction.atomic():
            if not Job.objects.filter(pk=job.pk, state=JobState.FAILED).update(
                state=JobState.QUEUED,
                max_attempts=F("attempt") + MAX_ATTEMPTS,
                cancel_requested=False,
                retryable=False,
                finished_at=None,
                published_at=None,
                lease_owner="",
            ):
                raise Conflict(f"Job {job.pk} has not failed; only a failed one can be done again.")
            owner.on_retry(job, actor_id)
            transaction.on_commit(lambda: _publish(job.pk, job.queue))
    except IntegrityError as error:
        raise Conflict(f"What job {job.pk} did is already under way again in another job; look at that one.") from error


def sweep() -> int:
    """Bring back jobs whose lease ran out, and publish queued ones that no worker was told of. Returns how many."""
    now = database_now()
    touched = 0
    for job in Job.objects.filter(state=JobState.RUNNING, lease_expires_at__lt=now):
        touched += 1
        message = f"The worker {job.lease_owner} stopped answering in attempt {job.attempt}."
        if job.cancel_requested:
            _finish(job, JobState.CANCELED, "Canceled.", retryable=False)
        elif job.attempt >= job.max_attempts:
            _finish(job, JobState.FAILED, message + " It has failed too often.", retryable=True)
        else:
            _requeue(job, message)
    return touched + _publish_again(now)


def _publish_again(now: datetime) -> int:
    """Publish queued jobs that no worker was told of: never published, or lost with a broker's messages."""
    waiting = list(Job.objects.filter(state=JobState.QUEUED).order_by("id"))
    quiet = {name for name in {job.queue for job in waiting} if queue.is_empty(name)}
    lost = [
        job
        for job in waiting
        if job.published_at is None or (job.queue in quiet and job.published_at < now - REPUBLISH_AFTER)
    ]
    for job in lost:
        _publish(job.pk, job.queue)
    return len(lost)
