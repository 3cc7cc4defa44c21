"""The poll: it asks for what is due, once, and says nothing when there is nothing."""

from __future__ import annotations

import pytest

from medreview.accounts.models import Project
from medreview.learning.models import TrainingRun
from medreview.learning.services import policy
from medreview.suggestions.models import PredictionRun
from medreview.suggestions.services import Answer, store_answer
from tests.medreview.learning.factories import (
    grid_of,
    make_active,
    make_case,
    make_project,
    make_reading,
    make_ready,
)

pytestmark = pytest.mark.django_db


def test_a_project_without_a_policy_is_left_alone() -> None:
    make_ready(make_project(retrain_every=0), train=5)
    assert policy.poll() == 0


def test_a_training_is_asked_for_after_every_n_approved_readings_and_only_once() -> None:
    project = make_project(retrain_every=3)
    make_ready(project, train=2)
    assert policy.poll() == 0
    make_reading(make_case(project))
    assert policy.poll() == 1
    assert policy.poll() == 0
    run = TrainingRun.objects.get()
    assert (run.trigger, run.created_by, run.state) == ("policy", None, "queued")
    TrainingRun.objects.update(state="failed")
    assert policy.poll() == 0, "a failed training is not repeated on the same work"
    for _ in range(3):
        make_reading(make_case(project))
    assert policy.poll() == 1


def test_reference_readings_do_not_count_towards_the_policy() -> None:
    project = make_project(retrain_every=2)
    make_ready(project, train=1)
    make_reading(make_case(project, "test"))
    assert policy.poll() == 0


def test_a_blocked_project_does_not_stop_the_others() -> None:
    blocked = make_project(retrain_every=1, min_reference_cases=50)
    make_ready(blocked)
    ready = make_project(retrain_every=1)
    make_ready(ready)
    assert policy.poll() == 1
    assert TrainingRun.objects.get().project_id == ready.pk


def answered(project: Project, state: str) -> PredictionRun:
    case = make_case(project)
    run = PredictionRun.objects.create(
        project=project, model_version=make_active(project), case_ids=[case.pk], state="running"
    )
    store_answer(run=run, case=case, grid=grid_of(case), answer=Answer(entropy=0.2))
    PredictionRun.objects.filter(pk=run.pk).update(state=state)
    return run


def test_new_cases_of_the_learning_lane_get_suggestions_and_reference_cases_do_not() -> None:
    project = make_project()
    answered(project, "succeeded")
    assert policy.poll() == 0
    make_case(project, "val")
    assert policy.poll() == 0
    new = make_case(project)
    assert policy.poll() == 1
    assert policy.poll() == 0
    assert PredictionRun.objects.get(state="queued").case_ids == [new.pk]


def test_the_cases_of_a_failed_run_are_not_tried_again_by_itself() -> None:
    project = make_project()
    case = make_case(project)
    PredictionRun.objects.create(
        project=project, model_version=make_active(project), case_ids=[case.pk], state="failed"
    )
    assert policy.poll() == 0
    new = make_case(project)
    assert policy.poll() == 1
    assert PredictionRun.objects.get(state="queued").case_ids == [new.pk]
