"""From a promoted model to an ordered queue: which cases it answers, and where each case stands afterwards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from medreview.accounts.models import Project
from medreview.cases.models import Case, Side
from medreview.reading import states as reading_states
from medreview.reading.models import OfferedSuggestion, Reading
from medreview.reading.services import QueueEntry, reorder_queue
from medreview.registry.models import ModelVersion
from medreview.suggestions.models import PredictionRun
from medreview.suggestions.selectors import answers_that_count
from medreview.suggestions.services import Hold, request_prediction

READ_STATES = (reading_states.SUBMITTED, reading_states.RETURNED, reading_states.APPROVED)
MODEL_UNSURE = "model_unsure"


def unread_case_ids(project: Project) -> list[int]:
    """Cases of the learning lane that nobody has read or holds open now, in order of id."""
    return list(_unread(project).values_list("pk", flat=True))


def _unread(project: Project) -> QuerySet[Case]:
    cases = Case.objects.filter(project=project, split__side=Side.TRAIN, excluded_reason="")
    live = Reading.objects.filter(project=project, state__in=reading_states.LIVE_STATES)
    return cases.exclude(pk__in=live.values("case_id")).order_by("pk")


def request_predictions(
    *, model: ModelVersion, actor_id: int | None, again: bool = False, without: Collection[int] = ()
) -> PredictionRun | None:
    """Queue the model's answers for the unread cases of the learning lane; None when it has answered them all.

    `again`: also those it answered before (a reinstated model, whose suggestions have expired meanwhile). `without`
    leaves cases out.
    """
    asked = _unread(model.project).exclude(pk__in=without)
    if not again:
        asked = asked.exclude(pk__in=answers_that_count(model).values("case_id"))
    wanted = list(asked.values_list("pk", flat=True))
    if not wanted:
        return None
    return request_prediction(project=model.project, model=model, case_ids=wanted, actor_id=actor_id)


def hold_of(case_id: int) -> Hold:
    """What readers hold of a case: `suggestions` asks before it stores or expires anything."""
    readings = Reading.objects.filter(case_id=case_id)
    held = OfferedSuggestion.objects.filter(reading__case_id=case_id, reading__state__in=reading_states.OPEN_STATES)
    return Hold(
        is_read=readings.filter(state__in=READ_STATES).exists(),
        suggestion_ids=frozenset(held.values_list("suggestion_id", flat=True)),
    )


def order_queue(run: PredictionRun, order: list[dict[str, Any]]) -> None:
    """Put the learning lane in the order that the finished run found, with the reason on every row.

    `reading` mixes the reference cases in and gives them what a row of the random share has; such a row therefore shows
    no uncertainty, or a reference case would stand out.
    """
    version = run.model_version.version
    entries = [
        QueueEntry(
            case_id=int(row["case_id"]),
            rank=float(rank),
            reason_code=str(row["reason_code"]),
            values=dict(row["values"]) if row["reason_code"] == MODEL_UNSURE else {},
            model_version=version,
        )
        for rank, row in enumerate(order, start=1)
    ]
    reorder_queue(project=run.project, order=entries)
