"""No suggestion ever exists for a val or test patient: the service refuses, and so does the database."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from medreview.core.errors import Conflict
from medreview.suggestions import services
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion
from medreview.suggestions.services import Answer, Offer
from tests.medreview.learning.factories import grid_of, make_active, make_case, make_project

pytestmark = pytest.mark.django_db

OFFER = Offer("lesion", "box", 0.9, {"start_zyx": [0, 0, 0], "stop_zyx": [1, 2, 2]}, 0)


def make_run() -> PredictionRun:
    project = make_project()
    return PredictionRun.objects.create(project=project, model_version=make_active(project))


@pytest.mark.parametrize("side", ["val", "test"])
def test_the_service_refuses_to_predict_or_store_for_a_reference_case(side: str) -> None:
    run = make_run()
    case = make_case(run.project, side)
    with pytest.raises(Conflict, match="read blind"):
        services.request_prediction(project=run.project, model=run.model_version, case_ids=[case.pk], actor_id=None)
    with pytest.raises(Conflict, match="read blind"):
        services.store_answer(run=run, case=case, grid=grid_of(case), answer=Answer(offers=(OFFER,)))
    assert not CasePrediction.objects.exists()
    assert not Suggestion.objects.exists()


def suggestion_row(run: PredictionRun, case_id: int, grid_id: int) -> Suggestion:
    return Suggestion.objects.create(
        run=run, model_version=run.model_version, case_id=case_id, grid_id=grid_id, label_key="lesion",
        kind="box", score=0.9, box=OFFER.box, largest_slice=0,
    )  # fmt: skip


def prediction_row(run: PredictionRun, case_id: int) -> CasePrediction:
    return CasePrediction.objects.create(run=run, model_version=run.model_version, case_id=case_id, entropy=0.1)


@pytest.mark.parametrize("side", ["val", "test"])
def test_the_database_refuses_rows_for_a_reference_case(side: str) -> None:
    run = make_run()
    case = make_case(run.project, side)
    with pytest.raises(DatabaseError, match="read blind"), transaction.atomic():
        suggestion_row(run, case.pk, grid_of(case).pk)
    with pytest.raises(DatabaseError, match="read blind"), transaction.atomic():
        prediction_row(run, case.pk)


@pytest.mark.parametrize("side", ["val", "test"])
def test_the_database_refuses_to_move_rows_to_a_reference_case(side: str) -> None:
    run = make_run()
    learning, blind = make_case(run.project), make_case(run.project, side)
    suggestion_row(run, learning.pk, grid_of(learning).pk)
    prediction_row(run, learning.pk)
    with pytest.raises(DatabaseError, match="read blind"), transaction.atomic():
        Suggestion.objects.update(case_id=blind.pk)
    with pytest.raises(DatabaseError, match="read blind"), transaction.atomic():
        CasePrediction.objects.update(case_id=blind.pk)
    assert Suggestion.objects.get().case_id == learning.pk
