"""Submitting: what is frozen, what it cost, what is missing, and that frozen things stay frozen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from medreview.annotations.masks import load_mask
from medreview.annotations.models import AnnotationVersion, Segment, SegmentSlice, SliceMask
from medreview.annotations.selectors import frozen_versions
from medreview.core.errors import Conflict, Invalid
from medreview.reading.models import Decision, LabelStatement, Reading
from medreview.reading.selectors import frozen_reading
from medreview.reading.services import ExternalFinding, record_external_reading
from tests.factories import SHAPE, World, block_mask, grid_of, make_case, make_model, make_suggestion
from tests.medreview.reading.conftest import claim, decide, operation, paint, post, submit


def statuses(reading: Reading) -> dict[str, str]:
    return dict(LabelStatement.objects.filter(reading=reading).values_list("label_key", "status"))


def test_a_label_that_nobody_spoke_of_stays_not_assessed(world: World) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    post(alice, reading, paint(case), operation("state_label", label_key="organ", status="searched_none"), base=0)
    assert submit(alice, reading).status_code == 200
    assert statuses(reading) == {
        "lesion": "marked", "organ": "searched_none", "nodule": "not_assessed", "quality": "not_assessed",
    }  # fmt: skip
    assert frozen_reading(Reading.objects.get(pk=reading.pk)).label_status["nodule"] == "not_assessed"


def test_a_normal_case_is_one_key(world: World) -> None:
    alice = world.client("alice")
    reading = claim(alice, make_case(world.project))
    assert submit(alice, reading, normal=True, elapsed_seconds=4).status_code == 200
    assert {key for key, status in statuses(reading).items() if status == "searched_none"} == {
        "lesion", "organ", "nodule",
    }  # fmt: skip
    assert not AnnotationVersion.objects.exists()
    draft = world.client("bob").get(f"/api/v1/readings/{reading.pk}").json()["journal"]["draft"]
    assert draft["label_status"]["nodule"] == "searched_none"


def test_every_offered_suggestion_needs_a_decision(world: World) -> None:
    case = make_case(world.project)
    suggestion = make_suggestion(case, make_model(world.project))
    alice = world.client("alice")
    reading = claim(alice, case)
    refused = submit(alice, reading, normal=True)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "incomplete")
    assert refused.json()["error"]["missing"][0]["suggestion_id"] == suggestion.pk
    assert Reading.objects.get(pk=reading.pk).state == "in_progress"
    assert Reading.objects.get(pk=reading.pk).sequence == 0
    post(alice, reading, operation("decide", suggestion_id=suggestion.pk, finding_id="", verdict="reject"), base=0)
    assert submit(alice, reading).status_code == 200


def test_an_open_case_stays_still_when_a_newer_model_answers(world: World) -> None:
    case = make_case(world.project)
    model = make_model(world.project)
    replaced, bad = make_suggestion(case, model), make_suggestion(case, model)
    alice = world.client("alice")
    reading = claim(alice, case)
    type(replaced).objects.filter(pk=replaced.pk).update(state="expired")
    type(bad).objects.filter(pk=bad.pk).update(state="withdrawn")
    shown = {one["id"]: one["state"] for one in alice.get(f"/api/v1/readings/{reading.pk}").json()["suggestions"]}
    assert shown == {replaced.pk: "offered", bad.pk: "withdrawn"}
    missing = submit(alice, reading).json()["error"]["missing"]
    assert [one["suggestion_id"] for one in missing] == [replaced.pk]


def test_marked_without_a_mark_is_incomplete(world: World) -> None:
    alice = world.client("alice")
    reading = claim(alice, make_case(world.project))
    post(alice, reading, operation("state_label", label_key="organ", status="marked"), base=0)
    refused = submit(alice, reading)
    assert refused.status_code == 422
    assert refused.json()["error"]["missing"][0]["label_key"] == "organ"


def test_submit_says_what_it_builds_on(world: World) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    post(alice, reading, paint(case), base=0)
    url = f"/api/v1/readings/{reading.pk}/submit"
    assert alice.post(url, {}, format="json").status_code == 428
    stale = alice.post(url, {}, format="json", HTTP_IF_MATCH='"0"')
    assert (stale.status_code, stale.json()["seq"], len(stale.json()["operations"])) == (412, 1, 1)
    assert submit(alice, reading).status_code == 200
    assert submit(alice, reading).status_code == 409


def test_decisions_are_frozen_with_their_cost(world: World) -> None:
    case = make_case(world.project)
    model = make_model(world.project)
    kept, edited, refused = (make_suggestion(case, model) for _ in range(3))
    boxed = make_suggestion(case, model, label_key="nodule", box=((1, 2, 2), (3, 5, 6)))
    alice = world.client("alice")
    reading = claim(alice, case)

    def accept(suggestion: Any, finding: str) -> dict[str, Any]:
        return operation("decide", suggestion_id=suggestion.pk, finding_id=finding, verdict="accept")

    post(
        alice, reading, accept(kept, "k"), accept(edited, "e"),
        # row 2 holds columns 3..7 of the block: two voxels go, one comes
        paint(case, "e", k=1, runs=(22, 3)),
        operation("decide", suggestion_id=refused.pk, finding_id="", verdict="reject", reason="duplicate"),
        accept(boxed, "b"), operation("move_box", finding_id="b", start_zyx=[1, 2, 2], stop_zyx=[3, 5, 8]), base=0,
    )  # fmt: skip
    costs = [{"suggestion_id": edited.pk, "strokes": 3, "seconds": 9.5}]
    assert submit(alice, reading, costs=costs).status_code == 200
    rows = {row.suggestion_id: row for row in Decision.objects.filter(reading=reading)}
    assert (rows[kept.pk].verdict, rows[kept.pk].voxels_added, rows[kept.pk].surface_distance_mm) == ("accept", 0, 0.0)
    one = rows[edited.pk]
    assert (one.verdict, one.voxels_added, one.voxels_removed) == ("edit", 1, 2)
    assert (one.strokes, one.seconds) == (3, 9.5)
    assert one.surface_distance_mm is not None
    assert 0 < one.surface_distance_mm < 1
    assert (rows[refused.pk].verdict, rows[refused.pk].reason, rows[refused.pk].voxels_removed) == (
        "reject", "duplicate", refused.voxel_count,
    )  # fmt: skip
    # the box grew by two columns of 2 x 3 voxels
    assert (rows[boxed.pk].verdict, rows[boxed.pk].voxels_added, rows[boxed.pk].voxels_removed) == ("edit", 12, 0)
    provenance = dict(AnnotationVersion.objects.values_list("finding_id", "provenance"))
    assert provenance == {"k": "AUTOMATIC", "e": "SEMIAUTOMATIC", "b": "SEMIAUTOMATIC"}
    assert set(AnnotationVersion.objects.values_list("model_version", flat=True)) == {str(model.version)}


def test_frozen_voxels_are_those_of_the_draft_and_stored_once(world: World) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    post(alice, reading, paint(case, "a", k=1), paint(case, "b", label="organ", k=4), base=0)
    submit(alice, reading)
    assert SliceMask.objects.count() == 1
    expected = np.zeros(SHAPE[1:], bool)
    expected.ravel()[5:8] = True
    np.testing.assert_array_equal(load_mask(SliceMask.objects.get()), expected)
    assert Segment.objects.count() == 2
    assert Segment.objects.first().volume_ml == pytest.approx(3 * 2.0 * 1.0 * 0.5 / 1000)


@pytest.mark.parametrize("model", [AnnotationVersion, Segment, SegmentSlice, SliceMask])
def test_the_database_refuses_to_change_or_delete_what_is_frozen(world: World, model: Any) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    post(alice, reading, paint(case), base=0)
    submit(alice, reading)
    row = model.objects.first()
    column = {"SegmentSlice": "k", "AnnotationVersion": "number"}.get(model.__name__, "voxel_count")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{column: 99})
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        model.objects.filter(pk=row.pk)._raw_delete("default")


def test_a_second_round_freezes_a_new_version_and_keeps_the_old_one(world: World) -> None:
    case = make_case(world.project)
    alice, bob = world.client("alice"), world.client("bob")
    reading = claim(alice, case)
    post(alice, reading, paint(case), base=0)
    submit(alice, reading)
    decide(bob, reading, "return", "too small")
    reading.refresh_from_db()
    assert (reading.state, reading.round) == ("returned", 2)
    post(alice, reading, paint(case, runs=(8, 4)), base=1)
    assert submit(alice, reading).status_code == 200
    reading.refresh_from_db()
    versions = AnnotationVersion.objects.filter(reading_id=reading.pk).order_by("number")
    assert [(v.number, v.freeze, v.segment.voxel_count) for v in versions] == [(1, 1, 3), (2, 2, 7)]
    assert versions[0].annotation_id == versions[1].annotation_id
    [(_, _, mask)] = frozen_reading(reading).segments
    assert mask.sum() == 7
    assert frozen_versions(reading_id=reading.pk, freeze=2).get() == versions[1]


class TestExternalReadings:
    """Readings made elsewhere pass through the same journal and the same freeze."""

    def record(self, world: World, case: Any, **changes: Any) -> Reading:
        grid = grid_of(case).pk
        findings = [
            ExternalFinding("lesion", "segment", grid, mask=block_mask()),
            ExternalFinding("nodule", "box", grid, box=((0, 1, 2), (2, 4, 6))),
        ]
        given: dict[str, Any] = {"findings": findings, "statements": {"organ": "searched_none"}, "state": "approved"}
        given |= {"reader": world.alice, "actor": world.mona}
        return record_external_reading(case=case, **{**given, **changes})

    def test_an_approved_one_is_truth_at_once(self, world: World) -> None:
        case = make_case(world.project, "test", queued=False)
        reading = self.record(world, case, reviewer=world.bob, from_known_truth=True)
        assert (reading.state, reading.from_known_truth) == ("approved", True)
        truth = frozen_reading(reading)
        assert truth.label_status["organ"] == "searched_none"
        assert truth.label_status["quality"] == "not_assessed"
        [(label, grid_id, mask)] = truth.segments
        assert (label, grid_id) == ("lesion", grid_of(case).pk)
        np.testing.assert_array_equal(mask, block_mask())
        assert truth.boxes == [("nodule", grid_of(case).pk, (0, 1, 2), (2, 4, 6))]
        assert (
            world.client("alice").get(f"/api/v1/projects/{world.project.pk}/worklist").json()["progress"]["left"] == 0
        )

    def test_a_submitted_one_waits_for_review_with_its_marks(self, world: World) -> None:
        reading = self.record(world, make_case(world.project), state="submitted")
        bob = world.client("bob")
        opened = bob.get(f"/api/v1/readings/{reading.pk}").json()
        assert [one["kind"] for one in opened["journal"]["draft"]["findings"]] == ["segment", "box"]
        assert decide(bob, reading, "approve").json()["state"] == "approved"

    def test_a_mask_of_another_shape_is_refused_and_nothing_is_left(self, world: World) -> None:
        case = make_case(world.project)
        grid = grid_of(case).pk
        wrong = [ExternalFinding("lesion", "segment", grid, mask=np.ones((1, 2, 3), bool))]
        with pytest.raises(Invalid, match="shape"):
            self.record(world, case, findings=wrong)
        with pytest.raises(Invalid, match="label set"):
            self.record(
                world, case, findings=[ExternalFinding("x", "box", grid_of(case).pk, box=((0, 0, 0), (1, 1, 1)))]
            )
        with pytest.raises(Invalid, match="outside"):
            self.record(
                world, case, findings=[ExternalFinding("nodule", "box", grid_of(case).pk, box=((0, 0, 0), (9, 1, 1)))]
            )
        assert not Reading.objects.exists()

    def test_a_case_takes_no_more_readings_than_it_needs(self, world: World) -> None:
        case = make_case(world.project)
        self.record(world, case)
        with pytest.raises(Conflict):
            self.record(world, case, reader=world.anna)

    def test_an_empty_mask_marks_nothing(self, world: World) -> None:
        case = make_case(world.project)
        empty = [ExternalFinding("lesion", "segment", grid_of(case).pk, mask=np.zeros(SHAPE, bool))]
        reading = self.record(world, case, findings=empty, statements={"lesion": "searched_none"})
        assert frozen_reading(reading).label_status["lesion"] == "searched_none"
        assert len(frozen_reading(reading).segments) == 0
