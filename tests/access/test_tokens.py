"""Bearer tokens: what a scope leaves out is refused, a project opens nothing else, and making one needs the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from medreview.accounts.models import ApiToken, Project
from medreview.accounts.services import add_member, create_token
from medreview.core.errors import Invalid, NotFound
from medreview.core.models import AuditEvent
from tests.access.signing import Browser, person
from tests.access.world import Stage, set_stage

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/tokens"


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def script(stage: Stage, persona: str, **narrowed: Any) -> Client:
    token = create_token(user=stage.people[persona], name="script", **narrowed)
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})


def test_a_reading_token_looks_and_changes_nothing(stage: Stage) -> None:
    client = script(stage, "manager", scope="read")
    project = f"/api/v1/projects/{stage.mine['project_id']}"
    assert client.get(project).status_code == 200
    assert client.get(f"{project}/learning").status_code == 200
    for method, path in (("PATCH", project), ("POST", f"{project}/retrain"), ("PATCH", "/api/v1/me")):
        refused = client.generic(method, path, "{}", "application/json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope"), path


def test_an_annotating_token_reads_cases_and_manages_nothing(stage: Stage) -> None:
    annotator = script(stage, "annotator", scope="annotate")
    assert annotator.post(f"/api/v1/cases/{stage.mine['case_id']}/claim").status_code == 200
    manager = script(stage, "manager", scope="annotate")
    project = f"/api/v1/projects/{stage.mine['project_id']}"
    assert manager.get(f"{project}/learning").status_code == 200
    for path in (f"{project}/retrain", f"{project}/imports", "/api/v1/projects"):
        refused = manager.post(path, {"name": "New", "labels": []}, "application/json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope"), path


def test_a_managing_token_does_what_its_person_may_and_no_more(stage: Stage) -> None:
    project = f"/api/v1/projects/{stage.mine['project_id']}"
    change = {"name": "Renamed"}
    assert script(stage, "manager", scope="manage").patch(project, change, "application/json").status_code == 200
    assert script(stage, "annotator", scope="manage").patch(project, change, "application/json").status_code == 403


def test_a_token_of_one_project_opens_no_other(stage: Stage) -> None:
    manager = stage.people["manager"]
    mine, other = (Project.objects.get(pk=place["project_id"]) for place in (stage.mine, stage.foreign))
    add_member(project=other, user=manager, role="manager", actor=None)
    client = script(stage, "manager", project=mine)
    assert client.get(f"/api/v1/projects/{mine.pk}").status_code == 200
    closed = client.get(f"/api/v1/projects/{other.pk}")
    absent = client.get("/api/v1/projects/2000000000")
    assert (closed.status_code, closed.content) == (404, absent.content)
    assert [row["id"] for row in client.get("/api/v1/projects").json()["results"]] == [mine.pk]
    assert client.get(f"/dicomweb/{other.slug}/studies").status_code == 404
    with pytest.raises(NotFound):
        create_token(user=stage.people["annotator"], name="t", project=other)


def test_a_narrowed_token_does_not_reach_what_all_managers_share(stage: Stage) -> None:

    mine = Project.objects.get(pk=stage.mine["project_id"])
    body = {"study_instance_uids": ["1.2.3.9.9"]}
    for narrowed in ({"scope": "annotate"}, {"project": mine}):
        client = script(stage, "manager", **narrowed)
        assert client.post("/api/v1/inbox/delete", body, "application/json").status_code == 403
    assert script(stage, "manager").post("/api/v1/inbox/delete", body, "application/json").status_code == 200


def test_a_token_ends_when_it_was_said_to(stage: Stage) -> None:
    client = script(stage, "annotator", days=7)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get("/api/v1/me").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert client.get("/api/v1/me").status_code == 401


def test_a_token_made_before_there_were_scopes_keeps_its_rights(stage: Stage) -> None:
    client = script(stage, "manager")
    assert ApiToken.objects.latest("id").scope == "manage"
    assert client.patch(f"/api/v1/projects/{stage.mine['project_id']}", {}, "application/json").status_code == 200


def test_use_is_remembered_at_most_once_a_minute(stage: Stage) -> None:
    client = script(stage, "annotator")
    with time_machine.travel("2026-03-04T12:00:00Z", tick=False) as clock:
        seen = []
        for _ in range(3):
            client.get("/api/v1/me")
            seen.append(ApiToken.objects.latest("id").last_used_at)
            clock.shift(40)
    assert seen[0] == seen[1]
    assert seen[2] - seen[0] == timedelta(seconds=80)


@pytest.mark.parametrize("bad", [{"scope": "everything"}, {"days": 0}, {"days": 4000}, {"name": ""}])
def test_a_token_that_makes_no_sense_is_refused(stage: Stage, bad: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        create_token(**{"user": stage.people["annotator"], "name": "t", **bad})


def test_a_person_makes_sees_and_ends_tokens_in_the_browser(stage: Stage) -> None:
    alice = person("alice-here")
    browser = Browser()
    browser.sign_in("alice-here")
    made = browser.ask("POST", ME, {"name": "laptop", "scope": "read", "days": 30})
    assert made.status_code == 201
    text = made.json()["token"]
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/v1/me").json()["username"] == "alice-here"
    listed = browser.client.get(ME)
    assert text not in listed.content.decode()
    (row,) = listed.json()["results"]
    assert (row["name"], row["scope"], row["prefix"]) == ("laptop", "read", text[:8])
    assert row["last_used_at"] is not None
    assert browser.ask("DELETE", f"{ME}/{row['id']}").status_code == 204
    assert browser.ask("DELETE", f"{ME}/{row['id']}").status_code == 404
    assert client.get("/api/v1/me").status_code == 401
    actions = AuditEvent.objects.filter(actor_id=alice.pk, object_type="accounts.apitoken").values_list("action")
    assert [action for (action,) in actions] == ["accounts.create_token", "accounts.revoke_token"]


def test_a_token_makes_no_tokens(stage: Stage) -> None:
    refused = script(stage, "manager").post(ME, {"name": "more", "scope": "manage"}, "application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope")


def test_nobody_sees_or_ends_a_token_of_another(stage: Stage) -> None:
    person("mallory-here")
    browser = Browser()
    browser.sign_in("mallory-here")
    assert browser.client.get(ME).json()["results"] == []
    assert browser.ask("DELETE", f"{ME}/{stage.mine['token_id']}").status_code == 404
    foreign = browser.ask("POST", ME, {"name": "t", "scope": "read", "project_id": stage.mine["project_id"]})
    assert foreign.status_code == 404
