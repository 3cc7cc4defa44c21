"""Asking for a training: what blocks it, what is recorded, that many clicks give one run, and how it ends."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from medreview.core.errors import Conflict, Invalid
from medreview.core.models import Job, JobState
from medreview.learning.models import TrainingRun
from medreview.learning.services import training
from tests.medreview.learning.factories import make_case, make_project, make_reading, make_ready, member


@pytest.mark.django_db
def test_a_training_needs_reference_cases_on_both_sides_and_approved_learning_work() -> None:
    project = make_project(min_reference_cases=2)
    with pytest.raises(Conflict) as refused:
        training.request_retrain(project=project, actor=None)
    assert refused.value.code == "not_ready"
    blockers = refused.value.detail["blockers"]
    assert blockers[0] == "0 of 2 reference cases are read and approved."
    assert len(blockers) == 4
    make_reading(make_case(project, "test"))
    make_reading(make_case(project, "test"))
    make_reading(make_case(project, "train"), statements={"lesion": "searched_none"})
    with pytest.raises(Conflict) as refused:
        training.request_retrain(project=project, actor=None)
    assert [text.split(":")[0] for text in refused.value.detail["blockers"]] == [
        "No val case is read and approved yet",
        "No approved reading of the learning lane marks a label of this task.",
    ]


@pytest.mark.django_db
def test_a_project_whose_labels_cannot_be_learned_says_so() -> None:
    project = make_project(labels=[{"key": "quality", "name": "Quality", "kind": "tag"}])
    with pytest.raises(Conflict, match="outlined or boxed"):
        training.request_retrain(project=project, actor=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "settings",
    [
        {"network": "fasterrcnn"},
        {"network": "nonsense"},
        {"task": "detection"},
        {"seed": -1},
        {"seconds_budget": 0.0},
        {"seconds_budget": float("nan")},
        {"seconds_budget": float("inf")},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    project = make_project()
    make_ready(project)
    with pytest.raises(Invalid):
        training.request_retrain(project=project, actor=None, **settings)  # type: ignore[arg-type]
    assert not TrainingRun.objects.exists()


@pytest.mark.django_db
def test_a_run_records_its_snapshot_seed_and_job() -> None:
    project = make_project()
    make_ready(project)
    run, is_new = training.request_retrain(project=project, actor=member(project, "manager"))
    assert is_new
    assert (run.number, run.spec["seed"], run.task, run.state) == (1, 1, "segmentation", "queued")
    assert run.snapshot is not None
    assert len(run.snapshot.manifest["readings"]) == 4
    job = Job.objects.get(pk=run.job_id)
    assert (job.kind, job.queue, job.target_id, job.scope_id) == ("learning.train", "batch", run.pk, project.pk)


@pytest.mark.usefixtures("threaded_db")
def test_twenty_clicks_at_once_give_one_run() -> None:
    project = make_project()
    make_ready(project)
    gate, results, errors = threading.Barrier(20), [], []

    def click() -> None:
        try:
            gate.wait()
            results.append(training.request_retrain(project=project, actor=None))
        except Exception as error:  # shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({run.pk for run, _ in results}) == 1
    assert sum(is_new for _, is_new in results) == 1
    assert (TrainingRun.objects.count(), Job.objects.filter(kind="learning.train").count()) == (1, 1)


@pytest.mark.django_db
def test_a_queued_run_is_canceled_at_once_and_a_second_cancel_is_refused() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    manager = member(project, "manager")
    training.cancel_run(run=run, actor=manager, roles=["manager"])
    run.refresh_from_db()
    assert (run.state, Job.objects.get(pk=run.job_id).state) == ("canceled", JobState.CANCELED)
    with pytest.raises(Conflict):
        training.cancel_run(run=run, actor=manager, roles=["manager"])
    assert training.request_retrain(project=project, actor=None)[1], "a new run may start after a cancel"


@pytest.mark.django_db
def test_a_failed_job_fails_its_run_with_the_reason() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    Job.objects.filter(pk=run.job_id).update(state=JobState.FAILED, error="the loss became nan at step 3")
    training.end_run(Job.objects.get(pk=run.job_id))
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "the loss became nan at step 3")
