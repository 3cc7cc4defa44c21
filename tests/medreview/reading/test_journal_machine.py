"""Three tabs on one draft that draw, send, lose answers and reload in any order: the journal is what was sent.

The model is a plain list of op ids kept by the test; the product is spoken to over HTTP only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from medreview.cases.models import Case
from medreview.reading.models import Reading
from tests.factories import World, make_case
from tests.medreview.reading.conftest import claim, operation, paint, post

TABS = st.integers(0, 2)
STEPS = 50


@dataclass
class Tab:
    """A client as the page is one: builds on the newest sequence it heard of, sends until told that it is kept."""

    base: int = 0
    unsent: list[dict[str, Any]] = field(default_factory=list)


class Draft(RuleBasedStateMachine):
    """`journal` is the model: op ids in the order in which the server must have them."""

    world: World

    @initialize()
    def open_case(self) -> None:
        self.case: Case = make_case(self.world.project)
        self.client = self.world.client("alice")
        self.reading: Reading = claim(self.client, self.case)
        self.tabs = [Tab() for _ in range(3)]
        self.journal: list[str] = []
        self.sent: dict[str, dict[str, Any]] = {}

    @rule(tab=TABS, finding=st.integers(0, 3), k=st.integers(0, 5), start=st.integers(0, 100))
    def paint(self, tab: int, finding: int, k: int, start: int) -> None:
        self.tabs[tab].unsent.append(paint(self.case, f"f{finding}", k=k, runs=(start, 4)))

    @rule(tab=TABS, status=st.sampled_from(["searched_none", "not_assessed"]))
    def state(self, tab: int, status: str) -> None:
        self.tabs[tab].unsent.append(operation("state_label", label_key="organ", status=status))

    @rule(tab=TABS, kind=st.sampled_from(["undo", "redo"]))
    def turn_back(self, tab: int, kind: str) -> None:
        self.tabs[tab].unsent.append(operation(kind))

    @rule(tab=TABS)
    def reload(self, tab: int) -> None:
        self.tabs[tab].base = len(self.journal)

    @rule(tab=TABS, answer_arrives=st.booleans())
    def send(self, tab: int, answer_arrives: bool) -> None:
        one = self.tabs[tab]
        if not one.unsent:
            return
        answer = post(self.client, self.reading, *one.unsent, base=one.base)
        fresh = [op for op in one.unsent if op["op_id"] not in self.journal]
        if not fresh:
            assert answer.status_code == 200
            assert {result["status"] for result in answer.json()["results"]} == {"known"}
        elif one.base != len(self.journal):
            self.check_stale(answer, one.base)
        elif answer.status_code == 422:
            # An undo or redo that fits nothing: the whole request leaves no trace, and the tab gives it up.
            one.unsent = []
            return
        else:
            assert answer.status_code == 200, answer.json()
            self.journal += [op["op_id"] for op in fresh]
            self.sent |= {op["op_id"]: op for op in fresh}
        if answer_arrives:
            self.hear(one, answer)

    def check_stale(self, answer: Any, base: int) -> None:
        assert answer.status_code == 412
        body = answer.json()
        assert body["seq"] == len(self.journal)
        assert [op["op_id"] for op in body["operations"]] == self.journal[base:]

    @staticmethod
    def hear(tab: Tab, answer: Any) -> None:
        tab.base = max(tab.base, answer.json()["seq"])
        if answer.status_code == 200:
            tab.unsent = []

    @rule(tab=TABS)
    def send_without_base(self, tab: int) -> None:
        fresh = [op for op in self.tabs[tab].unsent if op["op_id"] not in self.journal]
        if fresh:
            assert post(self.client, self.reading, *fresh).status_code == 428

    @precondition(lambda self: bool(getattr(self, "journal", None)))
    @rule(which=st.integers(0, 10_000), base=st.integers(0, 50))
    def send_again(self, which: int, base: int) -> None:
        op_id = self.journal[which % len(self.journal)]
        answer = post(self.client, self.reading, self.sent[op_id], base=base)
        assert answer.status_code == 200
        assert answer.json()["results"] == [{"op_id": op_id, "seq": self.journal.index(op_id) + 1, "status": "known"}]

    @invariant()
    def the_journal_is_what_was_sent(self) -> None:
        if not hasattr(self, "journal"):
            return
        page = self.client.get(f"/api/v1/readings/{self.reading.pk}/operations").json()
        assert [op["op_id"] for op in page["operations"]] == self.journal
        assert [op["seq"] for op in page["operations"]] == list(range(1, len(self.journal) + 1))
        assert page["seq"] == len(self.journal)


def run(world: World, examples: int) -> None:
    machine = type("DraftOfWorld", (Draft,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None, print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip


def test_two_thousand_steps_of_three_tabs(world: World) -> None:
    run(world, 2_000 // STEPS)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_thousand_steps_of_three_tabs(world: World) -> None:
    run(world, 20_000 // STEPS)
