"""`/metrics`: true values out of the database, for those who may ask, and for nobody else an absent address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from medreview.accounts.services import create_token
from medreview.core import disk, jobs
from medreview.core.clock import database_now
from medreview.core.models import Job, JobState
from medreview.reading.models import JournalOperation
from tests.factories import make_case, make_user, make_world
from tests.medreview.learning.factories import make_model
from tests.medreview.reading.conftest import claim, operation, paint, post

pytestmark = pytest.mark.django_db
TOKEN = "kP3w9vYt2QbL8sZr6NfX"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(client: Client | None = None, **headers: str) -> Samples:
    answer = (client or Client()).get("/metrics", **headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_queues_and_leases_are_seen() -> None:
    waiting = jobs.enqueue("learning.train", queue="batch", target_id=1)
    jobs.enqueue("learning.train", queue="batch", target_id=2)
    Job.objects.filter(pk=waiting.pk).update(created_at=database_now() - timedelta(seconds=90))
    running = jobs.enqueue("archive.ingest", queue="light", target_id=3)
    jobs.claim(running.pk, owner="test")
    Job.objects.filter(pk=running.pk).update(lease_expires_at=database_now() - timedelta(seconds=30))
    found = samples()
    assert value(found, "medreview_queue_depth", queue="batch") == 2
    assert value(found, "medreview_queue_depth", queue="light") == 0
    assert value(found, "medreview_queue_depth", queue="interactive") == 0
    assert 89 < value(found, "medreview_queue_oldest_seconds", queue="batch") < 120
    assert value(found, "medreview_queue_oldest_seconds", queue="light") == 0
    assert 29 < value(found, "medreview_lease_overdue_seconds") < 60
    assert value(found, "medreview_jobs", kind="learning.train", state="queued") == 2
    assert value(found, "medreview_jobs", kind="archive.ingest", state="running") == 1


def test_a_fresh_lease_is_not_overdue() -> None:
    job = jobs.enqueue("archive.ingest", queue="light", target_id=3)
    jobs.claim(job.pk, owner="test")
    found = samples()
    assert value(found, "medreview_lease_overdue_seconds") == 0
    assert value(found, "medreview_running_oldest_seconds") < 10
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    assert value(samples(), "medreview_jobs", kind="archive.ingest", state="succeeded") == 1


def test_work_is_counted() -> None:
    world = make_world()
    case = make_case(world.project)
    alice = world.client("alice")
    before = value(samples(), "medreview_draft_operations_total")
    reading = claim(alice, case)
    post(alice, reading, paint(case), operation("undo"), base=0)
    make_model(world.project, verdict="worse")
    make_model(world.project, verdict="better")
    found = samples()
    assert JournalOperation.objects.count() == 2
    assert value(found, "medreview_draft_operations_total") >= before + 2
    assert value(found, "medreview_readings", state="in_progress") == 1
    assert value(found, "medreview_gate_decisions_total", verdict="worse") == 1
    assert value(found, "medreview_gate_decisions_total", verdict="better") == 1


def test_the_disk_is_seen(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MIN_FREE_MB = 7
    monkeypatch.setattr(disk, "free_bytes", lambda: 4711)
    found = samples()
    assert value(found, "medreview_disk_free_bytes") == 4711
    assert value(found, "medreview_disk_minimum_bytes") == 7 * 1024 * 1024


def test_several_web_processes_tell_the_same() -> None:
    """Nothing is counted in a process: two clients of two handlers see one truth."""
    jobs.enqueue("learning.train", queue="batch", target_id=1)
    names = ("medreview_queue_depth", "medreview_jobs", "medreview_draft_operations_total")
    first, second = ({k: v for k, v in samples(Client()).items() if k[0] in names} for _ in range(2))
    assert first == second


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_who_may_ask_in_production(settings: Any) -> None:
    settings.PRODUCTION, settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = True, TOKEN, False
    root = make_user("root", is_superuser=True)
    person = make_user("person")
    allowed = [bearer(TOKEN), bearer(create_token(user=root, name="prometheus"))]
    refused = [{}, bearer("wrong"), bearer(""), bearer(create_token(user=person, name="mine")),
               {"HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, {"REMOTE_ADDR": "127.0.0.1"}]  # fmt: skip
    for headers in allowed:
        assert Client().get("/metrics", **headers).status_code == 200
    for headers in refused:
        assert Client().get("/metrics", **headers).status_code == 404, headers


def test_without_a_token_set_an_empty_one_opens_nothing(settings: Any) -> None:
    settings.PRODUCTION, settings.METRICS_TOKEN = True, ""
    for headers in (bearer(""), bearer(" "), {}):
        assert Client().get("/metrics", **headers).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.0.0.7"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.7"}, 404),
    ],
)
def test_outside_production_this_machine_may_ask(headers: dict[str, str], status: int) -> None:
    assert Client().get("/metrics", **headers).status_code == status


def test_a_refusal_looks_like_an_absent_address(settings: Any) -> None:
    settings.PRODUCTION = True
    refused, absent = Client().get("/metrics"), Client().get("/api/v1/no-such-thing")
    assert refused.status_code == absent.status_code == 404
    assert refused.json() == absent.json()
