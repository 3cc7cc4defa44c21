"""`medreview fsck` finds each kind of damage, says which object, and removes only what is old and unused."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from medreview.annotations.models import Segment, SliceMask
from medreview.archive import staging
from medreview.archive.models import Grid, Import, Instance
from medreview.archive.services import create_import
from medreview.cli.operations import references
from medreview.cli.operations.check import check_all
from medreview.cli.operations.problems import Report
from medreview.core import blobs
from medreview.core.models import AuditEvent, Blob
from medreview.reading.models import JournalOperation, Reading
from tests.factories import make_world
from tests.medreview.learning.factories import make_model
from tests.medreview.operations.conftest import Seeded, environment, export, program, result_of, seed

TWO_DAYS = 2 * 86_400


@pytest.fixture
def quiet(db: None, tmp_path: Path) -> Seeded:
    """The seeded project inside the test's transaction, on a store of its own."""
    return seed(make_world(allow_self_review=True), tmp_path / "in")


@pytest.fixture(autouse=True)
def _own_store(settings: object, tmp_path: Path) -> None:
    for name in ("STORAGE_DIR", "STAGING_DIR", "RUNS_DIR", "EXPORTS_DIR"):
        setattr(settings, name, tmp_path / "data" / name.lower())


def check(*, repair: bool = False, with_hashes: bool = True) -> Report:
    return check_all(repair=repair, with_hashes=with_hashes, show=lambda text: None)


def kinds(report: Report) -> set[str]:
    return {problem.kind for problem in report.problems}


def make_old(path: Path) -> None:
    os.utime(path, (time.time() - TWO_DAYS,) * 2)


def test_a_project_in_use_is_clean(quiet: Seeded) -> None:
    export(quiet)
    make_model(quiet.world.project)
    report = check()
    assert report.problems == []
    assert report.checked["blobs"] >= 40
    assert report.checked["masks"] == 2
    assert report.checked["models"] == 1


