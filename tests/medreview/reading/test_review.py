"""Review: who may decide, what edits do, what comes back, and what was different from the model."""

from __future__ import annotations

from typing import Any

import pytest

from medreview.annotations.models import AnnotationVersion
from medreview.core.models import AuditEvent
from medreview.reading.models import Decision, Reading, Review, WorklistItem
from medreview.reading.selectors import approved_readings, frozen_reading
from tests.factories import World, grid_of, make_case, make_model, make_suggestion
from tests.medreview.reading.conftest import claim, decide, operation, paint, post, submit


@pytest.fixture
def submitted(world: World) -> Reading:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    post(alice, reading, paint(case), base=0)
    submit(alice, reading)
    return Reading.objects.get(pk=reading.pk)


def open_review(world: World, reading: Reading, persona: str = "bob", mode: str = "look") -> Any:
    return world.client(persona).post(f"/api/v1/readings/{reading.pk}/review", {"mode": mode}, format="json")


def test_opening_a_review_twice_is_the_same_review(world: World, submitted: Reading) -> None:
    assert open_review(world, submitted).json() == open_review(world, submitted).json()
    assert Review.objects.count() == 1


def test_nobody_decides_their_own_reading(world: World, submitted: Reading) -> None:
    world.project.membership_set.create(user=world.alice, role="reviewer")
    for answer in (open_review(world, submitted, "alice"), decide(world.client("alice"), submitted, "approve")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "own_reading")
    opened = world.client("alice").get(f"/api/v1/readings/{submitted.pk}").json()
    assert opened["allowed_events"] == []
    [row] = world.client("alice").get(f"/api/v1/projects/{world.project.pk}/reviews").json()["results"]
    assert row["own"] is True


def test_where_the_project_allows_it_self_review_is_recorded(world: World, submitted: Reading) -> None:
    world.project.membership_set.create(user=world.alice, role="reviewer")
    world.project.allow_self_review = True
    world.project.save()
    assert decide(world.client("alice"), submitted, "approve").status_code == 200
    assert Review.objects.get().own_reading is True
    assert AuditEvent.objects.get(action="reading.approve").detail["own_reading"] is True


@pytest.mark.parametrize("outcome", ["return", "reject"])
def test_returning_and_rejecting_need_a_reason(world: World, submitted: Reading, outcome: str) -> None:
    for reasons in ((), ("  ",)):
        assert decide(world.client("bob"), submitted, outcome, *reasons).status_code == 400
    assert Reading.objects.get().state == "submitted"
    assert decide(world.client("bob"), submitted, outcome, "missed a lesion").status_code == 200


def test_a_decided_reading_cannot_be_decided_again(world: World, submitted: Reading) -> None:
    assert decide(world.client("bob"), submitted, "approve").status_code == 200
    assert decide(world.client("bob"), submitted, "reject", "no").status_code == 409
    assert open_review(world, submitted).status_code == 409


def test_an_unknown_outcome_is_refused(world: World, submitted: Reading) -> None:
    assert decide(world.client("bob"), submitted, "bless").status_code == 400


def test_a_reviewer_edits_only_after_asking_for_it(world: World, submitted: Reading) -> None:
    bob = world.client("bob")
    change = paint(submitted.case, k=3)
    assert post(bob, submitted, change, base=1).status_code == 403
    open_review(world, submitted)
    assert post(bob, submitted, change, base=1).status_code == 409
    open_review(world, submitted, mode="edit")
    assert bob.get(f"/api/v1/readings/{submitted.pk}").json()["editable"] is True
    assert post(bob, submitted, change, base=1).status_code == 200
    assert post(world.client("alice"), submitted, paint(submitted.case), base=2).status_code == 409


def test_approving_after_edits_freezes_them_under_the_editors_name(world: World, submitted: Reading) -> None:
    bob = world.client("bob")
    open_review(world, submitted, mode="edit")
    added = paint(submitted.case, "by-bob", k=4)
    post(bob, submitted, added, base=1)
    assert frozen_reading(Reading.objects.get()).segments[0][2].sum() == 3
    assert decide(bob, submitted, "approve").json()["state"] == "approved"
    assert Review.objects.get().outcome == "edited_approved"
    reading = approved_readings(world.project).get()
    assert len(frozen_reading(reading).segments) == 2
    authors = dict(AnnotationVersion.objects.filter(freeze=2).values_list("finding_id", "created_by_id"))
    assert authors == {"f1": world.alice.pk, "by-bob": world.bob.pk}
    assert AnnotationVersion.objects.filter(freeze=1).count() == 1


def test_a_plain_approval_freezes_nothing_new(world: World, submitted: Reading) -> None:
    decide(world.client("bob"), submitted, "approve")
    assert Review.objects.get().outcome == "approved"
    assert AnnotationVersion.objects.count() == 1


