"""Who gets what answer at which endpoint. Foreign and absent look the same."""

from __future__ import annotations

from typing import Any

import pytest

from medreview.reading.models import Comment, Reading
from tests.factories import World, make_case
from tests.medreview.reading.conftest import claim, submit

PERSONAS = ("alice", "anna", "bob", "mona", "mallory", None)
# (method, path, body, in which state the reading is, status for each persona); alice is the reader.
ENDPOINTS: list[tuple[str, str, Any, str, tuple[int, ...]]] = [
    ("get", "projects/{project}/worklist", None, "open", (200, 200, 200, 200, 404, 401)),
    ("post", "projects/{project}/worklist/next", {}, "open", (404, 404, 403, 403, 404, 401)),
    ("post", "cases/{case}/claim", {}, "open", (200, 409, 403, 403, 404, 401)),
    ("get", "readings/{reading}", None, "open", (200, 404, 404, 404, 404, 401)),
    ("get", "readings/{reading}", None, "submitted", (200, 404, 200, 200, 404, 401)),
    ("get", "readings/{reading}/operations", None, "open", (200, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/operations", {"operations": [{"op_id": "x", "kind": "undo", "payload": {}}]}, "open",
     (428, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/operations", {"operations": [{"op_id": "x", "kind": "undo", "payload": {}}]},
     "submitted", (409, 404, 403, 403, 404, 401)),
    ("post", "readings/{reading}/submit", {}, "open", (428, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/submit", {}, "submitted", (409, 404, 403, 403, 404, 401)),
    ("post", "readings/{reading}/skip", {"reason": "blurred"}, "open", (200, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/release", {}, "open", (200, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/release", {}, "submitted", (409, 404, 409, 409, 404, 401)),
    ("post", "readings/{reading}/comments", {"text": "hm"}, "submitted", (201, 404, 201, 201, 404, 401)),
    ("patch", "comments/{comment}", {"resolved": True}, "submitted", (200, 404, 200, 200, 404, 401)),
    ("get", "projects/{project}/reviews", None, "submitted", (403, 403, 200, 200, 404, 401)),
    ("post", "readings/{reading}/review", {}, "submitted", (403, 404, 200, 403, 404, 401)),
    ("post", "readings/{reading}/review", {}, "open", (403, 404, 404, 404, 404, 401)),
    ("post", "readings/{reading}/decision", {"outcome": "approve"}, "submitted", (403, 404, 200, 403, 404, 401)),
    ("post", "readings/{reading}/decision", {"outcome": "approve"}, "open", (403, 404, 404, 404, 404, 401)),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "state", "statuses"), ENDPOINTS)
def test_each_persona_gets_the_right_answer(
    world: World, method: str, path: str, body: Any, state: str, statuses: tuple[int, ...]
) -> None:
    for persona, status in zip(PERSONAS, statuses, strict=True):
        case = make_case(world.project)
        reading = claim(world.client("alice"), case)
        if state == "submitted":
            assert submit(world.client("alice"), reading).status_code == 200
        comment = Comment.objects.create(reading=reading, author=world.alice, text="look")
        names = {"project": world.project.pk, "case": case.pk, "reading": reading.pk, "comment": comment.pk}
        answer = getattr(world.client(persona), method)(f"/api/v1/{path.format(**names)}", body, format="json")
        assert answer.status_code == status, (persona, path, answer.content)
        if status >= 400:
            assert set(answer.json()["error"]) >= {"code", "message", "retryable"}


def test_a_foreign_reading_answers_like_an_absent_one(world: World) -> None:
    reading = claim(world.client("alice"), make_case(world.project))
    mallory = world.client("mallory")
    assert mallory.get(f"/api/v1/readings/{reading.pk}").json() == mallory.get("/api/v1/readings/999999").json()


def test_a_reviewer_who_reads_the_case_blind_does_not_see_the_other_reading(world: World) -> None:
    world.project.readings_per_case = 2
    world.project.save()
    world.project.membership_set.create(user=world.bob, role="annotator")
    case = make_case(world.project)
    first = claim(world.client("alice"), case)
    submit(world.client("alice"), first)
    bob = world.client("bob")
    assert bob.get(f"/api/v1/readings/{first.pk}").status_code == 200
    claim(bob, case)
    assert bob.get(f"/api/v1/readings/{first.pk}").status_code == 404
    assert bob.get(f"/api/v1/projects/{world.project.pk}/reviews").json()["results"] == []


def test_lists_show_only_their_own_project(world: World) -> None:
    from tests.factories import make_world

    other = make_world()
    mine, theirs = make_case(world.project), make_case(other.project)
    for one, case in ((world, mine), (other, theirs)):
        rows = one.client("alice").get(f"/api/v1/projects/{one.project.pk}/worklist").json()["groups"][2]["items"]
        assert [row["case_id"] for row in rows] == [case.pk]
        submit(one.client("alice"), claim(one.client("alice"), case))
        queue = one.client("bob").get(f"/api/v1/projects/{one.project.pk}/reviews").json()
        assert [row["case_id"] for row in queue["results"]] == [case.pk]


def test_someone_who_left_the_project_sees_nothing(world: World) -> None:
    reading = claim(world.client("alice"), make_case(world.project))
    world.project.membership_set.filter(user=world.alice).delete()
    assert world.client("alice").get(f"/api/v1/readings/{reading.pk}").status_code == 404
    assert Reading.objects.get(pk=reading.pk).state == "in_progress"


@pytest.mark.parametrize("number", [0, 10**12, 10**30])
def test_impossible_numbers_are_absent_objects(world: World, number: int) -> None:
    alice = world.client("alice")
    for path in ("readings/{0}", "readings/{0}/operations", "projects/{0}/worklist", "exports/{0}"):
        assert alice.get(f"/api/v1/{path.format(number)}").status_code == 404
    for path in ("cases/{0}/claim", "readings/{0}/submit", "readings/{0}/release", "readings/{0}/review"):
        assert alice.post(f"/api/v1/{path.format(number)}", {}, format="json").status_code == 404
