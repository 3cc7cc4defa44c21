"""A disk that is nearly full refuses uploads at once and clearly, while saves go on, from the reserve if need be."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from medreview.archive.models import Import
from medreview.archive.services import create_import
from medreview.config.disk_guard import DiskGuard
from medreview.core import blobs, disk
from medreview.core.errors import StorageFull
from medreview.reading.models import Reading
from tests.factories import World, make_case, make_world
from tests.medreview.reading.conftest import claim, decide, paint, post, submit

MIB = 1024 * 1024
MULTIPART = b"multipart/form-data; boundary=x"


@pytest.fixture
def nearly_full(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MIN_FREE_MB = 100
    monkeypatch.setattr(disk, "free_bytes", lambda: 99 * MIB)


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A real file system of 48 MB as the data directory."""
    place = tmp_path / "small"
    with mounted(place, 48):
        settings.DATA_DIR = place
        settings.STORAGE_DIR, settings.STAGING_DIR = place / "blobs", place / "staging"
        settings.MIN_FREE_MB, settings.RESERVE_MB = 24, 20
        yield place


class mounted:  # noqa: N801 (reads as a word in `with`)
    """A tmpfs of so many MB; skips the test where it cannot be mounted."""

    def __init__(self, place: Path, size_mb: int) -> None:
        self.place, self.size_mb = place, size_mb

    def __enter__(self) -> Path:
        self.place.mkdir(parents=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.size_mb}m", "tmpfs", str(self.place)],
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"a small file system needs the right to mount one: {done.stderr.strip()}")
        return self.place

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


def fill(place: Path, leave_bytes: int) -> Path:
    """Take all space but `leave_bytes` (0: until the system says that nothing is left)."""
    filler = place / "filler"
    with filler.open("ab", buffering=0) as stream:
        try:
            while (free := os.statvfs(place).f_bavail * os.statvfs(place).f_frsize) > leave_bytes:
                stream.write(bytes(min(MIB, free - leave_bytes)))
        except OSError:
            assert leave_bytes == 0
    return filler


