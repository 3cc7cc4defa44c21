"""Reading predictions and suggestions. What a reader is offered is always of one run: the newest that still counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from medreview.accounts.models import Project
from medreview.cases.models import Case
from medreview.registry.models import ModelVersion
from medreview.suggestions import states
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion

UNSURE_BELOW_SCORE = 0.7


@dataclass(frozen=True)
class CaseSummary:
    """What a worklist row says about the model. `state`: ready, running, queued or none; `progress` 0..1 while open."""

    state: str
    model_version: int | None = None
    progress: float | None = None
    count: int = 0
    unsure: int = 0


def latest_prediction(case: Case) -> CasePrediction | None:
    """The newest answer about a case that was not withdrawn."""
    rows = CasePrediction.objects.filter(case=case, withdrawn=False).select_related("model_version")
    return rows.order_by("-run_id").first()


def offered_for_case(case: Case) -> QuerySet[Suggestion]:
    """What a reading of this case is offered when it opens, in order of label, place and id."""
    latest = latest_prediction(case)
    if latest is None:
        return Suggestion.objects.none()
    offered = Suggestion.objects.filter(case=case, run_id=latest.run_id, state=states.OFFERED)
    return offered.select_related("model_version", "grid").order_by("label_key", "largest_slice", "id")


def open_run(project: Project, *, model: ModelVersion | None = None) -> PredictionRun | None:
    """The newest prediction run that is queued or running."""
    runs = PredictionRun.objects.filter(project=project, state__in=states.OPEN_RUN_STATES)
    if model is not None:
        runs = runs.filter(model_version=model)
    return runs.select_related("model_version").order_by("-id").first()


def summaries(project: Project, case_ids: Iterable[int]) -> dict[int, CaseSummary]:
    """For each case what its worklist row says about suggestions.

    A case without an answer, while no run is going to give one, reads "none": so does every reference case. While a
    newer model is on its way to a case, it still counts what the older one offered.
    """
    wanted = list(case_ids)
    latest = _latest_runs(project, wanted)
    counts = _offered_counts(project, wanted, latest)
    waiting = _waiting(project)
    answers: dict[int, CaseSummary] = {}
    for case_id in wanted:
        count, unsure = counts.get(case_id, (0, 0))
        if case_id in waiting:
            answers[case_id] = replace(waiting[case_id], count=count, unsure=unsure)
        elif case_id in latest:
            answers[case_id] = CaseSummary("ready", latest[case_id][1], None, count, unsure)
        else:
            answers[case_id] = CaseSummary("none")
    return answers


def _latest_runs(project: Project, case_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Case id -> (run id, model version number) of its newest answer that counts."""
    found = _answers(project, case_ids).values_list("case_id", "run_id", "model_version__version")
    return {case_id: (run_id, version) for case_id, run_id, version in found}


def _answers(project: Project, case_ids: Sequence[int]) -> QuerySet[CasePrediction]:
    """The answers that count, the newest of a case last."""
    rows = CasePrediction.objects.filter(run__project=project, case_id__in=case_ids, withdrawn=False, error="")
    return rows.order_by("run_id")


def latest_entropies(project: Project, case_ids: Sequence[int]) -> dict[int, float]:
    """Case id -> mean predictive entropy in nats of its newest answer; cases without one are left out."""
    return dict(_answers(project, case_ids).values_list("case_id", "entropy"))


def _offered_counts(
    project: Project, case_ids: list[int], latest: dict[int, tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    rows = Suggestion.objects.filter(run__project=project, case_id__in=case_ids, state=states.OFFERED)
    counts: dict[int, tuple[int, int]] = {}
    for case_id, run_id, score in rows.values_list("case_id", "run_id", "score"):
        if case_id in latest and latest[case_id][0] == run_id:
            count, unsure = counts.get(case_id, (0, 0))
            counts[case_id] = (count + 1, unsure + int(score < UNSURE_BELOW_SCORE))
    return counts


def _waiting(project: Project) -> dict[int, CaseSummary]:
    """The cases that an open run has still to answer."""
    run = open_run(project)
    if run is None:
        return {}
    done = set(CasePrediction.objects.filter(run=run).values_list("case_id", flat=True))
    progress = run.cases_done / run.cases_total if run.cases_total else 0.0
    summary = CaseSummary(run.state, run.model_version.version, progress)
    return {case_id: summary for case_id in run.case_ids if case_id not in done}


def answers_that_count(model: ModelVersion) -> QuerySet[CasePrediction]:
    """What this model said about cases (or that it could say nothing), unless it was withdrawn."""
    return CasePrediction.objects.filter(model_version=model, withdrawn=False)


def entropies(model: ModelVersion) -> dict[int, float]:
    """Case id -> mean predictive entropy in nats, for the cases the model could answer."""
    return dict(answers_that_count(model).filter(error="").values_list("case_id", "entropy"))
