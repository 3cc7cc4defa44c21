"""Jobs as rows: one claim, leases by the database clock, fencing, attempts, cancel, sweep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from medreview.core import job_owners, jobs
from medreview.core.clock import database_now
from medreview.core.errors import Conflict, JobFailed, LeaseLost
from medreview.core.models import Job, JobState

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test.work"


@pytest.fixture
def done() -> Iterator[list[int]]:
    """Registers a job kind that notes each time it ran; its failures are set by the payload."""
    ran: list[int] = []

    @jobs.handles(KIND, queue="light", event="job")
    def work(context: jobs.JobContext) -> None:
        ran.append(context.job.pk)
        if context.job.payload.get("fail"):
            raise JobFailed("no such thing", retryable=context.job.payload["fail"] == "again")

    yield ran
    jobs.KINDS.pop(KIND)


@pytest.fixture
def owners() -> Iterator[None]:
    before = dict(job_owners.OWNERS)
    yield
    job_owners.OWNERS.clear()
    job_owners.OWNERS.update(before)


def make(**payload: object) -> Job:
    return jobs.enqueue(KIND, queue="light", target_id=1, payload=dict(payload))


def test_a_job_is_done_once_by_whoever_claims_it_first(done: list[int]) -> None:
    job = make()
    jobs.execute(job.pk, owner="a")
    jobs.execute(job.pk, owner="b")
    job.refresh_from_db()
    assert done == [job.pk]
    assert (job.state, job.attempt, job.fencing_token) == (JobState.SUCCEEDED, 1, 1)


def test_an_open_job_with_the_same_dedup_key_is_returned_instead_of_a_second(done: list[int]) -> None:
    first = jobs.enqueue(KIND, queue="light", target_id=1, dedup_key="only")
    assert jobs.enqueue(KIND, queue="light", target_id=1, dedup_key="only").pk == first.pk
    jobs.execute(first.pk, owner="a")
    assert jobs.enqueue(KIND, queue="light", target_id=1, dedup_key="only").pk != first.pk


def test_a_failure_that_a_retry_would_not_change_ends_the_job(done: list[int]) -> None:
    job = make(fail="for good")
    jobs.execute(job.pk, owner="a")
    job.refresh_from_db()
    assert (job.state, job.error, job.attempt) == (JobState.FAILED, "no such thing", 1)


def test_a_retryable_failure_is_tried_three_times_and_then_fails_with_its_reason(done: list[int]) -> None:
    job = make(fail="again")
    for _ in range(5):
        jobs.execute(job.pk, owner="a")
    job.refresh_from_db()
    assert (job.state, job.error, job.attempt) == (JobState.FAILED, "no such thing", 3)
    assert len(done) == 3


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_expires_at=database_now() - timedelta(seconds=1))


def test_a_job_whose_worker_went_silent_is_queued_again_and_its_late_result_is_refused(done: list[int]) -> None:
    job = make()
    held = jobs.claim(job.pk, owner="slow")
    assert held is not None
    late = jobs.JobContext(held, jobs.KINDS[KIND])
    expire(job)
    jobs.sweep()
    jobs.execute(job.pk, owner="quick")
    with pytest.raises(LeaseLost), late.writing_result():
        pytest.fail("a lost lease must not reach the result")
    with pytest.raises(LeaseLost):
        late.progress({"fraction": 1.0})
    job.refresh_from_db()
    assert (job.state, job.attempt, job.progress) == (JobState.SUCCEEDED, 2, None)


def test_a_late_result_is_refused_while_another_worker_does_the_work(done: list[int]) -> None:
    job = make()
    held = jobs.claim(job.pk, owner="slow")
    assert held is not None
    late = jobs.JobContext(held, jobs.KINDS[KIND])
    expire(job)
    jobs.sweep()
    assert jobs.claim(job.pk, owner="quick") is not None
    with pytest.raises(LeaseLost), late.writing_result():
        pytest.fail("a lost lease must not reach the result")
    with pytest.raises(LeaseLost):
        late.progress({"fraction": 1.0})
    job.refresh_from_db()
    assert (job.state, job.lease_owner, job.progress) == (JobState.RUNNING, "quick", None)


def test_a_living_lease_is_left_alone_by_the_sweep(done: list[int]) -> None:
    job = make()
    jobs.claim(job.pk, owner="a")
    jobs.sweep()
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.RUNNING, 1)


def test_a_job_that_keeps_killing_its_worker_fails_after_three_attempts(done: list[int]) -> None:
    job = make()
    for _ in range(3):
        assert jobs.claim(job.pk, owner="doomed") is not None
        expire(job)
        jobs.sweep()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "stopped answering" in job.error
    assert jobs.claim(job.pk, owner="next") is None


def test_a_queued_job_is_canceled_at_once_and_an_ended_one_cannot_be(done: list[int]) -> None:
    job = make()
    jobs.cancel(job)
    jobs.execute(job.pk, owner="a")
    job.refresh_from_db()
    assert (job.state, done) == (JobState.CANCELED, [])
    with pytest.raises(Conflict):
        jobs.cancel(job)


def test_an_unknown_kind_fails_with_a_reason() -> None:
    job = jobs.enqueue("nobody.knows", queue="light", target_id=1)
    jobs.execute(job.pk, owner="a")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "nobody.knows" in job.error


def owned(refusal: Exception | None = None) -> list[tuple[int, int | None]]:
    """Registers an owner of KIND that notes whom it took up again."""
    again: list[tuple[int, int | None]] = []

    def on_retry(job: Job, actor_id: int | None) -> None:
        if refusal is not None:
            raise refusal
        again.append((job.target_id, actor_id))

    job_owners.own(KIND, job_owners.Owner(lambda ids: {}, lambda job: None, on_retry))
    return again


def failed_for_good() -> Job:
    job = make(fail="again")
    for _ in range(3):
        jobs.execute(job.pk, owner="a")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    return job


def test_a_failed_job_that_is_retried_has_as_many_attempts_again(done: list[int], owners: None) -> None:
    again = owned()
    job = failed_for_good()
    jobs.retry(job, actor_id=7)
    assert again == [(1, 7)]
    job.refresh_from_db()
    assert (job.state, job.attempt, job.max_attempts, job.finished_at) == (JobState.QUEUED, 3, 6, None)
    Job.objects.filter(pk=job.pk).update(payload={})
    jobs.execute(job.pk, owner="b")
    job.refresh_from_db()
    assert (job.state, job.attempt, job.fencing_token, job.error) == (JobState.SUCCEEDED, 4, 4, "")


def test_a_retry_that_its_owner_refuses_changes_nothing(done: list[int], owners: None) -> None:
    owned(Conflict("The model does not serve any more."))
    job = failed_for_good()
    with pytest.raises(Conflict, match="does not serve"):
        jobs.retry(job, actor_id=None)
    job.refresh_from_db()
    assert (job.state, job.max_attempts) == (JobState.FAILED, 3)


def test_only_a_failed_job_can_be_done_again(done: list[int], owners: None) -> None:
    again = owned()
    job = make()
    for _ in range(2):  # while it waits, and when it is done
        with pytest.raises(Conflict, match="has not failed"):
            jobs.retry(job, actor_id=None)
        jobs.execute(job.pk, owner="a")
    assert again == []


def test_a_retry_beside_an_open_job_for_the_same_is_refused(done: list[int], owners: None) -> None:
    owned()
    first = jobs.enqueue(KIND, queue="light", target_id=1, dedup_key="only", payload={"fail": "for good"})
    jobs.execute(first.pk, owner="a")
    second = jobs.enqueue(KIND, queue="light", target_id=1, dedup_key="only")
    with pytest.raises(Conflict, match="already under way"):
        jobs.retry(first, actor_id=None)
    assert set(Job.objects.values_list("pk", "state")) == {(first.pk, "failed"), (second.pk, "queued")}


def test_a_kind_that_nobody_knows_any_more_is_not_retried() -> None:
    job = jobs.enqueue("nobody.knows", queue="light", target_id=1)
    jobs.execute(job.pk, owner="a")
    with pytest.raises(Conflict, match="not known"):
        jobs.retry(job, actor_id=None)
