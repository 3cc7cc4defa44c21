"""After the rows: files, copies in run directories, and the pages that the database has only marked as free."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from medreview.archive import staging
from medreview.archive.models import Patient, Study
from medreview.cli.operations.erase_rows import Erased, kept_imports
from medreview.core import blobs
from medreview.core.disk import reserve_path
from medreview.core.models import Blob
from medreview.learning.models import TrainingRun

_PER_CASE = ("images", "masks", "pictures")
_CHECKPOINT_SECONDS = 30.0
_MIN_TOKEN = 5
_CHUNK = 1 << 22


def erase_bytes(erased: Erased) -> list[str]:
    """Remove what the erased rows left on disk, then look for the patient's words in every file.

    Returns what could not be done or was still found, for a person to look at; empty when nothing is left.
    """
    started = time.time()
    problems = []
    for sha256 in sorted(erased.freed):
        blobs.remove_file(sha256, older_than=started)
        if blobs.path_of(sha256).exists():
            again = "is used again by now" if Blob.objects.filter(pk=sha256).exists() else "was stored again meanwhile"
            problems.append(f"blob {sha256} {again}: an import brought the same bytes; see where they belong")
    for path in _copies(erased):
        path.unlink(missing_ok=True)
    for import_id in kept_imports(erased.project_pk):
        staging.remove(import_id)
    problems += compact_database()
    return problems + list(_still_found(erased))


def _copies(erased: Erased) -> Iterator[Path]:
    """Pictures and arrays of the cases in run directories: `images/<case>.npy`, `pictures/<case>-<label>-….png`."""
    cases = {str(case_id) for case_id in erased.case_ids}
    for run_dir in (
        TrainingRun.objects.filter(project=erased.project_pk).exclude(run_dir="").values_list("run_dir", flat=True)
    ):
        for path in (Path(settings.RUNS_DIR) / run_dir).parent.rglob("*"):
            if path.parent.name in _PER_CASE and path.is_file() and re.split(r"[-.]", path.name)[0] in cases:
                yield path


def compact_database() -> list[str]:
    """Write the database anew, so that freed pages and the write-ahead log hold nothing of what was deleted."""
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            for model in _touched():
                cursor.execute(f'VACUUM FULL "{model}"')
        return []
    deadline = time.monotonic() + _CHECKPOINT_SECONDS
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if not cursor.fetchone()[0]:
                    return []
        except OperationalError:
            pass  # another process holds the database for the moment
        if time.monotonic() > deadline:
            return [
                "the SQLite file could not be written anew while others use it; stop MedReview, run medreview compact"
            ]
        time.sleep(0.2)


def _touched() -> list[str]:
    """The tables that held something of the patient."""
    apps = ("archive", "cases", "annotations", "suggestions", "reading")
    return [name for name in connection.introspection.table_names() if name.split("_")[0] in (*apps, "core")]


def _still_found(erased: Erased) -> Iterator[str]:
    """Files outside the blob store that hold the PatientID or a PatientName as bytes.

    Short words, and those that another patient has too, would be found everywhere and are not looked for.
    """
    shared = set(Study.objects.filter(patient_name__in=erased.tokens).values_list("patient_name", flat=True))
    shared |= set(Patient.objects.filter(patient_id__in=erased.tokens).values_list("patient_id", flat=True))
    words = {word for token in erased.tokens - shared if len(token) >= _MIN_TOKEN for word in _encodings(token)}
    if not words:
        return
    root = Path(settings.DATA_DIR)
    found: Counter[str] = Counter()
    for path in root.rglob("*"):
        if path.is_relative_to(settings.STORAGE_DIR) or path == reserve_path() or path.is_symlink():
            continue
        if path.is_file() and _holds(path, words):
            found[str(path.parent.relative_to(root))] += 1
    for folder, number in sorted(found.items()):
        files = "1 file" if number == 1 else f"{number} files"
        yield f"{files} in {folder}/ still hold the patient's id or name: typed by a person, or no file of ours"


def _encodings(token: str) -> set[bytes]:
    return {token.encode(), token.encode("latin-1", "ignore"), token.encode("utf-16-le")}


def _holds(path: Path, words: set[bytes]) -> bool:
    overlap = max(len(word) for word in words) - 1
    tail = b""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                seen = tail + chunk
                if any(word in seen for word in words):
                    return True
                tail = seen[-overlap:] if overlap else b""
    except OSError:
        return False
    return False