@contextmanager
def unguarded() -> Iterator[None]:
    """Past the triggers that keep frozen annotations: what a broken disk or a person with SQL would do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'annotations%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
    yield


def lose_file(seeded: Seeded) -> str:
    instance = Instance.objects.filter(series__study__patient=seeded.cases[0].patient).first()
    blobs.path_of(instance.stored_id).unlink()
    return instance.stored_id


def cut_file(seeded: Seeded) -> str:
    sha256 = Instance.objects.first().stored_id
    os.truncate(blobs.path_of(sha256), 100)
    return sha256


def flip_bit(seeded: Seeded) -> str:
    sha256 = Grid.objects.first().thumbnail_id
    data = bytearray(blobs.read(sha256))
    data[len(data) // 2] ^= 1
    blobs.path_of(sha256).write_bytes(bytes(data))
    return sha256


def swap_mask(seeded: Seeded) -> str:
    first, second = SliceMask.objects.order_by("digest")[:2]
    with unguarded():
        SliceMask.objects.filter(pk=first.pk).update(data=second.data)
    return first.digest


def spoil_mask(seeded: Seeded) -> str:
    mask = SliceMask.objects.order_by("digest").first()
    with unguarded():
        SliceMask.objects.filter(pk=mask.pk).update(data=b"no zlib")
    return mask.digest


def miscount_segment(seeded: Seeded) -> str:
    segment = Segment.objects.first()
    with unguarded():
        Segment.objects.filter(pk=segment.pk).update(voxel_count=segment.voxel_count + 1)
    return str(segment.version_id)


def lose_operation(seeded: Seeded) -> str:
    JournalOperation.objects.filter(reading=seeded.approved, seq=1).delete()
    return f"reading {seeded.approved.pk}"


def lose_last_operation(seeded: Seeded) -> str:
    JournalOperation.objects.filter(reading=seeded.draft).delete()
    return f"reading {seeded.draft.pk}"


def other_weights(seeded: Seeded) -> str:
    model = make_model(seeded.world.project)
    (Path(settings.RUNS_DIR) / model.run_dir / "checkpoint.safetensors").write_bytes(b"other")
    return "model v1"


def no_run_folder(seeded: Seeded) -> str:
    model = make_model(seeded.world.project)
    shutil.rmtree(Path(settings.RUNS_DIR) / model.run_dir)
    return "model v1"


def tamper_audit(seeded: Seeded) -> str:
    event = AuditEvent.objects.order_by("id")[3]
    AuditEvent.objects.filter(pk=event.pk).update(actor_id=4711)
    return f"audit event {event.pk}"


def lose_upload(seeded: Seeded) -> str:
    import_ = create_import(project=seeded.world.project, actor=seeded.world.mona)
    entry = staging.receive(import_.pk, "a.dcm", [b"bytes"])
    Import.objects.filter(pk=import_.pk).update(files_received=1)
    entry.path.unlink()
    return f"import {import_.pk}"


def stranger(seeded: Seeded) -> str:
    (Path(settings.STORAGE_DIR) / "notes.txt").write_text("hello")
    return "notes.txt"


DAMAGES: list[tuple[str, Callable[[Seeded], str]]] = [
    ("blob.missing", lose_file),
    ("blob.size", cut_file),
    ("blob.hash", flip_bit),
    ("mask.damaged", swap_mask),
    ("mask.damaged", spoil_mask),
    ("segment.count", miscount_segment),
    ("journal.gap", lose_operation),
    ("journal.gap", lose_last_operation),
    ("model.files", other_weights),
    ("model.files", no_run_folder),
    ("audit.chain", tamper_audit),
    ("staging.missing", lose_upload),
    ("store.stranger", stranger),
]


@pytest.mark.parametrize(("kind", "damage"), DAMAGES, ids=lambda value: getattr(value, "__name__", value))
def test_damage_is_found_and_named(quiet: Seeded, kind: str, damage: Callable[[Seeded], str]) -> None:
    damaged = damage(quiet)
    found = [problem for problem in check(repair=True).problems if problem.kind == kind]
    assert len(found) >= 1
    assert any(damaged in str(problem) for problem in found)
    assert all(problem.todo and problem.what for problem in found)


def test_without_hashing_only_names_and_sizes_are_looked_at(quiet: Seeded) -> None:
    flip_bit(quiet)
    assert kinds(check(with_hashes=False)) == set()
    assert kinds(check()) == {"blob.hash"}


def test_a_lost_blob_says_who_uses_it(quiet: Seeded) -> None:
    sha256 = lose_file(quiet)
    (problem,) = check().problems
    assert sha256 in problem.object
    assert "archive.Instance" in problem.what


def test_orphans_go_after_a_day_and_only_with_repair(quiet: Seeded) -> None:
    old, _ = blobs.write_chunks([b"old orphan"])
    young, _ = blobs.write_chunks([b"young orphan"])
    make_old(blobs.path_of(old))
    assert [problem.object for problem in check().problems] == [f"file {old}"]
    report = check(repair=True)
    assert report.problems == []
    assert [problem.object for problem in report.repaired] == [f"file {old}"]
    assert not blobs.path_of(old).exists()
    assert blobs.path_of(young).exists()
    assert check().problems == []


def test_rows_that_nothing_uses_are_swept_with_their_files(quiet: Seeded) -> None:
    unused = blobs.put_bytes(b"nobody's")
    Blob.objects.update(created_at=timezone.now() - timedelta(days=2))
    used = set(Blob.objects.exclude(pk=unused.pk).values_list("pk", flat=True))
    make_old(blobs.path_of(unused.pk))
    assert kinds(check()) == {"blob.unused"}
    assert check(repair=True).problems == []
    assert set(Blob.objects.values_list("pk", flat=True)) == used
    assert not blobs.path_of(unused.pk).exists()
    assert check().problems == []


def test_storing_the_same_bytes_again_saves_them_from_a_sweep(quiet: Seeded) -> None:
    sha256, _ = blobs.write_chunks([b"comes back"])
    make_old(blobs.path_of(sha256))
    yesterday = time.time() - 86_400
    blobs.write_chunks([b"comes back"])
    assert blobs.remove_file(sha256, older_than=yesterday) is False
    assert blobs.read(sha256) == b"comes back"


def test_leftovers_of_killed_writers_go_after_a_day(quiet: Seeded) -> None:
    incoming = Path(settings.STORAGE_DIR) / "incoming" / "half"
    incoming.write_bytes(b"half")
    abandoned = Path(settings.STAGING_DIR) / "import-999999"
    abandoned.mkdir(parents=True)
    assert check().problems == []
    scratch, idle = Path(settings.STAGING_DIR) / "ingest-killed", Path(settings.STAGING_DIR) / "ingest-dimse-idle"
    scratch.mkdir()
    idle.mkdir()
    (scratch / "file").write_bytes(b"bytes of a patient")
    make_old(scratch / "file")
    for path in (incoming, abandoned, scratch, idle):
        make_old(path)
    assert kinds(check()) == {"store.partial", "staging.leftover"}
    assert check(repair=True).problems == []
    assert not incoming.exists()
    assert not abandoned.exists()
    assert not scratch.exists()
    assert idle.exists(), "a receiver that waits for its next association"


def test_an_upload_under_way_is_no_leftover(quiet: Seeded) -> None:
    import_ = create_import(project=quiet.world.project, actor=quiet.world.mona)
    staging.receive(import_.pk, "a.dcm", [b"bytes"])
    Import.objects.filter(pk=import_.pk).update(files_received=1)
    make_old(staging.folder_of(import_.pk))
    assert check(repair=True).problems == []
    assert staging.received(import_.pk)[0].path.exists()


def test_every_table_that_names_a_blob_is_marked() -> None:
    """The sweep asks the models: this fails when a column stops being a foreign key, so that nobody sweeps it away."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        pointing = {
            (table, column)
            for table in tables
            for column, (_, target) in connection.introspection.get_relations(cursor, table).items()
            if target == "core_blob"
        }
    assert {(model._meta.db_table, column) for model, column in references.blob_columns()} == pointing
    assert len(pointing) >= 6


test_every_table_that_names_a_blob_is_marked = pytest.mark.django_db(test_every_table_that_names_a_blob_is_marked)


def test_a_database_of_an_older_version_is_said_to_be_one(tmp_path: Path) -> None:
    done = program("fsck", env=environment(tmp_path / "new"))
    assert done.returncode == 1
    assert "medreview migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_program_ends_with_0_only_when_clean(seeded: Seeded) -> None:
    given = environment()
    done = program("fsck", "--json", env=given)
    assert done.returncode in (0, 1)
    assert Reading.objects.exists()
    assert set(result_of(done)) == {"clean", "checked", "problems", "repaired"}
