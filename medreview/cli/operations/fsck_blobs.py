"""The blob store and its rows, held against each other. Online: what is being written now is left alone.

A file is written before its row and removed after it, so a row without its file is always a fault, while a file without
its row, or a row that nothing uses, is one only when it is older than the grace of a day.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from medreview.cli.operations import references
from medreview.cli.operations.problems import Report, sha256_of
from medreview.core import blobs
from medreview.core.models import Blob

GRACE = timedelta(days=1)
_HEX = frozenset("0123456789abcdef")
_REPAIR = "`medreview fsck --repair` removes it."


def check_rows(report: Report, *, with_hashes: bool) -> None:
    """Each Blob row has its file, of the right size and, unless skipped, with the right hash."""
    for blob in Blob.objects.order_by("sha256").iterator():
        report.checked["blobs"] += 1
        fault = _fault_of(blob, with_hashes=with_hashes)
        if fault and Blob.objects.filter(pk=blob.pk).exists():
            kind, what = fault
            todo = f"Copy {_place(blob.sha256)} from a backup to the same place in the data directory."
            report.add(kind, f"blob {blob.sha256}", f"{what} Used by {references.users_of(blob.sha256)}.", todo)


def _place(sha256: str) -> str:
    return f"blobs/{blobs.path_of(sha256).relative_to(settings.STORAGE_DIR).as_posix()}"


def _fault_of(blob: Blob, *, with_hashes: bool) -> tuple[str, str] | None:
    path = blobs.path_of(blob.sha256)
    try:
        size = path.stat().st_size
        if size != blob.size:
            return "blob.size", f"The file has {size} bytes, its row says {blob.size}."
        if with_hashes and sha256_of(path) != blob.sha256:
            return "blob.hash", "The file's bytes are not those that were stored."
    except FileNotFoundError:
        return "blob.missing", "The file is gone."
    except OSError as error:
        return "blob.unreadable", f"The file cannot be read ({error.strerror})."
    return None


def check_files(report: Report, *, repair: bool) -> None:
    """Each file of the store has its row; rows that nothing uses and files without a row go with `repair`."""
    _check_unused_rows(report, repair=repair)
    before = time.time() - GRACE.total_seconds()
    batch: list[Path] = []
    for path in stored_files():
        report.checked["files"] += 1
        batch.append(path)
        if len(batch) == 500:
            _check_batch(report, batch, before, repair=repair)
            batch = []
    _check_batch(report, batch, before, repair=repair)


def stored_files() -> Iterator[Path]:
    """Every file of the store, without those that are being written."""
    root = Path(settings.STORAGE_DIR)
    if not root.exists():
        return
    for folder in sorted(root.iterdir()):
        if folder.name != "incoming":
            yield from ([folder] if folder.is_file() else (p for p in sorted(folder.rglob("*")) if p.is_file()))


def _check_batch(report: Report, paths: list[Path], before: float, *, repair: bool) -> None:
    named = [path for path in paths if _is_name_of(path)]
    known = set(Blob.objects.filter(sha256__in=[path.name for path in named]).values_list("sha256", flat=True))
    for path in paths:
        if path not in named:
            report.add("store.stranger", str(path), "This file is not the store's.", "Move it away.")
        elif path.name not in known and _modified(path) < before:
            gone = repair and blobs.remove_file(path.name, older_than=before)
            report.add(
                "store.orphan", f"file {path.name}", "No row names this file, for more than a day.", _REPAIR,
                is_repaired=gone,
            )  # fmt: skip


def _is_name_of(path: Path) -> bool:
    return len(path.name) == 64 and set(path.name) <= _HEX and path == blobs.path_of(path.name)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _check_unused_rows(report: Report, *, repair: bool) -> None:
    """Mark and sweep: what no table uses. The database's own constraint refuses to free one that a row uses."""
    marked = references.all_used()
    old = Blob.objects.filter(created_at__lt=timezone.now() - GRACE)
    for sha256 in list(old.values_list("sha256", flat=True).iterator()):
        if sha256 not in marked:
            gone = repair and free_row(sha256)
            report.add("blob.unused", f"blob {sha256}", "Nothing has used it for a day.", _REPAIR, is_repaired=gone)


def free_row(sha256: str) -> bool:
    """Delete a blob's row unless something uses it by now; its file is then one without a row."""
    with transaction.atomic():
        Blob.objects.select_for_update().filter(pk=sha256).first()
        if references.used([sha256]):
            return False
        Blob.objects.filter(pk=sha256).delete()
    return True


def check_leftovers(report: Report, *, repair: bool) -> None:
    """Halves of files that a killed process left."""
    before = time.time() - GRACE.total_seconds()
    incoming = Path(settings.STORAGE_DIR) / "incoming"
    for path in sorted(incoming.glob("*")) if incoming.exists() else []:
        if _modified(path) < before:
            if repair:
                path.unlink(missing_ok=True)
            report.add("store.partial", str(path), "A write that never ended.", _REPAIR, is_repaired=repair)
