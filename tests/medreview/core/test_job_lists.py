"""Jobs as a page lists them: order, filters, pages, who is ahead, what may be done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from medreview.core import job_lists, job_owners
from medreview.core.clock import database_now
from medreview.core.job_owners import Owner, Target
from medreview.core.jobs import LEASE
from medreview.core.models import Job, JobState

pytestmark = pytest.mark.django_db
KIND, MINE, THEIRS = "test.listed", 1, 2


@pytest.fixture(autouse=True)
def _owner() -> Iterator[None]:
    """Targets are called by their number; those below 100 may be tried again, 999 is gone."""

    def describe(ids: Any) -> dict[int, Target]:
        return {pk: Target(f"number {pk}", pk, pk < 100) for pk in ids if pk != 999}

    job_owners.own(KIND, Owner(describe, lambda job: None, lambda job, actor_id: None))
    yield
    del job_owners.OWNERS[KIND]


def make(state: str = "queued", scope: int = MINE, **fields: Any) -> Job:
    defaults: dict[str, Any] = {"kind": KIND, "queue": "batch", "target_id": 5}
    return Job.objects.create(state=state, scope_id=scope, **{**defaults, **fields})


def ids(page: job_lists.Page) -> list[int]:
    return [row["id"] for row in page.rows]


def test_jobs_ahead_are_those_that_run_and_wait_in_the_same_queue_of_any_project() -> None:
    make("running", THEIRS)
    make("queued", THEIRS, queue="light")
    first, _, second = make(), make("queued", THEIRS), make()
    done = make("succeeded")
    assert job_lists.ahead_of([first, second, done]) == {first.pk: 1, second.pk: 3}


def test_open_jobs_come_in_the_order_they_will_be_done_and_ended_ones_newest_first() -> None:
    ended = [make("failed"), make("succeeded"), make("canceled")]
    running, waiting = make("running"), make()
    make("running", THEIRS)
    assert ids(job_lists.list_of(MINE, state="open")) == [running.pk, waiting.pk]
    assert ids(job_lists.list_of(MINE, state="ended")) == [job.pk for job in reversed(ended)]
    assert ids(job_lists.list_of(MINE, state="failed")) == [ended[0].pk]
    assert ids(job_lists.list_of(MINE))[0] == waiting.pk
    assert job_lists.list_of(MINE).count == 5


def test_pages_meet_without_a_gap_in_both_directions() -> None:
    made = [make().pk for _ in range(5)]
    for state, expected in (("open", made), ("", made[::-1])):
        found: list[int] = []
        cursor: int | None = None
        while True:
            page = job_lists.list_of(MINE, state=state, cursor=cursor, limit=2)
            found += ids(page)
            assert page.count == 5
            if page.next is None:
                break
            cursor = int(page.next)
        assert found == expected


def test_kinds_filter_and_are_those_of_the_project() -> None:
    make(), make(kind="test.other"), make("queued", THEIRS, kind="test.third")
    assert job_lists.kinds_of(MINE) == [KIND, "test.other"]
    assert [row["kind"] for row in job_lists.list_of(MINE, kind="test.other").rows] == ["test.other"]


@pytest.mark.parametrize(
    ("state", "fields", "events"),
    [
        ("queued", {}, ["cancel"]),
        ("running", {}, ["cancel"]),
        ("running", {"cancel_requested": True}, []),
        ("succeeded", {}, []),
        ("canceled", {}, []),
        ("failed", {}, ["retry"]),
        ("failed", {"target_id": 100}, []),
        ("failed", {"target_id": 999}, []),
        ("failed", {"kind": "nobody.knows"}, []),
    ],
)
def test_what_may_be_done_follows_from_the_state_and_the_target(
    state: str, fields: dict[str, Any], events: list[str]
) -> None:
    make(state, **fields)
    assert job_lists.list_of(MINE).rows[0]["allowed_events"] == events


def test_a_running_job_says_who_does_it_and_when_it_was_last_heard_of() -> None:
    now = database_now()
    make(
        "running", attempt=2, started_at=now - timedelta(seconds=30), lease_owner="host:1",
        lease_expires_at=now + LEASE - timedelta(seconds=2), progress={"done": 3, "total": 12},
    )  # fmt: skip
    row = job_lists.list_of(MINE).rows[0]
    assert row["worker"] == "host:1"
    assert row["heard_seconds"] == pytest.approx(2, abs=0.5)
    assert row["ran_seconds"] == pytest.approx(30, abs=0.5)
    assert row["waited_seconds"] is None  # the first attempt's begin is not known any more
    assert (row["progress"]["fraction"], row["progress"]["total"]) == (0.25, 12)
    assert (row["target"], row["is_stopping"]) == ({"name": "number 5", "size": 5}, False)


def test_an_ended_job_names_no_worker_and_how_long_it_ran() -> None:
    now = database_now()
    job = make("succeeded", attempt=1, lease_owner="host:1", progress={"fraction": 1.0, "message": ""})
    began = job.created_at + timedelta(seconds=4)
    Job.objects.filter(pk=job.pk).update(started_at=began, finished_at=began + timedelta(seconds=90))
    row = job_lists.list_of(MINE).rows[0]
    assert (row["worker"], row["progress"], row["heard_seconds"]) == ("", None, None)
    assert (row["waited_seconds"], row["ran_seconds"]) == (4, 90)
    assert now <= database_now()


def test_waits_are_of_first_attempts_of_this_project_oldest_first() -> None:
    for seconds, fields in ((3, {}), (9, {"attempt": 2}), (5, {}), (7, {"scope": THEIRS})):
        job = make("succeeded", **{"attempt": 1, **fields})
        Job.objects.filter(pk=job.pk).update(started_at=job.created_at + timedelta(seconds=seconds))
    make()
    assert [one["seconds"] for one in job_lists.recent_waits(MINE)] == [3, 5]


def test_every_state_of_a_job_is_open_or_ended() -> None:
    for state in JobState.values:
        make(state)
    opened, ended = job_lists.list_of(MINE, state="open"), job_lists.list_of(MINE, state="ended")
    assert (opened.count, ended.count) == (2, 3)
