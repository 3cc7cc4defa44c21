"""Several people and several tabs at once, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medreview.reading.models import JournalOperation, Reading, WorklistItem
from tests.factories import World, make_case, make_world
from tests.medreview.reading.conftest import claim, operation, paint, post


@pytest.fixture
def committed(threaded_db: None) -> World:
    """A world that other connections see."""
    return make_world()


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment on threads of their own; returns their results in order."""
    gate, results = threading.Barrier(len(work)), [None] * len(work)

    def run(index: int, act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[index] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_case_claimed_by_two_people_at_once_goes_to_one(committed: World) -> None:
    for _ in range(5):
        case = make_case(committed.project)
        url = f"/api/v1/cases/{case.pk}/claim"
        clients = [committed.client(name) for name in ("alice", "anna")]
        answers = at_once(*[partial(client.post, url) for client in clients])
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert Reading.objects.filter(case=case).count() == 1
        assert WorklistItem.objects.get(case=case).open_slots == 0


def test_two_people_asking_for_the_next_case_get_different_ones(committed: World) -> None:
    for _ in range(4):
        make_case(committed.project)
    url = f"/api/v1/projects/{committed.project.pk}/worklist/next"
    for _ in range(2):
        clients = [committed.client(name) for name in ("alice", "anna")]
        at_once(*[partial(client.post, url) for client in clients])
    assert Reading.objects.values("case").distinct().count() == Reading.objects.count() == 4


def test_the_same_batch_sent_twice_at_once_is_stored_once(committed: World) -> None:
    case = make_case(committed.project)
    reading = claim(committed.client("alice"), case)
    for base in range(0, 10, 2):
        batch = [paint(case), paint(case, k=1)]
        clients = [committed.client("alice") for _ in range(2)]
        answers = at_once(*[partial(post, client, reading, *batch, base=base) for client in clients])
        assert [answer.status_code for answer in answers] == [200, 200]
        assert JournalOperation.objects.filter(reading=reading).count() == base + 2


def test_of_two_tabs_that_write_at_once_one_hears_what_it_missed(committed: World) -> None:
    case = make_case(committed.project)
    reading = claim(committed.client("alice"), case)
    for base in range(4):
        operations = [paint(case, k=k) for k in (0, 1)]
        tabs = [committed.client("alice") for _ in operations]
        answers = at_once(
            *[partial(post, tab, reading, one, base=base) for tab, one in zip(tabs, operations, strict=True)]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        stale = next(answer for answer in answers if answer.status_code == 412).json()
        assert stale["seq"] == base + 1
        assert len(stale["operations"]) == 1
    assert list(JournalOperation.objects.values_list("seq", flat=True)) == [1, 2, 3, 4]


class Tab:
    """A browser tab: knows a sequence, holds unsent operations, resends what it is not sure of."""

    def __init__(self, world: World, reading: Reading) -> None:
        self.client, self.reading = world.client("alice"), reading
        self.base, self.unsent, self.acknowledged = 0, [], []  # type: int, list[Any], list[str]

    def send(self, *, answer_lost: bool) -> None:
        if not self.unsent:
            return
        answer = post(self.client, self.reading, *self.unsent, base=self.base)
        if answer.status_code == 412:
            self.base = answer.json()["seq"]
        elif not answer_lost:
            assert answer.status_code == 200, answer.json()
            self.acknowledged += [one["op_id"] for one in self.unsent]
            self.base, self.unsent = max(self.base, answer.json()["seq"]), []


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["draw", "send", "send", "lose"]), st.integers(0, 5)), max_size=30
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_two_interleaved_tabs_lose_nothing_and_store_nothing_twice(
    world: World, steps: list[tuple[int, str, int]]
) -> None:
    case = make_case(world.project)
    reading = claim(world.client("alice"), case)
    tabs = [Tab(world, reading), Tab(world, reading)]
    drawn: list[str] = []
    for who, verb, k in steps:
        tab = tabs[who]
        if verb == "draw":
            tab.unsent.append(paint(case, f"tab-{who}", k=k))
            drawn.append(tab.unsent[-1]["op_id"])
        else:
            tab.send(answer_lost=verb == "lose")
    for tab in tabs:
        for _ in range(3):
            tab.send(answer_lost=False)
        assert tab.unsent == []
    stored = list(JournalOperation.objects.filter(reading=reading).values_list("op_id", flat=True))
    assert sorted(stored) == sorted(drawn)
    assert set(tabs[0].acknowledged) | set(tabs[1].acknowledged) == set(drawn)


def test_a_reading_submitted_meanwhile_takes_no_more_operations(world: World) -> None:
    case = make_case(world.project)
    reading = claim(world.client("alice"), case)
    from medreview.core.errors import Stale
    from medreview.reading.journal.types import Operation
    from medreview.reading.services.operations import store_operations
    from tests.medreview.reading.conftest import submit

    seen_before = Reading.objects.get(pk=reading.pk)
    assert submit(world.client("alice"), reading).status_code == 200
    from django.utils import timezone

    payload = operation("undo")["payload"]
    with pytest.raises(Stale):
        store_operations(seen_before, [Operation(1, "late", "undo", payload, world.alice.pk)], timezone.now())
    assert not JournalOperation.objects.exists()
