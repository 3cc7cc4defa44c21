"""A backup taken while people save is, restored elsewhere, the same project: nothing acknowledged before is missing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.conf import settings
from django.db import connection

from medreview.archive import staging
from medreview.archive.models import Import
from medreview.archive.services import create_import, finish_import
from medreview.cli.operations import manifest
from medreview.cli.operations.backup import make_backup
from medreview.core import blobs
from medreview.core.errors import Conflict
from medreview.core.models import Blob
from medreview.reading.models import JournalOperation
from medreview.reading.services.exporting import FORMATS
from tests.medreview.learning.factories import make_model
from tests.medreview.operations.conftest import Place, Seeded, environment, program, result_of
from tests.medreview.reading.conftest import paint, post

ROOT = Path(__file__).resolve().parents[3]
EXPORT_ALL = """
import sys, pathlib, django
django.setup()
from medreview.accounts.models import Project
from medreview.reading.services.export_files import write_archive
slug, out = sys.argv[1], pathlib.Path(sys.argv[2])
for name in sys.argv[3:]:
    write_archive(Project.objects.get(slug=slug), name, out / f"{name}.files", out / f"{name}.zip", lambda *_: None)
"""
# What a DICOM SEG says of the moment it was made; everything else must be equal.
MADE_ANEW = {
    "SOPInstanceUID", "MediaStorageSOPInstanceUID", "SeriesInstanceUID", "ContentDate", "ContentTime", "SeriesDate",
    "SeriesTime", "InstanceCreationDate", "InstanceCreationTime", "DimensionOrganizationUID", "ContributionDateTime",
    "FileMetaInformationGroupLength",  # follows the length of the generated UID
}  # fmt: skip


class Saver:
    """Saves one operation after another to the open draft, over HTTP, and keeps what was acknowledged."""

    def __init__(self, seeded: Seeded) -> None:
        self.seeded, self.acknowledged, self.errors = seeded, ["first"], []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def at_work(self, at_least: int) -> Iterator[None]:
        self._thread.start()
        while len(self.acknowledged) < at_least and self._thread.is_alive():
            self._stop.wait(0.01)
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        client, case = self.seeded.world.client("alice"), self.seeded.cases[1]
        sequence = 1
        try:
            while not self._stop.is_set():
                operation = paint(case, "d1", k=1, runs=(sequence * 3, 2))
                answer = post(client, self.seeded.draft, operation, base=sequence)
                if answer.status_code != 200:
                    self.errors.append(answer.json())
                    return
                sequence += 1
                self.acknowledged.append(operation["op_id"])
        finally:
            connection.close()


def backup_of(out: Path) -> manifest.Manifest:
    return make_backup(out, lambda text: None)


@pytest.fixture
def backed_up(seeded: Seeded, tmp_path: Path) -> Path:
    backup_of(tmp_path / "backup")
    return tmp_path / "backup"


def test_a_backup_under_load_restores_to_the_same_project(seeded: Seeded, elsewhere: Place, tmp_path: Path) -> None:
    make_model(seeded.world.project)
    saver = Saver(seeded)
    with saver.at_work(at_least=20):
        before = list(saver.acknowledged)
        made = backup_of(tmp_path / "backup")
        during = len(saver.acknowledged) - len(before)
    assert saver.errors == []
    assert during > 0, "nobody saved while the backup ran: the test shows nothing"
    assert made.problems == []

    done = program("restore", str(tmp_path / "backup"), "--json", env=elsewhere.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = result_of(done)
    assert answer["fsck"]["clean"] is True
    assert answer["fsck"]["checked"]["models"] == 1
    assert answer["fsck"]["checked"]["blobs"] == Blob.objects.count()

    found = elsewhere.rows(
        "SELECT op_id FROM reading_journaloperation WHERE reading_id = %s ORDER BY seq", seeded.draft.pk
    )
    operations = [row[0] for row in found]
    assert len(before) >= 20
    assert operations[1 : len(before)] == before[1:], "acknowledged before the backup began"
    stored = list(JournalOperation.objects.filter(reading=seeded.draft).order_by("seq").values_list("op_id", flat=True))
    assert operations == stored[: len(operations)], "a prefix of what was saved: one moment, not a mixture"

    assert_same_exports(seeded, elsewhere, tmp_path)


def assert_same_exports(seeded: Seeded, elsewhere: Place, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for out, given in ((ours, environment()), (theirs, elsewhere.environment)):
        out.mkdir()
        subprocess.run(
            [sys.executable, "-c", EXPORT_ALL, seeded.world.project.slug, str(out), *FORMATS],
            env={**given, "DJANGO_SETTINGS_MODULE": "medreview.config.settings"}, check=True, timeout=300,
            cwd=ROOT,
        )  # fmt: skip
    for name in FORMATS:
        first, second = contents(ours / f"{name}.zip"), contents(theirs / f"{name}.zip")
        assert first.keys() == second.keys()
        assert len(first) >= 2
        different = {file for file in first if first[file] != second[file]}
        assert all(file.endswith(".dcm") for file in different), (name, different)
        for file in different:
            assert differing_elements(first[file], second[file]) <= MADE_ANEW


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as stream:
        return {info.filename: stream.read(info) for info in stream.infolist()}


def differing_elements(first: bytes, second: bytes) -> set[str]:
    """Keywords (at any depth) in which two DICOM files differ."""
    one, other = (pydicom.dcmread(io.BytesIO(data)) for data in (first, second))
    return _differ(one.file_meta, other.file_meta) | _differ(one, other)


def _differ(one: Any, other: Any) -> set[str]:
    found: set[str] = set()
    for tag in {*one.keys(), *other.keys()}:
        if tag not in one or tag not in other:
            found.add(f"only in one: {tag}")
        elif one[tag].VR == "SQ":
            if len(one[tag].value) != len(other[tag].value):
                found.add(f"{one[tag].keyword}: length")
            for a, b in zip(one[tag].value, other[tag].value, strict=False):
                found |= _differ(a, b)
        elif one[tag].value != other[tag].value:
            found.add(one[tag].keyword)
    return found


def test_what_waits_to_be_taken_in_comes_back(seeded: Seeded, elsewhere: Place, tmp_path: Path) -> None:
    import_ = create_import(project=seeded.world.project, actor=seeded.world.mona)
    staging.receive(import_.pk, "late.dcm", [seeded.folders[2].files[0].read_bytes()])
    Import.objects.filter(pk=import_.pk).update(files_received=1)
    import_.refresh_from_db()
    finish_import(import_=import_, actor=seeded.world.mona)
    lost = create_import(project=seeded.world.project, actor=seeded.world.mona)
    entry = staging.receive(lost.pk, "gone.dcm", [b"bytes"])
    Import.objects.filter(pk=lost.pk).update(files_received=1)
    entry.path.unlink()  # as when the ingest ends between the copies of the database and of its files
    backup_of(tmp_path / "backup")
    done = program("restore", str(tmp_path / "backup"), "--json", env=elsewhere.environment)
    assert done.returncode == 0, done.stderr
    assert result_of(done)["imports_to_send_again"] == [lost.pk]
    states = dict(elsewhere.rows("SELECT id, state FROM archive_import"))
    assert (states[import_.pk], states[lost.pk]) == ("queued", "failed")
    assert (elsewhere.data_dir / "staging" / f"import-{import_.pk}" / "manifest.jsonl").exists()


def _flip(root: Path) -> str:
    victim = next(path for path in sorted((root / "blobs").rglob("*")) if path.is_file())
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.write_bytes(bytes(data))
    return victim.name


def _drop(root: Path) -> str:
    victim = next(path for path in sorted((root / "blobs").rglob("*")) if path.is_file())
    victim.unlink()
    return victim.name


def _cut_database(root: Path) -> str:
    path = next(root.glob("database.*"))
    os.truncate(path, path.stat().st_size // 2)
    return path.name


def _shorten_list(root: Path) -> str:
    path = root / manifest.LIST
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")
    return manifest.LIST


def _lead_outside(root: Path) -> str:
    """A list that was changed together with its manifest, to write outside of the data directory."""
    lines = (root / manifest.LIST).read_bytes() + json.dumps(
        {"path": "../evil", "size": 0, "sha256": "0" * 64}
    ).encode() + b"\n"  # fmt: skip
    (root / manifest.LIST).write_bytes(lines)
    given = json.loads((root / manifest.NAME).read_text())
    given |= {"list_sha256": hashlib.sha256(lines).hexdigest(), "files": given["files"] + 1}
    (root / manifest.NAME).write_text(json.dumps(given))
    return "../evil"


def _unfinished(root: Path) -> str:
    (root / manifest.NAME).unlink()
    return manifest.NAME


def _from_the_future(root: Path) -> str:
    given = json.loads((root / manifest.NAME).read_text())
    given["schema"]["reading"].append("0999_from_the_future")
    (root / manifest.NAME).write_text(json.dumps(given))
    return "0999_from_the_future"


SPOILED = [_flip, _drop, _cut_database, _shorten_list, _lead_outside, _unfinished, _from_the_future]


RESTORE_EACH = """
import json, sys, pathlib, django
django.setup()
from medreview.cli.operations.restore import restore_backup
from medreview.core.errors import DomainError
for name in sys.argv[1:]:
    try:
        restore_backup(pathlib.Path(name), lambda text: None)
        told = ""
    except DomainError as error:
        told = error.message
    from django.conf import settings
    left = sorted(path.name for path in settings.DATA_DIR.iterdir())
    print(json.dumps({"told": told, "left": left}))
