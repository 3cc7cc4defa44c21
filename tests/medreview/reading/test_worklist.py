"""The queue: who gets what, in which order, why, and that nobody can tell the lanes apart."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from medreview.cases.models import Case
from medreview.reading.models import OfferedSuggestion, Reading, WorklistItem
from medreview.reading.services.queue import QueueEntry, queue_cases, reorder_queue
from tests.factories import World, make_case, make_model, make_suggestion, make_world
from tests.medreview.reading.conftest import claim, decide, submit


def groups(world: World, persona: str = "alice") -> dict[str, Any]:
    body = world.client(persona).get(f"/api/v1/projects/{world.project.pk}/worklist").json()
    return {group["key"]: group["items"] for group in body["groups"]}


def order(world: World, persona: str = "alice") -> list[int]:
    return [row["case_id"] for row in groups(world, persona)["queue"]]


def keys_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: keys_of(inner) for key, inner in value.items()}
    return type(value).__name__


def test_new_cases_stand_in_a_random_looking_but_stable_order(world: World) -> None:
    cases = [make_case(world.project) for _ in range(20)]
    first = order(world)
    assert sorted(first) == sorted(case.pk for case in cases)
    assert first != [case.pk for case in cases]
    assert order(world, "anna") == first
    assert queue_cases(project=world.project, case_ids=[case.pk for case in cases]) == 0
    assert order(world) == first


def test_a_row_never_says_which_lane_a_case_is_in(world: World) -> None:
    train = make_case(world.project, "train")
    hidden = [make_case(world.project, side) for side in ("val", "test")]
    rows = {row["case_id"]: row for row in groups(world)["queue"]}
    for case in hidden:
        assert keys_of(rows[case.pk]) == keys_of(rows[train.pk])
        assert rows[case.pk]["reason"] == rows[train.pk]["reason"]
        assert rows[case.pk]["ai"] == rows[train.pk]["ai"]
    text = world.client("alice").get(f"/api/v1/projects/{world.project.pk}/worklist").content.decode()
    for word in ("lane", "reference", "split", "side", '"val"', '"test"', '"train"'):
        assert word not in text


def test_after_a_reorder_reference_cases_read_like_random_ones(world: World) -> None:
    model = make_model(world.project)
    train = [make_case(world.project, "train") for _ in range(12)]
    hidden = [make_case(world.project, "test") for _ in range(4)]
    entries = [
        QueueEntry(case.pk, rank, "model_unsure", {"entropy": 0.5, "rank": rank + 1, "pool": 12}, model.version)
        for rank, case in enumerate(train[:9])
    ] + [
        QueueEntry(case.pk, 9 + n, "random_share", {"entropy": 0.1}, model.version) for n, case in enumerate(train[9:])
    ]
    assert reorder_queue(project=world.project, order=[*entries, QueueEntry(hidden[0].pk, -1, "model_unsure")]) == 16
    rows = groups(world)["queue"]
    learning = [row["case_id"] for row in rows if row["case_id"] in {case.pk for case in train}]
    assert learning == [case.pk for case in train]
    places = [n for n, row in enumerate(rows) if row["case_id"] in {case.pk for case in hidden}]
    assert len({place // 4 for place in places}) >= 3, "reference cases are not spread over the queue"
    by_case = {row["case_id"]: row for row in rows}
    a_random_one = by_case[train[10].pk]
    for case in hidden:
        assert by_case[case.pk]["reason"] == a_random_one["reason"]
        assert by_case[case.pk]["ai"] == a_random_one["ai"]
    assert by_case[train[0].pk]["reason"]["values"] == {
        "entropy": 0.5, "rank": 1, "pool": 12, "model_version": model.version,
    }  # fmt: skip


def test_suggestions_are_counted_and_frozen_at_the_claim_in_the_learning_lane_only(world: World) -> None:
    model = make_model(world.project)
    case = make_case(world.project)
    suggestion = make_suggestion(case, model, score=0.3)
    row = groups(world)["queue"][0]
    assert row["suggestions"] == {"count": 1, "unsure": 1}
    assert row["ai"] == {"state": "ready", "model_version": model.version, "progress": None}
    reading = claim(world.client("alice"), case)
    late = make_suggestion(case, make_model(world.project, state="candidate"))
    opened = world.client("alice").get(f"/api/v1/readings/{reading.pk}").json()
    assert [one["id"] for one in opened["suggestions"]] == [suggestion.pk]
    assert late.pk not in [one["id"] for one in opened["suggestions"]]


def test_a_reference_case_is_opened_blind(world: World) -> None:
    case = make_case(world.project, "test")
    reading = claim(world.client("alice"), case)
    opened = world.client("alice").get(f"/api/v1/readings/{reading.pk}").json()
    assert opened["suggestions"] == []
    assert not OfferedSuggestion.objects.exists()
    learning = claim(world.client("alice"), make_case(world.project))
    other = world.client("alice").get(f"/api/v1/readings/{learning.pk}").json()
    assert set(opened) == set(other)
    assert "test" not in str({key: opened[key] for key in ("case", "why")})


@pytest.mark.parametrize("wanted", [1, 2])
def test_a_case_goes_to_no_more_people_than_it_needs(wanted: int, db: None) -> None:
    world = make_world(readings_per_case=wanted)
    world.project.membership_set.create(user=world.bob, role="annotator")
    case = make_case(world.project)
    statuses = [
        world.client(name).post(f"/api/v1/cases/{case.pk}/claim").status_code for name in ("alice", "anna", "bob")
    ]
    assert statuses.count(200) == wanted
    assert statuses.count(409) == 3 - wanted
    assert WorklistItem.objects.get(case=case).open_slots == 0
    assert sorted(Reading.objects.values_list("slot", flat=True)) == list(range(wanted))


def test_next_claims_the_first_and_says_when_nothing_is_left(world: World) -> None:
    cases = [make_case(world.project) for _ in range(3)]
    expected = order(world)
    alice = world.client("alice")
    got = [alice.post(f"/api/v1/projects/{world.project.pk}/worklist/next").json()["reading_id"] for _ in cases]
    assert [Reading.objects.get(pk=pk).case_id for pk in got] == expected
    empty = alice.post(f"/api/v1/projects/{world.project.pk}/worklist/next")
    assert (empty.status_code, empty.json()["error"]["code"]) == (404, "queue_empty")


def test_a_skipped_case_goes_back_for_others_only(world: World) -> None:
    case = make_case(world.project)
    reading = claim(world.client("alice"), case)
    skipped = world.client("alice").post(f"/api/v1/readings/{reading.pk}/skip", {"reason": "motion"}, format="json")
    assert skipped.json()["state"] == "canceled"
    assert order(world) == []
    assert order(world, "anna") == [case.pk]
    assert claim(world.client("anna"), case).slot == 0


def test_a_released_case_can_be_claimed_again(world: World) -> None:
    case = make_case(world.project)
    reading = claim(world.client("alice"), case)
    world.client("alice").post(f"/api/v1/readings/{reading.pk}/release")
    assert order(world) == [case.pk]
    assert claim(world.client("alice"), case).pk != reading.pk


def test_an_empty_skip_reason_is_refused(world: World) -> None:
    reading = claim(world.client("alice"), make_case(world.project))
    answer = world.client("alice").post(f"/api/v1/readings/{reading.pk}/skip", {"reason": "  "}, format="json")
    assert answer.status_code == 400


def test_an_excluded_case_is_not_offered(world: World) -> None:
    case = make_case(world.project)
    Case.objects.filter(pk=case.pk).update(excluded_reason="same pixels as C-1 on the other side")
    assert order(world) == []


def test_groups_follow_a_reading_through_its_life(world: World) -> None:
    case = make_case(world.project)
    alice, bob = world.client("alice"), world.client("bob")
    reading = claim(alice, case)
    assert [row["reading_id"] for row in groups(world)["open"]] == [reading.pk]
    submit(alice, reading)
    assert [row["status"] for row in groups(world)["submitted"]] == ["submitted"]
    decide(bob, reading, "return", "lesion missed")
    [row] = groups(world)["returned"]
    assert (row["status"], row["reason"]["code"], row["reason"]["detail"]) == ("returned", "returned", "lesion missed")
    progress = alice.get(f"/api/v1/projects/{world.project.pk}/worklist").json()["progress"]
    assert (progress["returned"], progress["left"]) == (1, 1)


def test_a_rejected_case_returns_to_the_queue_for_a_second_look(world: World) -> None:
    case = make_case(world.project)
    reading = claim(world.client("alice"), case)
    submit(world.client("alice"), reading)
    decide(world.client("bob"), reading, "reject", "wrong series")
    [row] = groups(world, "anna")["queue"]
    assert (row["case_id"], row["reason"]["code"]) == (case.pk, "second_look")


def test_the_list_needs_the_same_number_of_queries_for_few_and_many_cases(
    world: World, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection

    counts = []
    for extra in (2, 10):
        for _ in range(extra):
            make_case(world.project)
        with CaptureQueriesContext(connection) as queries:
            groups(world)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_prior_study_of_the_same_patient_is_told(world: World) -> None:
    first = make_case(world.project, study_date="20200101")
    second = make_case(world.project, patient=first.patient, study_date="20240101")
    rows = {row["case_id"]: row for row in groups(world)["queue"]}
    assert (rows[first.pk]["has_prior"], rows[second.pk]["has_prior"]) == (False, True)
    reading = claim(world.client("alice"), second)
    case = world.client("alice").get(f"/api/v1/readings/{reading.pk}").json()["case"]
    assert case["prior_case_ids"] == [first.pk]
    assert (case["age"], case["study_date"]) == (43, "2024-01-01")
