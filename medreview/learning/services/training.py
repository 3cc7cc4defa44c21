"""Asking for a training: once, with what is approved now. `execution` does it."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from medreview.accounts.models import Project, Role, User
from medreview.core import audit, events, jobs, transitions
from medreview.core.errors import Conflict, Invalid
from medreview.core.job_owners import Target
from medreview.core.models import Job, JobState
from medreview.labels.selectors import list_tasks
from medreview.learning import states
from medreview.learning.models import TrainingRun
from medreview.learning.selectors.runs import NETWORKS, blockers, open_run
from medreview.learning.selectors.snapshot import SnapshotDraft, draft_snapshot
from medreview.learning.services.snapshots import freeze_snapshot

MAX_SECONDS_BUDGET = 7 * 86_400.0
MAX_SEED = 2**31 - 1


def request_retrain(
    *,
    project: Project,
    actor: User | None,
    task: str = "",
    network: str = "auto",
    trigger: str = "manual",
    seed: int | None = None,
    seconds_budget: float | None = None,
    max_epochs: int = 0,
) -> tuple[TrainingRun, bool]:
    """Freeze what is approved and queue its training; returns (run, whether it is new).

    Twenty clicks at once give one run: the open one is returned. Raises Conflict with `blockers` when it cannot start,
    Invalid for settings that cannot be.
    """
    chosen = _choose_task(project, task)
    _check_settings(chosen, network, seed, seconds_budget)
    already = open_run(project, chosen)
    if already is not None:
        return already, False
    draft = draft_snapshot(project, chosen)
    _refuse_blocked(project, draft)
    budget = seconds_budget if seconds_budget is not None else float(getattr(settings, "TRAINING_SECONDS_BUDGET", 0.0))
    spec = {"network": network, "seconds_budget": budget, "max_epochs": max_epochs, "seed": seed}
    try:
        with transaction.atomic():
            return _create_run(project, actor, trigger, draft, spec), True
    except IntegrityError:
        already = open_run(project, chosen)
        if already is None:
            raise Conflict(f"Another training of {project.name} has just ended; look at it first.") from None
        return already, False


def _choose_task(project: Project, task: str) -> str:
    tasks = list_tasks(project)
    if task and task not in tasks:
        raise Invalid(f"Project {project.name} learns {' and '.join(tasks) or 'nothing yet'}, not {task!r}.")
    if not tasks:
        raise Conflict("The label set has no label that can be outlined or boxed.", code="not_ready", blockers=[])
    return task or tasks[0]


def _check_settings(task: str, network: str, seed: int | None, seconds_budget: float | None) -> None:
    names = [key for key, _ in NETWORKS[task]]
    if network not in names:
        raise Invalid(f"Network {network!r} is not one for {task}; choose one of {', '.join(names)}.")
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise Invalid(f"The seed must be a number from 0 to {MAX_SEED}, not {seed}.")
    if seconds_budget is not None and not (math.isfinite(seconds_budget) and 1 <= seconds_budget <= MAX_SECONDS_BUDGET):
        raise Invalid(f"The time for training must be 1 to {MAX_SECONDS_BUDGET:.0f} seconds, not {seconds_budget}.")


def _refuse_blocked(project: Project, draft: SnapshotDraft) -> None:
    reasons = blockers(project, draft)
    if reasons:
        raise Conflict("A training cannot start yet. " + " ".join(reasons), code="not_ready", blockers=reasons)


def _create_run(
    project: Project, actor: User | None, trigger: str, draft: SnapshotDraft, spec: dict[str, Any]
) -> TrainingRun:
    snapshot = freeze_snapshot(project=project, task=draft.task, draft=draft)
    newest = TrainingRun.objects.filter(project=project).aggregate(Max("number"))["number__max"] or 0
    number = newest + 1
    run = TrainingRun.objects.create(
        project=project,
        number=number,
        snapshot=snapshot,
        task=draft.task,
        network=spec["network"],
        spec={**spec, "seed": number if spec["seed"] is None else spec["seed"]},
        trigger=trigger,
        created_by=actor,
    )
    job = jobs.enqueue(
        "learning.train", queue="batch", target_id=run.pk, scope_id=project.pk, dedup_key=f"train:{run.pk}"
    )
    run.job_id = job.pk
    run.save(update_fields=["job_id"])
    audit.record(
        "learning.request_retrain",
        actor_id=actor.pk if actor else None,
        object_type="learning.trainingrun",
        object_id=run.pk,
        scope_id=project.pk,
        trigger=trigger,
        snapshot=snapshot.sha256,
    )
    events.publish_on_commit(project.pk, "learning", run.pk)
    return run


def cancel_run(*, run: TrainingRun, actor: User, roles: Collection[str]) -> TrainingRun:
    """Stop a run. A running one ends at its worker's next heartbeat; its directory stays."""
    if run.state not in states.OPEN_STATES:
        raise Conflict(f"Training {run.number} has already ended ({run.state}).")
    audit.record(
        "learning.cancel",
        actor_id=actor.pk,
        object_type="learning.trainingrun",
        object_id=run.pk,
        scope_id=run.project_id,
    )
    job = Job.objects.get(pk=run.job_id or 0)
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        jobs.cancel(job)
        job.refresh_from_db()
    run.refresh_from_db()
    if job.state != JobState.RUNNING and run.state in states.OPEN_STATES:
        transitions.apply(run, "cancel", actor_id=actor.pk, roles=roles, finished_at=timezone.now())
    events.publish_on_commit(run.project_id, "learning", run.pk)
    return run


def end_run(job: Job) -> None:
    """The job failed or was canceled for good: so did its run. A run that has ended already stays as it is."""
    run = TrainingRun.objects.filter(pk=job.target_id, state__in=states.OPEN_STATES).first()
    if run is None:
        return
    event = "cancel" if job.state == JobState.CANCELED else "fail"
    transitions.apply(
        run, event, actor_id=None, roles=[transitions.SYSTEM], error=job.error, finished_at=timezone.now()
    )
    events.publish_on_commit(run.project_id, "learning", run.pk)


def run_again(job: Job, actor_id: int | None) -> None:
    """Put a failed run back into the queue: it goes on from its newest whole checkpoint. Raises Conflict (or
    IntegrityError) while another training of the task is open."""
    run = TrainingRun.objects.filter(pk=job.target_id).first()
    if run is None:
        raise Conflict("This training is gone; start a new one.")
    transitions.apply(run, "retry", actor_id=actor_id, roles=[Role.MANAGER], error="", finished_at=None)
    events.publish_on_commit(run.project_id, "learning", run.pk)


def describe_runs(run_ids: Collection[int]) -> dict[int, Target]:
    runs = list(TrainingRun.objects.filter(pk__in=run_ids).select_related("snapshot"))
    projects = {run.project_id for run in runs}
    taken = set(
        TrainingRun.objects.filter(project__in=projects, state__in=states.OPEN_STATES).values_list("project_id", "task")
    )
    return {
        run.pk: Target(
            str(run.number),
            len(run.snapshot.manifest["readings"]) if run.snapshot else None,
            run.state == states.FAILED and (run.project_id, run.task) not in taken,
        )
        for run in runs
    }
