"""The audit chain notices tampering; blobs are stored once and whole."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from django.db import connection

from medreview.core import audit, blobs
from medreview.core.errors import NotFound
from medreview.core.models import AuditEvent, Blob

pytestmark = pytest.mark.django_db


def test_a_changed_or_removed_event_is_noticed() -> None:
    events = [audit.record("a.b", actor_id=1, object_type="t", object_id=n, n=n) for n in range(4)]
    assert audit.verify() == []
    AuditEvent.objects.filter(pk=events[1].pk).update(actor_id=2)
    assert audit.verify() == [events[1].pk]
    AuditEvent.objects.filter(pk=events[1].pk).update(actor_id=1)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditevent WHERE id = %s", [events[2].pk])
    assert audit.verify() == [events[3].pk]


def test_the_same_bytes_are_stored_once() -> None:
    data = b"voxels" * 1000
    first, second = blobs.put_bytes(data), blobs.put_bytes(data)
    assert first.sha256 == second.sha256 == hashlib.sha256(data).hexdigest()
    assert Blob.objects.filter(sha256=first.sha256).count() == 1
    assert blobs.read(first.sha256) == data
    assert list((blobs.path_of(first.sha256).parents[2] / "incoming").iterdir()) == []


def test_a_failing_write_leaves_no_file_behind() -> None:
    def chunks():
        yield b"half"
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        blobs.put_chunks(chunks(), media_type="x")
    assert not Blob.objects.filter(media_type="x").exists()
    assert list((blobs.path_of("00" * 32).parents[2] / "incoming").iterdir()) == []


def test_bytes_are_on_the_disk_before_they_have_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary file, fsync, rename, fsync of the folder: in this order, so that a name never leads to torn bytes."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(descriptor: int) -> None:
        done.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        sync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    blobs.put_bytes(b"durable bytes")
    assert done == ["fsync file", "rename", "fsync folder"]


def test_a_lost_blob_is_named() -> None:
    with pytest.raises(NotFound, match="abababababab"):
        blobs.read("ab" * 32)
