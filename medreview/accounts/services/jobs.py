"""What a manager decides about a job of the project: cancel it, or have a failed one done again."""

from __future__ import annotations

from django.db import transaction

from medreview.accounts.models import User
from medreview.core import audit, events, jobs
from medreview.core.models import Job


@transaction.atomic
def cancel_job(*, job: Job, actor: User) -> None:
    """Raises Conflict when the job has ended."""
    jobs.cancel(job)
    _record("job.cancel", job, actor)


@transaction.atomic
def retry_job(*, job: Job, actor: User) -> None:
    """Raises Conflict unless the job failed and its target can be taken up again."""
    jobs.retry(job, actor_id=actor.pk)
    _record("job.retry", job, actor)


def _record(action: str, job: Job, actor: User) -> None:
    audit.record(
        action, actor_id=actor.pk, object_type="job", object_id=job.pk, scope_id=job.scope_id, kind=job.kind
    )  # fmt: skip
    if job.scope_id is not None:
        events.publish_on_commit(job.scope_id, "job", job.pk)
