"""The manager's charts: counts by day of a time zone, of one project."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from django.utils import timezone

from medreview.reading.models import JournalOperation, Reading
from tests.factories import World, make_case, make_model, make_suggestion
from tests.medreview.reading.conftest import claim, decide, operation, paint, post, submit


def days_of(world: World, name: str = "mona", **query: Any) -> Any:
    return world.client(name).get(f"/api/v1/projects/{world.project.pk}/activity", query)


def test_what_was_done_today_stands_under_today(world: World) -> None:
    case = make_case(world.project)
    suggestion = make_suggestion(case, make_model(world.project))
    alice = world.client("alice")
    reading = claim(alice, case)
    rejected = operation("decide", suggestion_id=suggestion.pk, finding_id="", verdict="reject", reason="other")
    spoken = operation("state_label", label_key="organ", status="searched_none")
    assert post(alice, reading, paint(case), spoken, rejected, base=0).status_code == 200
    assert submit(alice, reading).status_code == 200
    assert decide(world.client("bob"), reading, "approve").status_code == 200
    days = days_of(world, days=3).json()["days"]
    assert len(days) == 3
    assert days[-1]["day"] == timezone.now().astimezone(UTC).date().isoformat()
    counts = {key: count for key, count in days[-1].items() if key != "day"}
    assert counts == {"saves": 3, "submitted": 1, "suggestions_decided": 1, "reviewed": 1}
    assert [day["saves"] for day in days[:2]] == [0, 0]


def test_a_day_is_one_of_the_zone_that_is_asked_for(world: World) -> None:
    reading = claim(world.client("alice"), make_case(world.project))
    now = timezone.now()
    late = now.replace(hour=23, minute=30) if now.hour < 23 else now
    JournalOperation.objects.create(
        reading=reading, seq=1, op_id="late", kind="set_form", payload={}, actor=world.alice
    )
    JournalOperation.objects.update(at=late)
    in_utc = {day["day"]: day["saves"] for day in days_of(world).json()["days"]}
    in_tokyo = {day["day"]: day["saves"] for day in days_of(world, zone="Pacific/Kiritimati").json()["days"]}
    assert in_utc[late.date().isoformat()] == 1
    assert in_tokyo.get(late.date().isoformat(), 0) == 0


def test_of_another_project_nothing_counts(world: World) -> None:
    project = world.mallory.membership_set.first().project
    case = make_case(project, queued=False)
    reading = Reading.objects.create(
        case=case, project=project, reader=world.mallory, label_set=world.label_set, submitted_at=timezone.now()
    )
    JournalOperation.objects.create(reading=reading, seq=1, op_id="x", kind="set_form", payload={}, actor=world.mallory)
    assert days_of(world).json()["days"][-1] | {"day": ""} == {
        "day": "", "saves": 0, "submitted": 0, "suggestions_decided": 0, "reviewed": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query", [{"zone": "Nowhere/Land"}, {"zone": "../etc/passwd"}, {"zone": "/etc/passwd"}, {"days": 0}, {"days": 91},
              {"zone": "\0"}]
)  # fmt: skip
def test_a_question_that_cannot_be_is_refused(world: World, query: dict[str, Any]) -> None:
    assert days_of(world, **query).status_code == 400
