"""The managers' list says how far each case is and what the model offered."""

from __future__ import annotations

import pytest

from medreview.reading.models import Reading
from tests.factories import make_case, make_model, make_suggestion, make_world

pytestmark = pytest.mark.django_db


def test_status_is_that_of_the_newest_reading_that_counts() -> None:
    world = make_world()
    unread, read, released = (make_case(world.project) for _ in range(3))
    for case, state in ((read, "returned"), (released, "canceled")):
        Reading.objects.create(
            case=case, project=world.project, reader=world.alice, label_set=world.label_set, state=state
        )
    answer = world.client("mona").get(f"/api/v1/projects/{world.project.pk}/cases").json()
    assert {row["id"]: row["status"] for row in answer["results"]} == {
        unread.pk: "unread",
        read.pk: "returned",
        released.pk: "unread",
    }
    assert {row["suggestions"] for row in answer["results"]} == {None}


def test_suggestions_are_counted_once_a_model_answered() -> None:
    world = make_world()
    asked, silent = make_case(world.project), make_case(world.project)
    make_suggestion(asked, make_model(world.project))
    answer = world.client("mona").get(f"/api/v1/projects/{world.project.pk}/cases").json()
    assert {row["id"]: row["suggestions"] for row in answer["results"]} == {asked.pk: 1, silent.pk: None}
    assert {row["id"]: row["entropy"] is None for row in answer["results"]} == {asked.pk: False, silent.pk: True}
