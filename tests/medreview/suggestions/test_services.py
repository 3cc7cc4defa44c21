"""What readers are offered: one run's answers, kept still while open, expired by the next, withdrawn by a rollback."""

from __future__ import annotations

import numpy as np
import pytest

from medreview.annotations.masks import load_volume
from medreview.annotations.services.masks import pack_volume
from medreview.cases.models import Case
from medreview.core.transitions import SYSTEM
from medreview.reading.models import OfferedSuggestion
from medreview.registry.models import ModelVersion
from medreview.registry.services import activate
from medreview.suggestions import selectors, services, states
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion
from medreview.suggestions.services import Answer, Offer
from tests.medreview.learning.factories import (
    SHAPE_ZYX,
    grid_of,
    make_active,
    make_case,
    make_model,
    make_project,
    make_reading,
    square,
)

pytestmark = pytest.mark.django_db


def offer(score: float = 0.9) -> Offer:
    mask = square()
    return Offer(
        label_key="lesion",
        kind="segment",
        score=score,
        box={"start_zyx": [1, 4, 4], "stop_zyx": [2, 9, 9]},
        largest_slice=1,
        voxel_count=int(mask.sum()),
        slices=tuple(pack_volume(mask)),
    )


def answer(case: Case, model: ModelVersion, *scores: float, entropy: float = 0.3) -> PredictionRun:
    run = PredictionRun.objects.create(
        project=case.project, model_version=model, case_ids=[case.pk], cases_total=1, state=states.RUNNING
    )
    given = Answer(entropy=entropy, offers=tuple(offer(score) for score in scores))
    services.store_answer(run=run, case=case, grid=grid_of(case), answer=given)
    return run


@pytest.fixture
def case() -> Case:
    return make_case(make_project())


def test_an_answer_is_stored_with_its_voxels_and_offered(case: Case) -> None:
    answer(case, make_active(case.project), 0.9, 0.4)
    offered = list(selectors.offered_for_case(case))
    assert [one.score for one in offered] == [0.9, 0.4]
    slices = [(one.k, one.mask) for one in offered[0].slices.select_related("mask")]
    assert np.array_equal(load_volume(slices, SHAPE_ZYX), square())
    assert selectors.summaries(case.project, [case.pk])[case.pk] == selectors.CaseSummary("ready", 1, None, 2, 1)


def test_the_same_run_answers_a_case_once(case: Case) -> None:
    run = answer(case, make_active(case.project), 0.9)
    again = services.store_answer(run=run, case=case, grid=grid_of(case), answer=Answer(offers=(offer(),)))
    run.refresh_from_db()
    assert (again, run.cases_done, Suggestion.objects.count()) == (False, 1, 1)


def test_a_newer_model_expires_what_an_older_one_offered(case: Case) -> None:
    first = make_active(case.project)
    answer(case, first, 0.9)
    second = make_model(case.project)
    activate(model=second, actor_id=None, roles=[SYSTEM], reason="")
    answer(case, second, 0.8)
    found = Suggestion.objects.order_by("pk").values_list("model_version_id", "state")
    assert list(found) == [(first.pk, "expired"), (second.pk, "offered")]
    assert [one.score for one in selectors.offered_for_case(case)] == [0.8]


def test_a_newer_answer_without_findings_offers_nothing(case: Case) -> None:
    answer(case, make_active(case.project), 0.9)
    second = make_model(case.project)
    activate(model=second, actor_id=None, roles=[SYSTEM], reason="")
    answer(case, second)
    assert not selectors.offered_for_case(case).exists()
    assert selectors.summaries(case.project, [case.pk])[case.pk].state == "ready"


def test_an_open_case_stays_still_whatever_is_promoted_meanwhile(case: Case) -> None:
    answer(case, make_active(case.project), 0.9)
    reading = make_reading(case, state="in_progress", statements={})
    held = OfferedSuggestion.objects.create(reading=reading, suggestion=Suggestion.objects.get())
    second = make_model(case.project)
    activate(model=second, actor_id=None, roles=[SYSTEM], reason="")
    answer(case, second, 0.8)
    held.suggestion.refresh_from_db()
    assert held.suggestion.state == "offered"
    # Whoever opens the case afterwards is offered the newest answer only.
    assert [one.score for one in selectors.offered_for_case(case)] == [0.8]


@pytest.mark.parametrize("state", ["submitted", "returned", "approved"])
def test_a_case_that_was_read_meanwhile_gets_no_answer(case: Case, state: str) -> None:
    make_reading(case, state=state)
    answer(case, make_active(case.project), 0.9)
    assert not Suggestion.objects.exists()
    assert not CasePrediction.objects.exists()


def test_a_withdrawn_model_offers_nothing_and_its_answers_do_not_order_the_queue(case: Case) -> None:
    model = make_active(case.project)
    answer(case, model, 0.9, 0.8)
    assert services.withdraw_of_model(model=model, actor_id=None, roles=["manager"]) == 2
    assert set(Suggestion.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert selectors.entropies(model) == {}
    assert selectors.summaries(case.project, [case.pk])[case.pk].state == "none"


def test_a_queued_run_shows_on_the_rows_it_will_answer_and_on_no_other(case: Case) -> None:
    other = make_case(case.project)
    run = services.request_prediction(
        project=case.project, model=make_active(case.project), case_ids=[case.pk], actor_id=None
    )
    again = services.request_prediction(
        project=case.project, model=run.model_version, case_ids=[other.pk], actor_id=None
    )
    found = selectors.summaries(case.project, [case.pk, other.pk])
    assert again.pk == run.pk
    assert (found[case.pk].state, found[other.pk].state) == ("queued", "none")
