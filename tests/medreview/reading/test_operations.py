"""The journal over HTTP: order of checks, If-Match, resends, all or nothing, snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from medreview.cases.models import Case
from medreview.core.models import AuditEvent
from medreview.reading.models import DraftSnapshot, JournalOperation, Reading
from medreview.reading.selectors.drafts import Journal
from tests.factories import World, grid_of, make_case, make_model, make_suggestion
from tests.medreview.reading.conftest import claim, operation, paint, post, submit


@pytest.fixture
def case(world: World) -> Case:
    return make_case(world.project)


@pytest.fixture
def reading(world: World, case: Case) -> Reading:
    return claim(world.client("alice"), case)


def test_operations_are_stored_in_order_and_numbered(world: World, case: Case, reading: Reading) -> None:
    answer = post(world.client("alice"), reading, paint(case), paint(case, k=3), base=0)
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()["results"]] == ["stored", "stored"]
    assert [one["seq"] for one in answer.json()["results"]] == [1, 2]
    assert answer.json()["seq"] == Reading.objects.get(pk=reading.pk).sequence == 2
    assert AuditEvent.objects.filter(action="reading.append_operations", object_id=reading.pk).exists()


def test_without_if_match_nothing_is_stored(world: World, case: Case, reading: Reading) -> None:
    answer = post(world.client("alice"), reading, paint(case))
    assert (answer.status_code, answer.json()["error"]["code"]) == (428, "precondition_required")
    assert not JournalOperation.objects.exists()


def test_a_stale_client_gets_what_it_missed(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    missed = paint(case)
    post(alice, reading, missed, base=0)
    answer = post(alice, reading, paint(case, k=1), base=0)
    assert (answer.status_code, answer.json()["error"]["code"]) == (412, "stale")
    assert answer.json()["seq"] == 1
    assert [one["op_id"] for one in answer.json()["operations"]] == [missed["op_id"]]
    assert JournalOperation.objects.count() == 1
    since = alice.get(f"/api/v1/readings/{reading.pk}/operations?since=0").json()
    assert since["operations"] == answer.json()["operations"]


def test_a_base_from_the_future_is_stale_too(world: World, case: Case, reading: Reading) -> None:
    assert post(world.client("alice"), reading, paint(case), base=7).status_code == 412


def test_a_resend_is_answered_again_and_stored_once(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    batch = [paint(case), paint(case, k=1)]
    first = post(alice, reading, *batch, base=0).json()
    for base in (0, None, 2):
        again = post(alice, reading, *batch, base=base)
        assert again.status_code == 200
        assert [one["status"] for one in again.json()["results"]] == ["known", "known"]
        assert again.json()["seq"] == first["seq"]
    assert JournalOperation.objects.count() == 2


def test_a_resend_does_not_let_a_client_skip_what_it_has_not_seen(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    lost = paint(case)
    post(alice, reading, lost, base=0)
    post(alice, reading, paint(case, k=1), base=1)
    assert post(alice, reading, lost, base=0).json()["seq"] == 1


def test_a_resend_is_answered_even_after_the_submit(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    lost = paint(case)
    post(alice, reading, lost, base=0)
    submit(alice, reading)
    assert post(alice, reading, lost, base=0).status_code == 200
    refused = post(alice, reading, paint(case), base=1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_editable")


def test_one_bad_operation_stores_nothing(world: World, case: Case, reading: Reading) -> None:
    bad = paint(case, k=99)
    answer = post(world.client("alice"), reading, paint(case), bad, base=0)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["op_id"] == bad["op_id"]
    assert list(error["fields"]) == ["operations.1.payload.slices.0.k"]
    assert not JournalOperation.objects.exists()
    assert Reading.objects.get(pk=reading.pk).sequence == 0


def bad_payloads(case: Case) -> dict[str, tuple[str, dict[str, Any], str]]:
    grid = grid_of(case).pk
    brush = {
        "finding_id": "f",
        "label_key": "lesion",
        "grid_id": grid,
        "tool": "brush",
        "slices": [{"k": 0, "runs": [0, 1]}],
    }
    box = {"finding_id": "f", "label_key": "nodule", "grid_id": grid, "start_zyx": [0, 0, 0], "stop_zyx": [1, 1, 1]}
    line = {"finding_id": "f", "label_key": "", "grid_id": grid, "points_lps": [[0, 0, 0], [1, 1, 1]]}

    def runs(*numbers: Any) -> dict[str, Any]:
        return {**brush, "slices": [{"k": 0, "runs": list(numbers)}]}

    return {
        "unknown kind": ("view", {}, "kind"),
        "unknown field": ("paint", {**brush, "colour": "red"}, "payload.colour"),
        "unknown label": ("paint", {**brush, "label_key": "liver"}, "payload.label_key"),
        "label of a wrong kind": ("paint", {**brush, "label_key": "nodule"}, "payload.label_key"),
        "grid of another case": ("paint", {**brush, "grid_id": grid + 1}, "payload.grid_id"),
        "grid is no number": ("paint", {**brush, "grid_id": "1"}, "payload.grid_id"),
        "no slices": ("paint", {**brush, "slices": []}, "payload.slices"),
        "slice twice": ("paint", {**brush, "slices": brush["slices"] * 2}, "payload.slices.1.k"),
        "odd runs": ("paint", runs(0, 1, 2), "payload.slices.0.runs"),
        "touching runs": ("paint", runs(0, 2, 2, 2), "payload.slices.0.runs"),
        "overlapping runs": ("paint", runs(0, 5, 3, 2), "payload.slices.0.runs"),
        "empty run": ("paint", runs(3, 0), "payload.slices.0.runs"),
        "negative run": ("paint", runs(-1, 2), "payload.slices.0.runs"),
        "fractional run": ("paint", runs(0.5, 2), "payload.slices.0.runs"),
        "run past the slice": ("paint", runs(119, 2), "payload.slices.0.runs"),
        "huge run": ("paint", runs(0, 10**30), "payload.slices.0.runs"),
        "boolean run": ("paint", runs(True, 2), "payload.slices.0.runs"),
        "long finding id": ("paint", {**brush, "finding_id": "x" * 65}, "payload.finding_id"),
        "tool is no word": ("paint", {**brush, "tool": "<b>"}, "payload.tool"),
        "empty box": ("add_box", {**box, "stop_zyx": [0, 1, 1]}, "payload.stop_zyx"),
        "box outside": ("add_box", {**box, "stop_zyx": [1, 1, 11]}, "payload.stop_zyx"),
        "negative box": ("add_box", {**box, "start_zyx": [-1, 0, 0]}, "payload.start_zyx"),
        "box with two axes": ("add_box", {**box, "start_zyx": [0, 0]}, "payload.start_zyx"),
        "box moved that is not there": ("move_box", {"finding_id": "f", "start_zyx": [0, 0, 0], "stop_zyx": [1, 1, 1]},
                                        "payload.finding_id"),
        "three points": ("add_length", {**line, "points_lps": [[0, 0, 0]] * 3}, "payload.points_lps"),
        "point too far": ("add_length", {**line, "points_lps": [[0, 0, 0], [1e9, 0, 0]]}, "payload.points_lps"),
        "delete what is not there": ("delete_finding", {"finding_id": "f"}, "payload.finding_id"),
        "suggestion not offered": ("decide", {"suggestion_id": 5, "finding_id": "f", "verdict": "accept"},
                                   "payload.suggestion_id"),
        "status unknown": ("state_label", {"label_key": "organ", "status": "maybe"}, "payload.status"),
        "tag value unknown": ("set_tag", {"label_key": "quality", "value": "superb"}, "payload.value"),
        "tag of a segment label": ("set_tag", {"label_key": "organ", "value": "good"}, "payload.label_key"),
        "form value is a list": ("set_form", {"field": "a", "value": [1]}, "payload.value"),
        "form value holds NUL": ("set_form", {"field": "a", "value": "a\x00b"}, "payload.value"),
        "op without a label": ("state_label", {"status": "marked"}, "payload.label_key"),
        "label key is a list": ("state_label", {"label_key": [], "status": "marked"}, "payload.label_key"),
        "nothing to undo": ("undo", {}, "kind"),
        "nothing to redo": ("redo", {}, "kind"),
        "undo with a payload": ("undo", {"steps": 2}, "payload.steps"),
    }  # fmt: skip


def test_every_bad_payload_is_refused_with_its_field(world: World, case: Case, reading: Reading) -> None:
    for name, (kind, payload, field) in bad_payloads(case).items():
        answer = post(world.client("alice"), reading, operation(kind, **payload), base=0)
        assert answer.status_code == 422, (name, answer.content)
        assert list(answer.json()["error"]["fields"]) == [f"operations.0.{field}"], name
    assert not JournalOperation.objects.exists()


@pytest.mark.parametrize("body", [None, [], {}, {"operations": {}}, {"operations": []}, {"operations": "x"}])
def test_a_body_that_is_no_list_of_operations_is_refused(world: World, reading: Reading, body: Any) -> None:
    answer = world.client("alice").post(
        f"/api/v1/readings/{reading.pk}/operations", body, format="json", HTTP_IF_MATCH='"0"'
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("entry", [None, 3, "x", {}, {"op_id": 1}, {"op_id": "a", "kind": "undo", "payload": []}])
def test_an_entry_that_is_no_operation_is_refused(world: World, reading: Reading, entry: Any) -> None:
    assert post(world.client("alice"), reading, entry, base=0).status_code == 422


def test_the_same_op_id_twice_in_one_request_is_refused(world: World, case: Case, reading: Reading) -> None:
    assert post(world.client("alice"), reading, paint(case), paint(case) | {"op_id": "a"},
                paint(case) | {"op_id": "a"}, base=0).status_code == 422  # fmt: skip


@pytest.mark.parametrize("header", ["x", "-1", "1.5", '"a"'])
def test_a_strange_if_match_is_a_bad_request(world: World, reading: Reading, header: str) -> None:
    answer = world.client("alice").post(
        f"/api/v1/readings/{reading.pk}/operations", {"operations": [operation("undo")]}, format="json",
        HTTP_IF_MATCH=header,
    )  # fmt: skip
    assert answer.status_code == 400


def test_undo_past_a_snapshot_reads_the_older_operations_again(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    strokes = [paint(case, k=n % 6, runs=(n % 100, 3)) for n in range(205)]
    assert post(alice, reading, *strokes, base=0).status_code == 200
    assert DraftSnapshot.objects.filter(reading=reading, seq=205).exists()
    reading.refresh_from_db()
    full = Journal(reading).draft()
    post(alice, reading, *[operation("undo") for _ in range(10)], base=205)
    reading.refresh_from_db()
    shorter = Journal(reading).draft()
    DraftSnapshot.objects.all().delete()
    assert Journal(reading).draft() == shorter != full
    post(alice, reading, *[operation("redo") for _ in range(10)], base=215)
    reading.refresh_from_db()
    assert {**Journal(reading).draft(), "can_redo": None} == {**full, "can_redo": None}


def test_a_snapshot_gives_the_same_draft_as_the_whole_journal(world: World, case: Case, reading: Reading) -> None:
    alice = world.client("alice")
    for start in range(0, 210, 70):
        batch = [paint(case, k=n % 6, runs=((n * 7) % 100, 5)) for n in range(start, start + 70)]
        assert post(alice, reading, *batch, base=start).status_code == 200
    reading.refresh_from_db()
    with_snapshot = Journal(reading).draft()
    assert DraftSnapshot.objects.count() == 1
    DraftSnapshot.objects.all().delete()
    assert Journal(reading).draft() == with_snapshot


def test_an_accepted_suggestion_becomes_a_finding(world: World) -> None:
    case = make_case(world.project)
    suggestion = make_suggestion(case, make_model(world.project))
    reading = claim(world.client("alice"), case)
    accept = operation("decide", suggestion_id=suggestion.pk, finding_id="s", verdict="accept")
    assert post(world.client("alice"), reading, accept, base=0).status_code == 200
    opened = world.client("alice").get(f"/api/v1/readings/{reading.pk}").json()
    [finding] = opened["journal"]["draft"]["findings"]
    assert finding["slices"] == opened["suggestions"][0]["slices"]
    assert (finding["provenance"], finding["voxel_count"]) == ("AUTOMATIC", suggestion.voxel_count)


@pytest.mark.parametrize(
    "raw",
    [
        '{"operations": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"operations": [{"op_id": "a", "kind": "set_form", "payload": {"field": "x", "value": NaN}}]}',
        '{"operations": [{"op_id": "a", "kind": "undo", "payload": {"n": ' + "9" * 5000 + "}}]}",
        '{"operations": [{"op_id": "a", "kind": "set_form", "payload": {"field": "x", "value": "\\ud800"}}]}',
        '{"operations": [{"op_id": "\\ud800", "kind": "undo", "payload": {}}]}',
        '{"operations": [{"op_id": "a", "kind": "undo", "payload": {"\\ud800": 1}}]}',
        '{"operations": [{"op_id": "a", "kind": "\\ud800", "payload": {}}]}',
        '{"operations": [{"op_id": "a", "kind": "paint", "payload": {"finding_id": "f", "label_key": "\\ud800"}}]}',
        "{",
        "\xff",
        '"operations"',
    ],
    ids=[
        "deep",
        "nan",
        "long number",
        "half value",
        "half id",
        "half field",
        "half kind",
        "half label",
        "cut",
        "not utf-8",
        "text",
    ],
)
def test_hostile_json_is_a_bad_request(world: World, reading: Reading, raw: str) -> None:
    answer = world.client("alice").post(
        f"/api/v1/readings/{reading.pk}/operations", raw.encode("latin-1"), content_type="application/json",
        HTTP_IF_MATCH='"0"',
    )  # fmt: skip
    assert answer.status_code in (400, 422), answer.content
