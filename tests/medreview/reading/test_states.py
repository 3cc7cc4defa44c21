"""The whole state table of a reading: every pair of state and event is either listed here or refused."""

from __future__ import annotations

import itertools

import pytest

from medreview.core import transitions
from medreview.core.errors import Conflict, InvalidTransition, NotAllowed
from medreview.core.models import StatusChange
from medreview.reading import states
from medreview.reading.models import Export, Reading
from tests.factories import World, make_case

EVENTS = ("submit", "release", "approve", "return", "reject", "supersede")
ALLOWED = {
    ("in_progress", "submit"): ("submitted", {"reader", "system"}),
    ("returned", "submit"): ("submitted", {"reader", "system"}),
    ("in_progress", "release"): ("canceled", {"reader", "manager", "system"}),
    ("returned", "release"): ("canceled", {"manager", "system"}),
    ("submitted", "approve"): ("approved", {"reviewer", "adjudicator", "system"}),
    ("submitted", "return"): ("returned", {"reviewer", "adjudicator"}),
    ("submitted", "reject"): ("rejected", {"reviewer", "adjudicator"}),
    ("approved", "supersede"): ("superseded", {"manager", "adjudicator", "system"}),
}
ROLES = ("reader", "annotator", "reviewer", "adjudicator", "manager", "system")
PAIRS = list(itertools.product(states.STATES, EVENTS))


def reading_in(world: World, state: str) -> Reading:
    return Reading.objects.create(
        case=make_case(world.project), project=world.project, reader=world.alice, label_set=world.label_set, state=state
    )


def test_the_table_has_no_row_that_this_test_does_not_know() -> None:
    assert set(states.TRANSITIONS) == set(ALLOWED)
    assert {event for _, event in states.TRANSITIONS} == set(EVENTS)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_each_pair_leads_where_it_should_or_is_refused(world: World, state: str, event: str) -> None:
    reading = reading_in(world, state)
    target, roles = ALLOWED.get((state, event), (None, set()))
    for role in ROLES:
        Reading.objects.filter(pk=reading.pk).update(state=state)
        reading.state = state
        if target is None:
            with pytest.raises(InvalidTransition):
                transitions.apply(reading, event, actor_id=None, roles={role})
        elif role not in roles:
            with pytest.raises(NotAllowed):
                transitions.apply(reading, event, actor_id=None, roles={role})
        else:
            transitions.apply(reading, event, actor_id=world.alice.pk, roles={role})
            assert Reading.objects.get(pk=reading.pk).state == target
            assert StatusChange.objects.filter(object_id=reading.pk).latest("id").new == target


def test_every_state_is_reached_and_every_open_one_can_be_left() -> None:
    reached = {rule.target for rule in states.TRANSITIONS.values()} | {states.IN_PROGRESS}
    assert reached == set(states.STATES)
    left = {state for state, _ in states.TRANSITIONS}
    assert set(states.STATES) - left == {states.REJECTED, states.SUPERSEDED, states.CANCELED}


def test_a_lost_race_is_a_conflict_and_writes_nothing(world: World) -> None:
    reading = reading_in(world, "submitted")
    stale = Reading.objects.get(pk=reading.pk)
    transitions.apply(reading, "approve", actor_id=None, roles={"reviewer"})
    before = StatusChange.objects.count()
    with pytest.raises(Conflict):
        transitions.apply(stale, "reject", actor_id=None, roles={"reviewer"})
    assert Reading.objects.get(pk=reading.pk).state == "approved"
    assert StatusChange.objects.count() == before


EXPORT_ALLOWED = {
    ("queued", "start"): "running",
    ("running", "start"): "running",
    ("running", "complete"): "done",
    ("queued", "fail"): "failed",
    ("running", "fail"): "failed",
}


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(states.EXPORT_STATES, ("start", "complete", "fail", "cancel")))
)
def test_an_export_moves_only_as_its_table_says(world: World, state: str, event: str) -> None:
    export = Export.objects.create(project=world.project, format="coco", state=state)
    with pytest.raises((InvalidTransition, NotAllowed)):
        transitions.apply(export, event, actor_id=None, roles={"manager"})
    if (state, event) not in EXPORT_ALLOWED:
        with pytest.raises(InvalidTransition):
            transitions.apply(export, event, actor_id=None, roles={"system"})
        return
    transitions.apply(export, event, actor_id=None, roles={"system"})
    assert Export.objects.get().state == EXPORT_ALLOWED[(state, event)]
