"""Writing predictions and suggestions. Nothing here is ever written for a val or test patient: checked here, and by a
trigger in the database. What readers hold open is told by the app above (`provide_hold`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from medreview.accounts.models import Project, Role
from medreview.annotations.services.masks import PackedMask, store_packed
from medreview.archive.models import Grid
from medreview.cases.models import REFERENCE_SIDES, Case
from medreview.core import audit, events, jobs, transitions
from medreview.core.errors import Conflict, InvalidTransition
from medreview.core.job_owners import Target
from medreview.core.models import Job, JobState
from medreview.registry import states as model_states
from medreview.registry.models import ModelVersion
from medreview.suggestions import selectors, states
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion, SuggestionSlice

BLIND = "is a val or test patient's: reference cases are read blind and never get a suggestion."


@dataclass(frozen=True)
class Hold:
    """What readers have of a case: already read, and the suggestions that an open reading was opened with."""

    is_read: bool = False
    suggestion_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Offer:
    """One finding to offer. `slices`: (index k, packed mask of the whole slice); empty for a box."""

    label_key: str
    kind: str
    score: float
    box: dict[str, list[int]]
    largest_slice: int
    voxel_count: int = 0
    volume_ml: float | None = None
    slices: tuple[tuple[int, PackedMask], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a model says about one case; `error` instead of offers when it could say nothing."""

    entropy: float = 0.0
    detail: dict[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    error: str = ""


HoldProvider = Callable[[int], Hold]
PoolProvider = Callable[[Project], list[int]]
DoneHook = Callable[[PredictionRun, list[dict[str, Any]]], None]
_hold_providers: list[HoldProvider] = []
_pool_providers: list[PoolProvider] = []
_done_hooks: list[DoneHook] = []


def provide_hold(provider: HoldProvider) -> None:
    """Let the app above say what readers hold of a case (called from its AppConfig.ready)."""
    _hold_providers.append(provider)


def provide_pool(provider: PoolProvider) -> None:
    """Let the app above say which cases wait to be read: the pool that the queue's order is drawn from."""
    _pool_providers.append(provider)


def on_predicted(hook: DoneHook) -> None:
    """Let the app above act in the transaction that completes a run; it gets the ranked order of the cases."""
    _done_hooks.append(hook)


def hold_of(case_id: int) -> Hold:
    """What readers hold of a case, by all providers together."""
    holds = [provider(case_id) for provider in _hold_providers]
    held = frozenset(pk for hold in holds for pk in hold.suggestion_ids)
    return Hold(any(hold.is_read for hold in holds), held)


def pool_of(project: Project) -> list[int]:
    """The cases that wait to be read, by all providers together."""
    return sorted({case_id for provider in _pool_providers for case_id in provider(project)})


def request_prediction(
    *, project: Project, model: ModelVersion, case_ids: Sequence[int], actor_id: int | None
) -> PredictionRun:
    """Queue the answers of `model` for these cases, or return its open run. Raises Conflict for a reference case."""
    _refuse_reference(case_ids)
    with transaction.atomic():
        already = selectors.open_run(project, model=model)
        if already is not None:
            return already
        run = PredictionRun.objects.create(
            project=project, model_version=model, case_ids=list(case_ids), cases_total=len(case_ids)
        )
        job = jobs.enqueue(
            "suggestions.predict", queue="batch", target_id=run.pk, scope_id=project.pk, dedup_key=f"predict:{run.pk}"
        )
        run.job_id = job.pk
        run.save(update_fields=["job_id"])
        audit.record(
            "suggestions.request_prediction",
            actor_id=actor_id,
            object_type="suggestions.predictionrun",
            object_id=run.pk,
            scope_id=project.pk,
            model_version=model.version,
            cases=len(case_ids),
        )
        events.publish_on_commit(project.pk, "learning", run.pk)
    return run


def _refuse_reference(case_ids: Sequence[int]) -> None:
    blind = Case.objects.filter(pk__in=case_ids, split__side__in=REFERENCE_SIDES).order_by("pk").first()
    if blind is not None:
        raise Conflict(f"Case {blind.pk} {BLIND}", code="reference_case")


def start_run(run: PredictionRun) -> None:
    """Mark the run as going on; call it inside the job's fenced transaction."""
    transitions.apply(run, "start", actor_id=None, roles=[transitions.SYSTEM])
    events.publish_on_commit(run.project_id, "worklist", run.pk)


def store_answer(*, run: PredictionRun, case: Case, grid: Grid | None, answer: Answer) -> bool:
    """Record one answer with its suggestions and expire older ones that no open reading holds.

    Call it inside the job's fenced transaction. False when this run has answered the case before (a resumed attempt) or
    someone has read it meanwhile. Raises Conflict for a reference case.
    """
    _refuse_reference([case.pk])
    hold = hold_of(case.pk)
    known = CasePrediction.objects.filter(model_version=run.model_version, case=case).first()
    if hold.is_read or (known is not None and known.run_id == run.pk):
        return False
    expire_older(case=case, held=hold.suggestion_ids)
    CasePrediction.objects.update_or_create(
        model_version=run.model_version,
        case=case,
        defaults={
            "run": run,
            "entropy": answer.entropy,
            "detail": answer.detail,
            "error": answer.error,
            "withdrawn": False,
        },
    )
    if grid is not None:
        for offer in answer.offers:
            _create_suggestion(run, case, grid, offer)
    PredictionRun.objects.filter(pk=run.pk).update(cases_done=F("cases_done") + 1)
    events.publish_on_commit(run.project_id, "worklist", case.pk)
    return True


def _create_suggestion(run: PredictionRun, case: Case, grid: Grid, offer: Offer) -> None:
    suggestion = Suggestion.objects.create(
        run=run,
        model_version=run.model_version,
        case=case,
        grid=grid,
        label_key=offer.label_key,
        kind=offer.kind,
        score=offer.score,
        box=offer.box,
        largest_slice=offer.largest_slice,
        voxel_count=offer.voxel_count,
        volume_ml=offer.volume_ml,
    )
    store_packed(packed for _, packed in offer.slices)
    SuggestionSlice.objects.bulk_create(
        SuggestionSlice(suggestion=suggestion, k=k, mask_id=packed.digest) for k, packed in offer.slices
    )


def expire_older(*, case: Case, held: frozenset[int] = frozenset()) -> int:
    """Expire what the case was offered so far, except what an open reading holds. Returns how many."""
    older = Suggestion.objects.filter(case=case).exclude(pk__in=held)
    return transitions.apply_to_all(older, "expire", state=states.OFFERED, actor_id=None, roles=[transitions.SYSTEM])


def complete_run(*, run: PredictionRun, order: list[dict[str, Any]]) -> None:
    """Close a run and let the app above order the queue; call it inside the job's fenced transaction."""
    transitions.apply(run, "complete", actor_id=None, roles=[transitions.SYSTEM], finished_at=timezone.now())
    for hook in _done_hooks:
        hook(run, order)
    events.publish_on_commit(run.project_id, "worklist", run.pk)


def end_run(job: Job) -> None:
    """The job failed or was canceled for good: so did its run. A run that has ended already stays as it is."""
    run = PredictionRun.objects.filter(pk=job.target_id, state__in=states.OPEN_RUN_STATES).first()
    if run is None:
        return
    event = "cancel" if job.state == JobState.CANCELED else "fail"
    transitions.apply(
        run, event, actor_id=None, roles=[transitions.SYSTEM], error=job.error, finished_at=timezone.now()
    )


def run_again(job: Job, actor_id: int | None) -> None:
    """Put a failed run back into the queue. Raises Conflict when its model does not serve any more."""
    run = PredictionRun.objects.select_related("model_version").filter(pk=job.target_id).first()
    if run is None or run.model_version.state != model_states.ACTIVE:
        raise Conflict("The model of this prediction does not serve any more; its answers are not needed.")
    if selectors.open_run(run.project, model=run.model_version) is not None:
        raise Conflict(f"Model v{run.model_version.version} is predicting again already; look at that job.")
    transitions.apply(run, "retry", actor_id=actor_id, roles=[Role.MANAGER], error="", finished_at=None)


def describe_runs(run_ids: Collection[int]) -> dict[int, Target]:
    rows = PredictionRun.objects.filter(pk__in=run_ids).select_related("model_version")
    return {
        run.pk: Target(
            str(run.model_version.version),
            run.cases_total,
            run.state == states.FAILED and run.model_version.state == model_states.ACTIVE,
        )
        for run in rows
    }


def cancel_runs_of(model: ModelVersion) -> None:
    """Stop the open prediction runs of a model."""
    for run in PredictionRun.objects.filter(model_version=model, state__in=states.OPEN_RUN_STATES):
        job = Job.objects.filter(pk=run.job_id or 0).first()
        try:
            if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING):
                jobs.cancel(job)
            transitions.apply(run, "cancel", actor_id=None, roles=[transitions.SYSTEM], finished_at=timezone.now())
        except (Conflict, InvalidTransition):
            continue  # it ended in this moment; its suggestions are withdrawn all the same


def withdraw_of_model(*, model: ModelVersion, actor_id: int | None, roles: Collection[str]) -> int:
    """Take back every offered suggestion of a model and set its answers aside. Returns how many were taken back.

    Decisions and readings are not touched: human work stays.
    """
    with transaction.atomic():
        cancel_runs_of(model)
        made = Suggestion.objects.filter(model_version=model)
        withdrawn = transitions.apply_to_all(made, "withdraw", state=states.OFFERED, actor_id=actor_id, roles=roles)
        CasePrediction.objects.filter(model_version=model).update(withdrawn=True)
    return withdrawn