def upload(world: World, import_: Import, data: bytes = b"bytes") -> Any:
    return world.client("mona").post(
        f"/api/v1/imports/{import_.pk}/files", {"file": SimpleUploadedFile("a.dcm", data)}, format="multipart"
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("nearly_full")
def test_uploads_are_refused_and_nothing_of_them_is_kept() -> None:
    world = make_world()
    import_ = create_import(project=world.project, actor=world.mona)
    answer = upload(world, import_)
    assert answer.status_code == 507
    error = answer.json()["error"]
    assert (error["code"], error["retryable"]) == ("storage_full", True)
    assert "99 MB left" in error["message"]
    assert "still saved" in error["message"]
    import_.refresh_from_db()
    assert (import_.files_received, import_.state) == (0, "receiving")
    with pytest.raises(StorageFull):
        blobs.put_bytes(b"new")


@pytest.mark.django_db
@pytest.mark.usefixtures("nearly_full")
def test_saving_submitting_and_reviewing_go_on() -> None:
    world = make_world()
    case = make_case(world.project)
    alice, bob = world.client("alice"), world.client("bob")
    reading = claim(alice, case)
    assert post(alice, reading, paint(case), base=0).status_code == 200
    assert submit(alice, reading).status_code == 200
    assert decide(bob, reading, "approve").status_code == 200
    assert Reading.objects.get(pk=reading.pk).state == "approved"


@pytest.mark.django_db
def test_what_does_not_fit_is_refused_though_there_is_room_now(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MIN_FREE_MB = 100
    monkeypatch.setattr(disk, "free_bytes", lambda: 150 * MIB)
    disk.require_space(49 * MIB)
    with pytest.raises(StorageFull, match="these 51 MB"):
        disk.require_space(51 * MIB)


@pytest.mark.parametrize(
    ("total_gib", "minimum_gib"), [(10, 2.0), (100, 2.0), (500, 10.0), (1000, 20.0), (100_000, 20.0)]
)
def test_the_minimum_follows_the_disk(
    monkeypatch: pytest.MonkeyPatch, settings: Any, total_gib: int, minimum_gib: float
) -> None:
    settings.MIN_FREE_MB = None
    monkeypatch.setattr(disk, "total_bytes", lambda: total_gib * 1024 * MIB)
    assert disk.minimum_free_bytes() == pytest.approx(minimum_gib * 1024 * MIB, rel=1e-6)


def call(guard: DiskGuard, method: str, path: str, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, Any]]:
    """One request through the guard; reading the body is an error."""
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the guard reads no body")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


async def _application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


UPLOADS = [
    ("POST", "/api/v1/imports/1/files", MULTIPART),
    ("POST", "/dicomweb/p/studies", b'multipart/related; type="application/dicom"'),
    ("PUT", "/api/v1/anything", b"application/octet-stream"),
    ("POST", "/dicomweb/p/studies", b"Application/DICOM"),
]
PASS = [
    ("POST", "/api/v1/readings/1/operations", b"application/json"),
    ("POST", "/api/v1/readings/1/submit", b"application/json; charset=utf-8"),
    ("POST", "/_allauth/browser/v1/auth/login", b"application/x-www-form-urlencoded"),
    ("GET", "/api/v1/projects", b"multipart/form-data"),
    ("POST", "/api/v1/imports/1/finish", b""),
]


@pytest.mark.usefixtures("nearly_full")
@pytest.mark.parametrize(("method", "path", "kind"), UPLOADS)
def test_an_upload_is_refused_by_its_headers(method: str, path: str, kind: bytes) -> None:
    status, body = call(DiskGuard(_application), method, path, (b"content-type", kind))
    assert status == 507
    assert body["error"]["code"] == "storage_full"


@pytest.mark.usefixtures("nearly_full")
@pytest.mark.parametrize(("method", "path", "kind"), PASS)
def test_everything_else_passes_the_guard(method: str, path: str, kind: bytes) -> None:
    assert call(DiskGuard(_application), method, path, (b"content-type", kind))[0] == 200


def test_the_guard_counts_what_is_announced(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MIN_FREE_MB = 100
    monkeypatch.setattr(disk, "free_bytes", lambda: 150 * MIB)
    for length, status in ((b"1000", 200), (str(60 * MIB).encode(), 507), (b"nonsense", 200)):
        headers = ((b"content-type", MULTIPART), (b"content-length", length))
        assert call(DiskGuard(_application), "POST", "/api/v1/imports/1/files", *headers)[0] == status


def test_the_reserve_takes_real_blocks_and_is_given_up_when_the_disk_is_full(small_disk: Path) -> None:
    assert disk.keep_reserve()
    before = disk.free_bytes()
    assert before <= 28 * MIB
    assert disk.release_reserve_if_full() is False, "there is room: the reserve stays"
    fill(small_disk, 0)
    assert disk.free_bytes() < MIB
    assert disk.release_reserve_if_full() is True
    assert disk.free_bytes() >= 19 * MIB
    assert disk.keep_reserve() is False, "not before there is room for it above the minimum"
    (small_disk / "filler").unlink()
    assert disk.keep_reserve() is True


@pytest.mark.django_db
def test_a_disk_that_fills_up_while_bytes_arrive_keeps_nothing_torn(small_disk: Path, settings: Any) -> None:
    settings.MIN_FREE_MB = 1
    fill(small_disk, 4 * MIB)
    with pytest.raises(StorageFull, match="became full"):
        blobs.put_chunks((bytes([n]) * MIB for n in range(10)), media_type="x")
    assert [path for path in (small_disk / "blobs").rglob("*") if path.is_file()] == []
    world = make_world()
    import_ = create_import(project=world.project, actor=world.mona)
    answer = upload(world, import_, bytes(6 * MIB))
    assert answer.status_code == 507
    assert answer.json()["error"]["code"] == "storage_full"
    assert [path for path in (small_disk / "staging").rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.django_db
def test_the_first_write_on_a_full_disk_frees_the_reserve(small_disk: Path) -> None:
    """The middleware does it before the view: the database's own file is beside the reserve in the product."""
    assert disk.keep_reserve()
    fill(small_disk, 0)
    world = make_world()
    assert world.client("alice").get(f"/api/v1/projects/{world.project.pk}").status_code == 200
    assert disk.reserve_path().exists(), "reading frees nothing"
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    assert not disk.reserve_path().exists()
    assert post(alice, reading, paint(case), base=0).status_code == 200