"""


def test_spoiled_backups_are_refused_and_leave_nothing(backed_up: Path, elsewhere: Place, tmp_path: Path) -> None:
    named = {}
    for spoil in SPOILED:
        copy = tmp_path / spoil.__name__
        shutil.copytree(backed_up, copy)
        named[str(copy)] = spoil(copy)
    done = subprocess.run(
        [sys.executable, "-c", RESTORE_EACH, *named], capture_output=True, text=True, timeout=300, check=True, cwd=ROOT,
        env={**elsewhere.environment, "DJANGO_SETTINGS_MODULE": "medreview.config.settings"},
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(SPOILED)
    for (copy, word), answer in zip(named.items(), answers, strict=True):
        assert word in answer["told"], (copy, answer)
        assert answer["left"] in ([], ["secret_key"]), copy
    assert not (elsewhere.data_dir.parent / "evil").exists()


def test_only_an_empty_data_directory_is_filled(backed_up: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "medreview.sqlite3").write_bytes(b"somebody's")
    done = program("restore", str(backed_up), env=environment(data_dir))
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (data_dir / "medreview.sqlite3").read_bytes() == b"somebody's"


def test_a_lost_blob_does_not_stop_a_backup_but_is_told(seeded: Seeded, tmp_path: Path) -> None:
    sha256 = Blob.objects.order_by("sha256").values_list("sha256", flat=True)[0]
    blobs.path_of(sha256).unlink()
    made = backup_of(tmp_path / "backup")
    assert len(made.problems) == 1
    assert sha256 in made.problems[0]


@pytest.mark.django_db
def test_a_backup_goes_to_an_empty_place_outside_the_data(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(Conflict, match="not empty"):
        backup_of(tmp_path / "full")
    with pytest.raises(Conflict, match="another disk"):
        backup_of(Path(settings.DATA_DIR) / "backup")


def test_secrets_of_the_machine_are_not_in_a_backup(backed_up: Path) -> None:
    names = {path.name for path in backed_up.rglob("*")}
    assert "secret_key" not in names
    assert manifest.NAME in names
