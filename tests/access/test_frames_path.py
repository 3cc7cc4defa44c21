"""The thin path of single frames, which runs before Django's middleware, opens to the same people as Django's own."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from medreview.accounts.models import Project, User
from medreview.accounts.services import create_token
from medreview.archive.frames_asgi import FramesApp
from tests.access.world import ABSENT, PERSONAS, Stage, set_stage

pytestmark = pytest.mark.django_db
MEMBERS = {"annotator", "reviewer", "adjudicator", "manager"}


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def is_served(objects: dict[str, Any], header: tuple[bytes, bytes] | None) -> bool:
    """Whether the thin path answers by itself; everything else falls through to Django."""
    sent: list[Any] = []
    fell_through: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def django(scope: Any, receive: Any, send: Any) -> None:
        fell_through.append(scope)

    path = (
        f"/dicomweb/{objects['slug']}/studies/{objects['study_uid']}/series/{objects['series_uid']}"
        f"/instances/{objects['instance_uid']}/frames/1"
    )
    scope = {"type": "http", "method": "GET", "path": path, "headers": [header] if header else []}
    async_to_sync(FramesApp(django))(scope, None, send)
    assert bool(sent) != bool(fell_through)
    if sent:
        assert sent[0]["status"] == 200
        assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    return bool(sent)


def credentials(stage: Stage, persona: str, kind: str) -> tuple[bytes, bytes] | None:
    if persona == "anonymous":
        return None
    if kind == "session":
        return b"cookie", f"sessionid={stage.cookies[persona]}".encode()
    return b"authorization", f"Bearer {create_token(user=stage.people[persona], name='t')}".encode()


@pytest.mark.parametrize("kind", ["session", "bearer"])
def test_members_get_frames_of_their_project_and_nobody_else_does(stage: Stage, kind: str) -> None:
    absent = {"slug": "nowhere", **dict.fromkeys(("study_uid", "series_uid", "instance_uid"), ABSENT["str"])}
    for persona in PERSONAS:
        header = credentials(stage, persona, kind)
        assert is_served(stage.mine, header) is (persona in MEMBERS), persona
        assert is_served(stage.foreign, header) is (persona == "outsider"), persona
        assert not is_served(absent, header)
        assert not is_served({**stage.foreign, "slug": stage.mine["slug"]}, header), "a foreign series under one's own"


def test_a_token_of_another_project_a_missing_second_factor_and_a_closed_account_get_nothing(
    stage: Stage, settings: Any
) -> None:
    outsider = stage.people["outsider"]
    elsewhere = Project.objects.get(pk=stage.foreign["project_id"])
    narrowed = create_token(user=outsider, name="t", project=elsewhere)
    header = (b"authorization", f"Bearer {narrowed}".encode())
    assert is_served(stage.foreign, header)
    assert not is_served(stage.mine, header)
    session = credentials(stage, "annotator", "session")
    settings.REQUIRE_MFA = "all"
    assert not is_served(stage.mine, session)
    settings.REQUIRE_MFA = "nobody"
    assert is_served(stage.mine, session)
    User.objects.filter(pk=stage.people["annotator"].pk).update(is_active=False)
    assert not is_served(stage.mine, session)
