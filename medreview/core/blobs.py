"""Content-addressed storage: bytes are written once under their sha256 (temporary file, fsync, rename, fsync of the
folder) and named by a `Blob` row. Where a blob lies is this module's secret."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from medreview.core import disk
from medreview.core.errors import NotFound
from medreview.core.models import Blob

_CHUNK = 1024 * 1024


def path_of(sha256: str) -> Path:
    """The file that holds (or will hold) the bytes with this hash."""
    return Path(settings.STORAGE_DIR) / sha256[:2] / sha256[2:4] / sha256


def put_bytes(data: bytes, *, media_type: str = "application/octet-stream") -> Blob:
    return put_chunks([data], media_type=media_type)


def put_file(source: Path, *, media_type: str = "application/octet-stream") -> Blob:
    with source.open("rb") as stream:
        return put_chunks(iter(lambda: stream.read(_CHUNK), b""), media_type=media_type)


def put_chunks(chunks: Iterable[bytes], *, media_type: str) -> Blob:
    """Store the bytes and return their row. Storing the same bytes again changes nothing."""
    sha256, size = write_chunks(chunks)
    blob, _ = Blob.objects.get_or_create(sha256=sha256, defaults={"size": size, "media_type": media_type})
    return blob


def write_chunks(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write the bytes durably under their hash, without a row; returns (sha256, size). Raises StorageFull."""
    disk.require_space()
    root = Path(settings.STORAGE_DIR)
    incoming = root / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    partial = incoming / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with disk.full_is_told(), partial.open("xb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        sha256 = digest.hexdigest()
        target = path_of(sha256)
        if not _is_still_wanted(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(target)
            _sync_folder(target.parent)
        return sha256, size
    finally:
        partial.unlink(missing_ok=True)


def _is_still_wanted(target: Path) -> bool:
    """True when the bytes are there already; their time is renewed, so that a sweep that runs now leaves them."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


def remove_file(sha256: str, *, older_than: float) -> bool:
    """Remove the bytes unless someone stored them (again) after `older_than` (seconds since the epoch).

    The caller has seen that no row names them. The file is moved aside first: a writer that comes meanwhile either
    renewed its time before (then it is put back) or finds it gone and writes it again.
    """
    target = path_of(sha256)
    aside = Path(settings.STORAGE_DIR) / "incoming" / f"removed-{secrets.token_hex(16)}"
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.replace(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime > older_than:
        aside.replace(target)
        return False
    aside.unlink()
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(sha256: str) -> bytes:
    """The bytes with this hash. Raises NotFound when they are gone."""
    try:
        return path_of(sha256).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"Blob {sha256[:12]} is not in the store; run `medreview fsck`.") from error