def test_an_edit_that_leaves_a_suggestion_open_cannot_be_approved(world: World) -> None:
    case = make_case(world.project)
    suggestion = make_suggestion(case, make_model(world.project))
    alice, bob = world.client("alice"), world.client("bob")
    reading = claim(alice, case)
    post(alice, reading, operation("decide", suggestion_id=suggestion.pk, finding_id="s", verdict="accept"), base=0)
    submit(alice, reading, costs=[{"suggestion_id": suggestion.pk, "strokes": 2, "seconds": 7}])
    open_review(world, reading, mode="edit")
    post(bob, reading, operation("delete_finding", finding_id="s"), base=1)
    assert decide(bob, reading, "approve").status_code == 422
    post(bob, reading, operation("decide", suggestion_id=suggestion.pk, finding_id="", verdict="reject"), base=2)
    assert decide(bob, reading, "approve").status_code == 200
    row = Decision.objects.get()
    assert (row.verdict, row.strokes, row.seconds) == ("reject", 2, 7.0)


def test_a_rejected_reading_frees_its_place_and_a_returned_one_keeps_it(world: World, submitted: Reading) -> None:
    item = WorklistItem.objects.get(case=submitted.case)
    decide(world.client("bob"), submitted, "return", "again")
    item.refresh_from_db()
    assert item.open_slots == 0
    submit(world.client("alice"), submitted)
    decide(world.client("bob"), submitted, "reject", "no")
    item.refresh_from_db()
    assert item.open_slots == 1
    assert claim(world.client("anna"), submitted.case).slot == 0


def test_the_next_reading_is_named(world: World, submitted: Reading) -> None:
    other = claim(world.client("alice"), make_case(world.project))
    submit(world.client("alice"), other)
    assert decide(world.client("bob"), submitted, "approve").json()["next_reading_id"] == other.pk
    assert decide(world.client("bob"), other, "approve").json()["next_reading_id"] is None


def test_the_comparison_shows_what_was_changed(world: World) -> None:
    case = make_case(world.project)
    model = make_model(world.project)
    kept, edited, refused = (make_suggestion(case, model) for _ in range(3))
    alice, bob = world.client("alice"), world.client("bob")
    reading = claim(alice, case)
    accept = [
        operation("decide", suggestion_id=one.pk, finding_id=name, verdict="accept")
        for one, name in ((kept, "k"), (edited, "e"))
    ]
    post(alice, reading, *accept, paint(case, "e", k=1, runs=(22, 3)), paint(case, "own", k=5),
         operation("decide", suggestion_id=refused.pk, finding_id="", verdict="reject"), base=0)  # fmt: skip
    assert "comparison" not in alice.get(f"/api/v1/readings/{reading.pk}").json()
    submit(alice, reading, costs=[{"suggestion_id": edited.pk, "strokes": 1, "seconds": 8}])
    assert "comparison" not in alice.get(f"/api/v1/readings/{reading.pk}").json()
    comparison = bob.get(f"/api/v1/readings/{reading.pk}").json()["comparison"]
    rows = {(row["state"], row["finding_id"]): row for row in comparison["findings"]}
    assert set(rows) == {("accepted", "k"), ("edited", "e"), ("rejected", None), ("added", "own")}
    one = rows[("edited", "e")]
    size = edited.voxel_count
    assert one["dice"] == pytest.approx(2 * (size - 2) / (2 * size - 1))
    assert (one["voxels_added"], one["voxels_removed"], one["seconds"]) == (1, 2, 8.0)
    assert one["hd95_mm"] >= 0
    assert comparison["mean_dice"] == pytest.approx((1.0 + one["dice"]) / 2)
    [row] = bob.get(f"/api/v1/projects/{world.project.pk}/reviews").json()["results"]
    assert row["summary"] == "1 edited, 1 added, 1 rejected"
    assert row["flags"]["untouched"] == 1


def test_comments_stay_on_their_voxel(world: World, submitted: Reading) -> None:
    bob = world.client("bob")
    url = f"/api/v1/readings/{submitted.pk}/comments"
    point = {"grid_id": grid_of(submitted.case).pk, "k": 2, "row": 3, "column": 4}
    made = bob.post(url, {"text": "<b>here?</b>", "point": point}, format="json")
    assert made.status_code == 201
    assert bob.post(url, {"text": "x", "point": {**point, "k": 6}}, format="json").status_code == 400
    assert bob.post(url, {"text": "x", "point": {**point, "grid_id": 0}}, format="json").status_code == 400
    assert bob.post(url, {"text": " "}, format="json").status_code == 400
    world.client("alice").patch(f"/api/v1/comments/{made.json()['id']}", {"resolved": True}, format="json")
    [comment] = bob.get(f"/api/v1/readings/{submitted.pk}").json()["comments"]
    assert (comment["text"], comment["point"], comment["resolved"]) == ("<b>here?</b>", point, True)


def test_every_opening_is_audited(world: World, submitted: Reading) -> None:
    before = AuditEvent.objects.filter(action="reading.open").count()
    world.client("bob").get(f"/api/v1/readings/{submitted.pk}")
    assert AuditEvent.objects.filter(action="reading.open", actor_id=world.bob.pk).count() == before + 1
