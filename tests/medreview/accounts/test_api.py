"""People and projects over HTTP: absent and forbidden look the same, roles decide, every write is audited."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from medreview.accounts.models import ApiToken, Project, User
from medreview.accounts.services import add_member, create_project, create_token, create_user, revoke_token
from medreview.core.errors import Conflict, Invalid
from medreview.core.models import AuditEvent

pytestmark = pytest.mark.django_db
LABELS = [{"name": "Lesion", "kind": "segment"}, {"name": "Cell", "kind": "box", "colour": "#4db4f5"}]


def person(username: str) -> User:
    return create_user(username=username, password="read-and-mark-7")


def client_of(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {create_token(user=user, name='t')}"})


@pytest.fixture
def project() -> Project:
    project = create_project(name="Brain", actor=person("carla"))
    add_member(project=project, user=person("alice"), role="annotator", actor=None)
    person("mallory")
    return project


def test_nobody_signs_up_and_nobody_anonymous_gets_in(client: Client, project: Project) -> None:
    assert client.get("/api/v1/me").status_code == 401
    assert client.get(f"/api/v1/projects/{project.pk}").status_code == 401
    signed = client.post(
        "/_allauth/browser/v1/auth/signup", {"username": "x", "password": "read-and-mark-7"}, "application/json"
    )
    assert signed.status_code in (404, 405)


def test_a_person_signs_in_with_the_browser_session(client: Client, project: Project) -> None:
    given = {"username": "alice", "password": "read-and-mark-7"}
    assert client.post("/_allauth/browser/v1/auth/login", given, "application/json").status_code == 200
    me = client.get("/api/v1/me").json()
    assert (me["username"], [p["slug"] for p in me["projects"]]) == ("alice", ["brain"])
    assert me["projects"][0]["roles"] == ["annotator"]


def test_a_foreign_project_looks_like_an_absent_one(project: Project) -> None:
    mallory = client_of(User.objects.get(username="mallory"))
    foreign = mallory.get(f"/api/v1/projects/{project.pk}")
    absent = mallory.get("/api/v1/projects/999999")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json() == absent.json()
    assert mallory.get("/api/v1/projects").json()["results"] == []


def test_only_a_manager_changes_a_project(project: Project) -> None:
    alice, carla = (client_of(User.objects.get(username=name)) for name in ("alice", "carla"))
    change = {"settings": {"retrain_every": 5}}
    assert alice.patch(f"/api/v1/projects/{project.pk}", change, "application/json").status_code == 403
    answer = carla.patch(f"/api/v1/projects/{project.pk}", change, "application/json")
    assert answer.status_code == 200
    assert answer.json()["settings"]["retrain_every"] == 5
    assert AuditEvent.objects.filter(action="accounts.update_project", scope_id=project.pk).count() == 1


@pytest.mark.parametrize(
    "bad", [{"min_reference_cases": 0}, {"random_share": 2}, {"promotion_policy": "always"}, {"split_ratio": [0, 1, 2]}]
)
def test_a_setting_out_of_range_is_refused_and_named(project: Project, bad: dict[str, object]) -> None:
    carla = client_of(User.objects.get(username="carla"))
    answer = carla.patch(f"/api/v1/projects/{project.pk}", {"settings": bad}, "application/json")
    assert answer.status_code == 400
    assert next(iter(bad)) in str(answer.json())


def test_a_new_project_has_its_label_set_and_its_creator_as_manager(project: Project) -> None:
    alice = client_of(User.objects.get(username="alice"))
    answer = alice.post("/api/v1/projects", {"name": "Cells", "labels": LABELS}, "application/json")
    assert answer.status_code == 201
    made = answer.json()
    assert made["roles"] == ["manager"]
    assert made["task_kinds"] == ["segmentation", "detection"]
    assert [(x["key"], x["colour"], x["hotkey"]) for x in made["label_set"]["labels"]] == [
        ("lesion", "#FF9F2E", 1), ("cell", "#4DB4F5", 2),
    ]  # fmt: skip


def test_label_sets_get_a_new_version_and_keep_the_old(project: Project) -> None:
    carla = client_of(User.objects.get(username="carla"))
    path = f"/api/v1/projects/{project.pk}/label-set"
    assert carla.post(path, {"labels": LABELS}, "application/json").json()["version"] == 1
    assert carla.post(path, {"labels": LABELS[:1]}, "application/json").json()["version"] == 2
    twice = carla.post(path, {"labels": [LABELS[0], LABELS[0]]}, "application/json")
    assert twice.status_code == 400
    assert "used twice" in twice.json()["error"]["message"]


def test_a_revoked_token_opens_nothing(project: Project) -> None:
    alice = User.objects.get(username="alice")
    client = client_of(alice)
    assert client.get("/api/v1/me").status_code == 200
    revoke_token(user=alice, token_id=ApiToken.objects.get(user=alice).pk)
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_is_kept_as_its_hash_only(project: Project) -> None:
    text = create_token(user=User.objects.get(username="alice"), name="script")
    row = ApiToken.objects.get(name="script")
    assert text not in (row.digest, row.prefix)
    assert len(row.digest) == 64


def test_a_weak_password_and_a_taken_name_are_refused() -> None:
    person("dora")
    with pytest.raises(Conflict):
        person("dora")
    with pytest.raises(Invalid, match="too short"):
        create_user(username="emil", password="short")


def test_where_operators_make_the_projects_nobody_else_does(settings: Any) -> None:
    settings.PROJECTS_MADE_BY = "operators"
    user, operator = person("ulla"), person("olga")
    User.objects.filter(pk=operator.pk).update(is_superuser=True)
    body = {"name": "Mine", "labels": LABELS}
    refused = client_of(user).post("/api/v1/projects", body, "application/json")
    assert (refused.status_code, Project.objects.count()) == (403, 0)
    assert client_of(user).get("/api/v1/me").json()["can_make_projects"] is False
    assert client_of(operator).post("/api/v1/projects", body, "application/json").status_code == 201
    settings.PROJECTS_MADE_BY = "anyone"
    assert client_of(user).get("/api/v1/me").json()["can_make_projects"] is True
