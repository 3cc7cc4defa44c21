"""The manager's jobs and status page over HTTP: what shows, what may be done, and that nothing else shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from medreview.archive import staging
from medreview.archive.models import Import
from medreview.archive.services import create_import, finish_import, ingest_import
from medreview.core import jobs
from medreview.core.errors import JobFailed
from medreview.core.models import AuditEvent, Job
from medreview.learning.models import TrainingRun
from medreview.reading.models import Export
from medreview.suggestions.models import PredictionRun
from tests.factories import World, make_model, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def job_of(target: Any, kind: str, state: str = "failed", **fields: Any) -> Job:
    queue = "light" if kind in ("archive.ingest", "reading.export") else "batch"
    return Job.objects.create(
        kind=kind, queue=queue, target_id=target.pk, scope_id=target.project_id, state=state, attempt=1, **fields
    )  # fmt: skip


def training(world: World, state: str = "failed", number: int = 1) -> TrainingRun:
    return TrainingRun.objects.create(
        project=world.project, number=number, task="segmentation", network="auto", state=state, error="It broke"
    )


def act(world: World, job: Job, event: str, name: str = "mona") -> Any:
    return world.client(name).post(f"/api/v1/jobs/{job.pk}/{event}")


def listed(world: World, **query: Any) -> Any:
    return world.client("mona").get(f"/api/v1/projects/{world.project.pk}/jobs", query).json()


def test_a_failed_training_is_taken_up_again_with_its_run(world: World) -> None:
    run = training(world)
    job = job_of(run, "learning.train", error="The model file is not there.")
    (row,) = listed(world)["results"]
    assert (row["allowed_events"], row["target"]) == (["retry"], {"name": "1", "size": None})
    answer = act(world, job, "retry")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["allowed_events"]) == ("queued", ["cancel"])
    run.refresh_from_db()
    assert (run.state, run.error) == ("queued", "")
    event = AuditEvent.objects.get(action="job.retry")
    assert (event.object_id, event.scope_id, event.actor_id) == (str(job.pk), world.project.pk, world.mona.pk)
    assert act(world, job, "retry").status_code == 409


def test_a_training_is_not_taken_up_beside_another_one(world: World) -> None:
    job = job_of(training(world), "learning.train")
    training(world, "running", number=2)
    assert listed(world)["results"][0]["allowed_events"] == []
    answer = act(world, job, "retry")
    assert answer.status_code == 409
    assert "under way" in answer.json()["error"]["message"]
    job.refresh_from_db()
    assert job.state == "failed"


def test_a_waiting_training_is_canceled_with_its_run_by_a_process_that_has_no_handlers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KINDS", {})  # as in a web process
    run = training(world, "queued")
    job = job_of(run, "learning.train", "queued")
    assert act(world, job, "cancel").json()["state"] == "canceled"
    run.refresh_from_db()
    assert run.state == "canceled"
    assert AuditEvent.objects.filter(action="job.cancel").count() == 1
    assert act(world, job, "cancel").status_code == 409


def test_a_running_job_is_asked_to_stop_and_says_so(world: World) -> None:
    job = job_of(training(world, "running"), "learning.train", "running")
    answer = act(world, job, "cancel").json()
    assert (answer["state"], answer["is_stopping"], answer["allowed_events"]) == ("running", True, [])


@pytest.mark.parametrize(("model_state", "events", "status"), [("active", ["retry"], 200), ("retired", [], 409)])
def test_a_prediction_is_taken_up_again_while_its_model_serves(
    world: World, model_state: str, events: list[str], status: int
) -> None:
    model = make_model(world.project, model_state)
    run = PredictionRun.objects.create(project=world.project, model_version=model, state="failed", cases_total=4)
    job = job_of(run, "suggestions.predict")
    (row,) = listed(world)["results"]
    assert (row["target"], row["allowed_events"]) == ({"name": str(model.version), "size": 4}, events)
    assert act(world, job, "retry").status_code == status
    run.refresh_from_db()
    assert run.state == ("queued" if status == 200 else "failed")


def test_an_export_is_taken_up_again(world: World) -> None:
    export = Export.objects.create(project=world.project, format="coco", state="failed", error="No room")
    job = job_of(export, "reading.export")
    assert act(world, job, "retry").status_code == 200
    export.refresh_from_db()
    assert (export.state, export.error) == ("queued", "")


def failed_import(world: World) -> tuple[Import, Job]:
    import_ = create_import(project=world.project, actor=world.mona)
    staging.receive(import_.pk, "a.dcm", [b"kept"])
    Import.objects.filter(pk=import_.pk).update(files_received=1)
    import_.refresh_from_db()
    finish_import(import_=import_, actor=world.mona)
    job = Job.objects.get(target_id=import_.pk, kind="archive.ingest")
    return import_, job


@pytest.fixture
def _breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(context: jobs.JobContext) -> None:
        raise JobFailed("The disk is broken.")

    kind = jobs.KINDS["archive.ingest"]
    monkeypatch.setitem(jobs.KINDS, "archive.ingest", jobs.Kind(kind.name, kind.queue, fail, kind.event))


@pytest.mark.usefixtures("_breaks")
def test_the_files_of_an_import_that_failed_are_kept_and_taken_in_at_the_next_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_, job = failed_import(world)
    jobs.execute(job.pk, owner="test")
    import_.refresh_from_db()
    assert (import_.state, import_.error) == ("failed", "The disk is broken.")
    assert [entry.name for entry in staging.received(import_.pk)] == ["a.dcm"]
    assert listed(world)["results"][0]["allowed_events"] == ["retry"]
    assert act(world, job, "retry").status_code == 200
    kind = jobs.KINDS["archive.ingest"]
    monkeypatch.setitem(jobs.KINDS, kind.name, jobs.Kind(kind.name, kind.queue, ingest_import, kind.event))
    jobs.execute(job.pk, owner="test")
    import_.refresh_from_db()
    assert (import_.state, import_.error, import_.files_done) == ("done", "", 1)
    assert not staging.folder_of(import_.pk).exists()


@pytest.mark.usefixtures("_breaks")
def test_an_import_whose_files_are_gone_cannot_be_taken_up_again(world: World) -> None:
    import_, job = failed_import(world)
    jobs.execute(job.pk, owner="test")
    staging.remove(import_.pk)
    assert listed(world)["results"][0]["allowed_events"] == []
    answer = act(world, job, "retry")
    assert answer.status_code == 409
    assert "send them again" in answer.json()["error"]["message"]


def test_a_canceled_import_keeps_no_files(world: World) -> None:
    import_, job = failed_import(world)
    assert act(world, job, "cancel").json()["state"] == "canceled"
    import_.refresh_from_db()
    assert (import_.state, import_.error) == ("failed", "Canceled.")
    assert not staging.folder_of(import_.pk).exists()


def test_a_job_of_no_project_and_one_of_another_look_absent(world: World) -> None:
    nobodys = Job.objects.create(kind="learning.train", queue="batch", target_id=1)
    elsewhere = Job.objects.create(
        kind="learning.train", queue="batch", target_id=1, scope_id=world.mallory.membership_set.first().project_id
    )
    answers = [act(world, job, event) for job in (nobodys, elsewhere) for event in ("cancel", "retry")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content for answer in answers}) == 1


def test_other_projects_show_only_as_numbers(world: World) -> None:
    other = world.mallory.membership_set.first().project
    theirs = TrainingRun.objects.create(project=other, number=77, task="segmentation", network="auto")
    job_of(theirs, "learning.train", "running", lease_owner="secret-host:1", progress={"message": "secret-case"})
    mine = job_of(training(world, "queued"), "learning.train", "queued")
    page, status = listed(world), world.client("mona").get(f"/api/v1/projects/{world.project.pk}/status").json()
    assert [(row["id"], row["ahead"]) for row in page["results"]] == [(mine.pk, 1)]
    assert page["count"] == 1
    told = json.dumps([page, status])
    assert "secret" not in told
    assert "77" not in json.dumps(page["results"][0]["target"])
    assert next(queue for queue in status["queues"] if queue["name"] == "batch")["running"] == 1


def test_the_status_names_the_version_the_database_and_the_disk(world: World, settings: Any) -> None:
    settings.MIN_FREE_MB = 1
    status = world.client("mona").get(f"/api/v1/projects/{world.project.pk}/status").json()
    assert status["broker_reachable"] is True
    assert status["database"] in ("sqlite", "postgresql")
    assert (status["disk"]["state"], status["disk"]["minimum_bytes"]) == ("ample", 1 << 20)
    assert [queue["name"] for queue in status["queues"]] == ["light", "batch", "interactive"]
    assert [queue["workers"] for queue in status["queues"]] == [0, 0, 0]


def test_a_broker_that_is_away_leaves_the_page_standing(world: World, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/broker.sock"
    status = world.client("mona").get(f"/api/v1/projects/{world.project.pk}/status").json()
    assert status["broker_reachable"] is False
    assert {queue["workers"] for queue in status["queues"]} == {None}


@pytest.mark.parametrize("query", [{"state": "magic"}, {"cursor": "x"}, {"cursor": "-1"}, {"kind": "A b"}])
def test_a_question_that_cannot_be_is_refused(world: World, query: dict[str, str]) -> None:
    assert world.client("mona").get(f"/api/v1/projects/{world.project.pk}/jobs", query).status_code == 400


def test_staging_is_where_the_tests_say() -> None:
    assert str(staging.folder_of(1)).startswith(str(settings.STAGING_DIR))
