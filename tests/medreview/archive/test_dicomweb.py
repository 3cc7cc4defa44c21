"""Frames and headers go to members of the project and to nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from rest_framework.test import APIClient

from medreview.accounts.models import Membership, User
from medreview.archive import frames_asgi
from medreview.archive.frames_asgi import FramesApp
from medreview.core.models import AuditEvent
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn, client_of
from tests.phantoms import Phantom

ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


@pytest.fixture
def phantom(take_in: TakeIn, tmp_path: Path) -> Phantom:
    made = phantoms.write_mr_series(tmp_path / "s", patient_name="Secret^Name", patient_id="SECRET-ID")
    take_in(tmp_path / "s")
    return made


@pytest.fixture(autouse=True)
def _connection_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's open transaction looks like a connection somebody forgot to reset."""
    monkeypatch.setattr(frames_asgi, "close_old_connections", lambda: None)


def series_url(phantom: Phantom, slug: str = "intake") -> str:
    return f"/dicomweb/{slug}/studies/{phantom.study_uid}/series/{phantom.series_uid}"


def frame_url(phantom: Phantom, k: int, frame: str = "1") -> str:
    return f"{series_url(phantom)}/instances/{phantom.sop_uids[k]}/frames/{frame}"


def pixels_of(body: bytes) -> np.ndarray:
    head, _, rest = body.partition(b"\r\n\r\n")
    assert b"Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1" in head
    return np.frombuffer(rest.rsplit(b"\r\n--", 1)[0], dtype="<u2")


def test_a_member_gets_the_frame_as_multipart(phantom: Phantom, annotator: User) -> None:
    answer = client_of(annotator).get(frame_url(phantom, 3), HTTP_ACCEPT=ACCEPT)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith('multipart/related; type="application/octet-stream"; boundary=')
    assert "immutable" in answer["Cache-Control"]
    assert np.array_equal(pixels_of(answer.content), phantom.stored[3].ravel())


PATHS = ["/metadata", "/thumbnail", "/instances", *(f"/instances/{{uid}}{e}" for e in ("/metadata", "/frames/1", ""))]


@pytest.mark.parametrize("path", PATHS)
def test_strangers_and_the_absent_look_the_same(phantom: Phantom, stranger: User, path: str) -> None:
    url = series_url(phantom) + path.format(uid=phantom.sop_uids[0])
    forbidden = client_of(stranger).get(url)
    absent = client_of(stranger).get(url.replace(phantom.series_uid, "1.2.3"))
    assert (forbidden.status_code, forbidden.content) == (absent.status_code, absent.content)
    assert forbidden.status_code == 404
    assert APIClient().get(url).status_code == 401


def test_readers_see_pseudonyms_and_managers_the_header(phantom: Phantom, annotator: User, manager: User) -> None:
    shown = client_of(annotator).get(series_url(phantom) + "/metadata")
    assert shown.status_code == 200
    assert "Secret" not in shown.content.decode()
    assert "SECRET" not in shown.content.decode()
    assert len(shown.json()) == len(phantom.files)
    assert "SECRET-ID" in client_of(manager).get(series_url(phantom) + "/metadata").content.decode()
    assert AuditEvent.objects.filter(action="series.opened").count() == 2


def test_the_file_itself_is_for_managers(phantom: Phantom, annotator: User, manager: User) -> None:
    url = f"{series_url(phantom)}/instances/{phantom.sop_uids[0]}"
    assert client_of(annotator).get(url).status_code == 403
    answer = client_of(manager).get(url)
    assert phantom.files[0].read_bytes() in b"".join(answer.streaming_content)


@pytest.mark.parametrize("frames", ["0", "2", "x", "1,9", "9" * 20, "1;2"])
def test_frames_that_are_not_there_are_said_so(phantom: Phantom, annotator: User, frames: str) -> None:
    assert client_of(annotator).get(frame_url(phantom, 0, frames)).status_code in (400, 404)


@pytest.mark.parametrize("uid", ["1.2.3", "%00", "a%20b", "1" * 300, "..%2f..%2fetc"])
def test_odd_uids_are_not_found(phantom: Phantom, annotator: User, uid: str) -> None:
    url = f"/dicomweb/intake/studies/{phantom.study_uid}/series/{uid}/metadata"
    assert client_of(annotator).get(url).status_code == 404


def test_studies_and_series_can_be_searched(phantom: Phantom, annotator: User) -> None:
    client = client_of(annotator)
    assert len(client.get("/dicomweb/intake/studies").json()) == 1
    assert client.get("/dicomweb/intake/studies?StudyInstanceUID=1.2").json() == []
    assert client.get("/dicomweb/intake/studies?limit=x").status_code == 400
    series = client.get(f"/dicomweb/intake/studies/{phantom.study_uid}/series").json()
    assert series[0]["0020000E"]["Value"] == [phantom.series_uid]


def call(app: FramesApp, path: str, **headers: str) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    async_to_sync(app)(scope, receive, send)
    return (sent[0]["status"], sent[1]["body"]) if sent else (0, b"")


async def django_is_asked(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299})
    await send({"type": "http.response.body", "body": b"django"})


def cookie_of(user: User) -> str:
    return f"sessionid={client_of(user).cookies['sessionid'].value}"


def test_the_thin_path_answers_members_and_leaves_the_rest_to_django(
    phantom: Phantom, annotator: User, stranger: User
) -> None:
    app = FramesApp(django_is_asked)
    status, body = call(app, frame_url(phantom, 5), cookie=cookie_of(annotator))
    assert status == 200
    assert np.array_equal(pixels_of(body), phantom.stored[5].ravel())
    for headers in (
        {},
        {"cookie": cookie_of(stranger)},
        {"cookie": "sessionid=none"},
        {"authorization": "Bearer mr_x"},
    ):
        assert call(app, frame_url(phantom, 5), **headers)[0] == 299
    assert call(app, frame_url(phantom, 5, "2"), cookie=cookie_of(annotator))[0] == 299
    assert call(app, "/api/v1/me", cookie=cookie_of(annotator))[0] == 299


def test_a_revoked_right_ends_when_the_kept_one_runs_out(
    phantom: Phantom, annotator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, cookie = FramesApp(django_is_asked), cookie_of(annotator)
    monkeypatch.setattr(frames_asgi, "RIGHTS_SECONDS", 0.0)
    assert call(app, frame_url(phantom, 0), cookie=cookie)[0] == 200
    Membership.objects.filter(user=annotator).delete()
    assert call(app, frame_url(phantom, 0), cookie=cookie)[0] == 299
