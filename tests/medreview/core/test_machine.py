"""How the installation is: workers say that they live, queues and disk are read, nothing names a project."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.test.utils import override_settings

from medreview.core import disk, machine, workers
from medreview.core.clock import database_now
from medreview.core.models import Job

MISSING = "unix:///nowhere/broker.sock"


@pytest.fixture(autouse=True)
def _nobody_alive() -> Iterator[None]:
    yield
    redis.Redis.from_url(settings.REDIS_URL).delete("medreview:alive")


def wait_for(count: int) -> list[workers.Alive]:
    deadline = time.monotonic() + 10
    while True:
        alive = workers.list_alive()
        assert alive is not None
        if len(alive) == count or time.monotonic() > deadline:
            return alive
        time.sleep(0.02)


def test_a_process_that_says_so_is_alive_until_it_stops() -> None:
    announcement = workers.Announcement(["batch"]).start()
    door = workers.Announcement([machine.DICOM_DOOR], port=11112).start()
    assert sorted(wait_for(2), key=lambda one: one.serves) == [
        workers.Alive(("batch",)), workers.Alive(("dicom",), 11112),
    ]  # fmt: skip
    announcement.stop()
    door.stop()
    assert wait_for(0) == []


def test_a_process_that_fell_silent_is_forgotten() -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    now = client.time()[0]
    for name, age in (("quick", 1), ("killed", workers.SILENT_SECONDS + 5)):
        told = {"serves": ["light"], "port": None, "at": now - age}
        client.hset("medreview:alive", name, json.dumps(told))
    client.hset("medreview:alive", "broken", "no json")
    assert workers.list_alive() == [workers.Alive(("light",))]
    assert client.hkeys("medreview:alive") == [b"quick"]


def test_a_broker_that_is_away_is_said_and_stops_nobody() -> None:
    with override_settings(REDIS_URL=MISSING):
        assert workers.list_alive() is None
        announcement = workers.Announcement(["batch"]).start()
        announcement.stop()


@pytest.mark.django_db
def test_queues_are_counted_with_the_age_of_the_oldest_and_their_workers() -> None:
    old = Job.objects.create(kind="a", queue="batch", target_id=1)
    Job.objects.create(kind="a", queue="batch", target_id=1)
    Job.objects.create(kind="a", queue="light", target_id=1, state="running")
    Job.objects.create(kind="a", queue="light", target_id=1, state="failed")
    Job.objects.filter(pk=old.pk).update(created_at=database_now() - timedelta(seconds=60))
    alive = [workers.Alive(("batch",)), workers.Alive(("batch", "light")), workers.Alive(("dicom",), 104)]
    light, batch, interactive = machine.queue_facts(database_now(), alive)
    assert (light.waiting, light.running, light.workers, light.oldest_seconds) == (0, 1, 1, 0)
    assert (batch.waiting, batch.running, batch.workers) == (2, 0, 2)
    assert batch.oldest_seconds == pytest.approx(60, abs=1)
    assert (interactive.name, interactive.workers) == ("interactive", 0)
    assert [one.workers for one in machine.queue_facts(database_now(), None)] == [None] * 3


@pytest.mark.parametrize(("free_mb", "state"), [(900, "ample"), (100, "low"), (4, "full")])
def test_the_disk_is_ample_low_or_full(free_mb: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda: free_mb << 20)
    with override_settings(MIN_FREE_MB=500):
        assert machine.disk_facts().state == state
