"""The whole way of one case: list, claim, draw, submit, review."""

from __future__ import annotations

from medreview.reading.models import Reading
from medreview.reading.selectors import approved_readings, frozen_reading
from tests.factories import World, make_case
from tests.medreview.reading.conftest import claim, decide, paint, post, submit


def test_a_case_goes_from_the_list_to_approved_truth(world: World) -> None:
    case = make_case(world.project)
    alice, bob = world.client("alice"), world.client("bob")
    listed = alice.get(f"/api/v1/projects/{world.project.pk}/worklist").json()
    assert [group["key"] for group in listed["groups"]] == ["returned", "open", "queue", "submitted"]
    assert [row["case_id"] for row in listed["groups"][2]["items"]] == [case.pk]

    reading_id = alice.post(f"/api/v1/projects/{world.project.pk}/worklist/next").json()["reading_id"]
    reading = Reading.objects.get(pk=reading_id)
    assert post(alice, reading, paint(case), base=0).json()["seq"] == 1
    opened = alice.get(f"/api/v1/readings/{reading_id}").json()
    assert opened["journal"]["draft"]["findings"][0]["voxel_count"] == 3
    assert opened["editable"] is True

    done = submit(alice, reading, elapsed_seconds=12.5, normal=True)
    assert done.status_code == 200, done.json()
    assert done.json()["state"] == "submitted"
    queue = bob.get(f"/api/v1/projects/{world.project.pk}/reviews").json()
    assert [row["reading_id"] for row in queue["results"]] == [reading_id]
    assert decide(bob, reading, "approve").json()["state"] == "approved"

    truth = frozen_reading(approved_readings(world.project).get())
    assert truth.label_status == {
        "lesion": "marked", "organ": "searched_none", "nodule": "searched_none", "quality": "not_assessed",
    }  # fmt: skip
    [(label, _, mask)] = truth.segments
    assert label == "lesion"
    assert mask[2].ravel().nonzero()[0].tolist() == [5, 6, 7]
    assert mask.sum() == 3


def test_claiming_twice_gives_the_same_reading(world: World) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    assert claim(alice, case).pk == claim(alice, case).pk
