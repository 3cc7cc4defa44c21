"""An erased patient is nowhere in the data directory; others, the split and the record of what happened stay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from medreview.annotations.models import AnnotationVersion, SliceMask
from medreview.archive import staging
from medreview.archive.models import Import, ImportItem, Instance, Patient, Quarantined
from medreview.archive.services import create_import, import_paths
from medreview.cases.models import Case, SplitAssignment
from medreview.cli.operations.check import check_all
from medreview.cli.operations.erase_bytes import erase_bytes
from medreview.cli.operations.erase_rows import erase_rows, find_patient
from medreview.cli.operations.kept_files import names_patient
from medreview.core import audit, blobs, jobs
from medreview.core.errors import Conflict, NotFound
from medreview.core.models import AuditEvent, Blob
from medreview.learning.models import DatasetSnapshot
from medreview.learning.services.snapshots import freeze_snapshot
from medreview.reading.models import JournalOperation, Reading
from tests import phantoms
from tests.factories import make_suggestion, make_world
from tests.medreview.learning.factories import make_model
from tests.medreview.operations.conftest import IDS, Seeded, database_url, environment, export, program, result_of

NAME = "Unforgettable^Quintessa"


def files_with(*tokens: bytes) -> list[str]:
    """Files below the data directory (the database with its log among them) that hold one of the tokens."""
    root = Path(settings.DATA_DIR)
    found = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if any(token in data for token in tokens):
                found.append(str(path.relative_to(root)))
    if connection.vendor == "postgresql" and any(token in _dump() for token in tokens):
        found.append("database")
    return found


def _dump() -> bytes:
    """Everything that PostgreSQL holds, as text."""
    return subprocess.run(["pg_dump", "--dbname", database_url()], capture_output=True, check=True).stdout


def add_quintessa(seeded: Seeded, folder: Path) -> Case:
    """A fourth patient with a name of her own, a twin file of hers in quarantine, and an import note that names her."""
    phantom = phantoms.write_mr_series(
        folder / "files",
        patient_id="QUINT-31337",
        patient_name=NAME,
        seed=9,
        extra={"PatientComments": "Quintessa again"},
    )
    import_paths(
        project=seeded.world.project, actor=seeded.world.mona, paths=[phantom.folder],
        options={"note": "from Unforgettable^Quintessa", "patients": {"a.dcm": "QUINT-31337", "b.dcm": "other"}},
    )  # fmt: skip
    return Case.objects.get(patient__patient_id="QUINT-31337")


def test_nothing_of_an_erased_patient_is_left_in_any_file(seeded: Seeded, tmp_path: Path) -> None:
    tokens = (b"QUINT-31337", b"Quintessa")
    assert files_with(*tokens) == []
    case = add_quintessa(seeded, tmp_path)
    before = files_with(*tokens)
    assert any("blobs" in name for name in before), "the test would show nothing"
    assert any("sqlite3" in name or name == "database" for name in before)
    connection.close()
    done = program(
        "erase-patient", "QUINT-31337", "--project", seeded.world.project.slug, "--yes", "--json", env=environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert result_of(done)["problems"] == []
    assert files_with(*tokens) == []
    assert not Case.objects.filter(pk=case.pk).exists()
    assert Case.objects.filter(pk__in=[one.pk for one in seeded.cases]).count() == 3
    report = check_all(repair=False, with_hashes=True, show=lambda text: None)
    assert report.problems == []


def test_the_work_on_a_patient_goes_and_that_on_others_stays(seeded: Seeded) -> None:
    """The approved patient: versions that the database freezes, drafts, decisions, an export that holds the SEG."""
    made = export(seeded, "dicom-seg")
    snapshot = freeze_snapshot(project=seeded.world.project, task="segmentation")
    model = make_model(seeded.world.project, snapshot=snapshot)
    versions = AnnotationVersion.objects.filter(annotation__case=seeded.cases[0])
    assert versions.count() == 2
    split = seeded.cases[0].split_id
    patient = find_patient(seeded.world.project.slug, IDS[0], None)
    erased = erase_rows(patient, really=True)
    assert not versions.exists()
    assert not Reading.objects.filter(pk=seeded.approved.pk).exists()
    assert not JournalOperation.objects.filter(reading_id=seeded.approved.pk).exists()
    assert JournalOperation.objects.filter(reading=seeded.draft).exists()
    assert SliceMask.objects.count() == 0
    made.refresh_from_db()
    assert (made.blob_id, made.verified) == (None, False)
    assert SplitAssignment.objects.filter(pk=split).exists(), "the side stays, so that the patient cannot change it"
    in_snapshot = snapshot.manifest["readings"] != []
    assert bool(erased.models) is in_snapshot
    if in_snapshot:
        assert [row["version"] for row in erased.models] == [model.version]
    assert DatasetSnapshot.objects.get(pk=snapshot.pk).manifest == snapshot.manifest


def test_models_that_saw_the_patient_are_listed_with_their_use(seeded: Seeded) -> None:
    case = seeded.cases[0]
    manifest = {"readings": [{"case_id": case.pk, "side": "train"}, {"case_id": -1, "side": "test"}]}
    snapshot = DatasetSnapshot.objects.create(
        project=seeded.world.project, label_set=seeded.world.label_set, task="segmentation", sha256="a" * 64,
        manifest=manifest,
    )  # fmt: skip
    make_model(seeded.world.project, snapshot=snapshot)
    make_model(seeded.world.project)
    erased = erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=False)
    assert [(row["version"], row["use"]) for row in erased.models] == [(1, "trained on")]


def test_frozen_rows_are_guarded_again_afterwards(seeded: Seeded) -> None:
    erase_rows(find_patient(seeded.world.project.slug, IDS[2], None), really=True)
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
        AnnotationVersion.objects.filter(annotation__case=seeded.cases[0]).update(finding_id="other")
    with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic(), connection.cursor() as c:
        c.execute("DELETE FROM annotations_segmentslice")


def test_a_dry_run_counts_and_changes_nothing(seeded: Seeded) -> None:
    before = (Instance.objects.count(), Blob.objects.count(), Reading.objects.count(), AuditEvent.objects.count())
    connection.close()
    done = program("erase-patient", IDS[0], "--project", seeded.world.project.slug, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    counted = result_of(done)
    after = (Instance.objects.count(), Blob.objects.count(), Reading.objects.count(), AuditEvent.objects.count())
    assert after == before
    really = erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    assert counted["rows"] == dict(really.rows)
    assert counted["blobs"] == len(really.freed)


def test_the_patient_id_must_be_typed(seeded: Seeded) -> None:
    command = [sys.executable, "-m", "medreview.cli", "erase-patient", IDS[0], "--project", seeded.world.project.slug]
    connection.close()
    done = subprocess.run(command, input="yes\n", env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert Patient.objects.filter(patient_id=IDS[0]).exists()
    done = subprocess.run(command, input=f"{IDS[0]}\n", env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not Patient.objects.filter(patient_id=IDS[0]).exists()


def test_bytes_that_another_project_has_too_stay(seeded: Seeded) -> None:
    other = make_world()
    import_paths(project=other.project, actor=other.mona, paths=[seeded.folders[2].folder])
    stored = list(Instance.objects.filter(project=other.project).values_list("stored_id", flat=True))
    patient = find_patient(seeded.world.project.slug, IDS[2], None)
    erased = erase_rows(patient, really=True)
    assert not erased.freed & set(stored)
    assert all(blobs.path_of(sha256).exists() for sha256 in stored)
    assert any(other.project.slug in note for note in erased.notes)


def test_a_patient_with_open_jobs_is_not_erased(seeded: Seeded) -> None:
    job = jobs.enqueue("learning.train", queue="batch", target_id=1, scope_id=seeded.world.project.pk)
    patient = find_patient(seeded.world.project.slug, IDS[0], None)
    with pytest.raises(Conflict, match="open jobs"):
        erase_rows(patient, really=True)
    jobs.cancel(job)
    erase_rows(patient, really=True)


def test_the_audit_says_what_happened_without_the_patient(seeded: Seeded) -> None:
    erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    event = AuditEvent.objects.latest("id")
    assert event.action == "archive.erase_patient"
    assert event.detail["rows"]["archive.Instance"] > 0
    assert audit.verify() == []
    assert not [e.pk for e in AuditEvent.objects.all() if IDS[0] in str(e.detail) + e.object_id]


def test_an_erased_patient_comes_back_on_the_same_side(seeded: Seeded) -> None:
    side = seeded.cases[0].split.side
    erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    import_paths(project=seeded.world.project, actor=seeded.world.mona, paths=[seeded.folders[0].folder])
    assert Case.objects.get(patient__patient_id=IDS[0]).split.side == side


def test_lines_of_imports_lose_names_but_keep_their_counts(seeded: Seeded) -> None:
    lines = ImportItem.objects.filter(patient__patient_id=IDS[0])
    pks = list(lines.values_list("pk", flat=True))
    assert pks
    erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    assert set(ImportItem.objects.filter(pk__in=pks).values_list("name", "reason", "kept")) == {("(erased)", "", None)}


def test_a_file_in_quarantine_goes_with_its_patient(seeded: Seeded, tmp_path: Path) -> None:
    """A second, different copy of one of her instances was kept in quarantine: it names nobody but her."""
    phantom = seeded.folders[0]
    twin = tmp_path / "twin"
    twin.mkdir()
    header = pydicom.dcmread(phantom.files[0])
    header.PatientComments = "another content under the same UID"
    header.save_as(twin / "twin.dcm")
    import_paths(project=seeded.world.project, actor=seeded.world.mona, paths=[twin])
    kept = set(ImportItem.objects.exclude(kept=None).values_list("kept_id", flat=True))
    kept |= set(Quarantined.objects.exclude(kept=None).values_list("kept_id", flat=True))
    assert len(kept) == 1
    erased = erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    assert kept <= erased.freed
    assert not Quarantined.objects.filter(kept__in=kept).exists()


def test_the_files_that_a_failed_import_kept_for_another_try_go_too(seeded: Seeded) -> None:
    import_ = create_import(project=seeded.world.project, actor=seeded.world.mona)
    staging.receive(import_.pk, "again.dcm", [b"nobody has read whose this is"])
    Import.objects.filter(pk=import_.pk).update(state="failed")
    erased = erase_rows(find_patient(seeded.world.project.slug, IDS[0], None), really=True)
    assert erased.rows["failed imports emptied"] == 1
    erase_bytes(erased)
    assert not staging.folder_of(import_.pk).exists()


@pytest.mark.django_db
def test_whose_a_kept_file_is_is_told_from_its_bytes(tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path, patient_id="P-12")
    sha256 = blobs.put_file(phantom.files[0]).pk
    assert names_patient(sha256, "P-12")
    assert not names_patient(sha256, "P-1")
    assert not names_patient(sha256, "P-123")
    assert not names_patient("0" * 64, "P-12")
    truncated = blobs.put_bytes(phantom.files[0].read_bytes()[:300] + b"\x10\x00\x20\x00LO").pk
    assert names_patient(truncated, "P-12") in (True, False)


@pytest.mark.django_db
def test_an_unknown_patient_or_project_is_said(tmp_path: Path) -> None:
    world = make_world()
    with pytest.raises(NotFound, match="no project"):
        find_patient("nowhere", "P", None)
    with pytest.raises(NotFound, match="exactly"):
        find_patient(world.project.slug, "P", None)
    for issuer in ("A", "B"):
        Patient.objects.create(
            project=world.project,
            patient_id="P",
            issuer_of_patient_id=issuer,
            pseudonym=f"P-{issuer}",
            split_key=issuer,
        )
    with pytest.raises(Conflict, match="--issuer"):
        find_patient(world.project.slug, "P", None)
    assert find_patient(world.project.slug, "P", "B").issuer_of_patient_id == "B"


def test_suggestions_of_a_patient_go_with_their_masks(seeded: Seeded) -> None:
    train = next(case for case in seeded.cases if not case.is_reference)
    suggestion = make_suggestion(train, make_model(seeded.world.project))
    masks = list(suggestion.slices.values_list("mask_id", flat=True))
    assert masks
    erase_rows(train.patient, really=True)
    assert not SliceMask.objects.filter(pk__in=masks).exists()
