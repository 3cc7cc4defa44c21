"""The first copy of a UID wins; the same bytes twice change nothing; nobody is mixed up with anybody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pydicom
import pytest

from medreview.accounts.models import Project, User
from medreview.archive.models import Grid, Instance, Patient, Series, Study
from medreview.archive.services import import_paths
from medreview.cases.models import Case
from medreview.core import blobs
from medreview.core.models import AuditEvent
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn


def row_counts() -> list[int]:
    return [model.objects.count() for model in (Patient, Study, Series, Instance, Grid, Case)]


def test_a_second_import_of_the_same_bytes_changes_nothing(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    take_in(tmp_path / "s")
    before = row_counts()
    again = take_in(tmp_path / "s")
    assert row_counts() == before
    assert again.summary["counts"]["duplicate"] == len(phantom.files)
    assert again.summary["counts"]["accepted"] == 0
    assert (again.summary["patients_new"], again.summary["patients_known"], again.summary["cases_made"]) == (0, 1, 0)


def test_a_second_copy_that_differs_is_quarantined_and_the_first_untouched(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    take_in(tmp_path / "s")
    before = Instance.objects.filter(sop_instance_uid=phantom.sop_uids[3]).values().get()
    other = pydicom.dcmread(phantom.files[3])
    other.PixelData = bytes(len(other.PixelData))
    other.save_as(tmp_path / "other.dcm")
    import_ = take_in(tmp_path / "other.dcm")
    item = import_.items.get()
    assert (item.outcome, item.rule) == ("quarantined", "uid.second_copy_differs")
    assert item.kept is not None
    assert blobs.read(item.kept.sha256) == (tmp_path / "other.dcm").read_bytes()
    assert Instance.objects.filter(sop_instance_uid=phantom.sop_uids[3]).values().get() == before
    assert AuditEvent.objects.filter(action="import.quarantined").count() == 1


def test_one_study_under_two_patients_is_quarantined(take_in: TakeIn, tmp_path: Path) -> None:
    first = phantoms.write_mr_series(tmp_path / "a", patient_id="ONE")
    phantoms.write_mr_series(
        tmp_path / "b", patient_id="TWO", study_uid=first.study_uid, series_uid=first.study_uid + ".9"
    )
    take_in(tmp_path / "a")
    import_ = take_in(tmp_path / "b")
    assert {item.rule for item in import_.items.all()} == {"uid.study_of_two_patients"}
    assert Patient.objects.count() == 1


def test_a_preamble_is_stored_as_zeros_and_the_received_hash_kept(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_cr_image(tmp_path / "s")
    raw = phantom.files[0].read_bytes()
    program = b"MZ" + b"\x90" * 126 + raw[128:]
    phantom.files[0].write_bytes(program)
    take_in(tmp_path / "s")
    row = Instance.objects.get()
    stored = blobs.read(row.stored_id)
    assert row.source_sha256 == hashlib.sha256(program).hexdigest()
    assert stored[:128] == bytes(128)
    assert stored[128:] == program[128:]


def test_projects_do_not_see_each_other_but_share_the_bytes(take_in: TakeIn, tmp_path: Path, manager: User) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    take_in(tmp_path / "s")
    other = Project.objects.create(slug="second", name="Second")
    again = import_paths(project=other, actor=manager, paths=[tmp_path / "s"])
    assert again.summary["counts"]["accepted"] == len(phantom.files)
    assert Instance.objects.count() == 2 * len(phantom.files)
    assert len(set(Instance.objects.values_list("stored_id", flat=True))) == len(phantom.files)
    assert len(set(Patient.objects.values_list("pseudonym", flat=True))) == 2


@pytest.mark.parametrize("spelling", ["P1 ", "p1", "P-1"])
def test_aliases_stay_two_patients(take_in: TakeIn, tmp_path: Path, spelling: str) -> None:
    phantoms.write_cr_image(tmp_path / "a", patient_id="P1")
    phantoms.write_cr_image(tmp_path / "b", patient_id=spelling, seed=1)
    take_in(tmp_path / "a", tmp_path / "b")
    expected = 1 if spelling == "P1 " else 2  # trailing spaces are padding in DICOM (PS3.5 6.2)
    assert Patient.objects.count() == expected
    assert len(set(Patient.objects.values_list("split_key", flat=True))) == 1


def test_studies_without_a_patient_id_are_not_joined(take_in: TakeIn, tmp_path: Path) -> None:
    for seed in (1, 2):
        phantoms.write_cr_image(tmp_path / str(seed), seed=seed, patient_id="")
    take_in(tmp_path)
    assert Patient.objects.count() == 2
    assert len(set(Patient.objects.values_list("split_key", flat=True))) == 2


def test_text_with_nul_and_controls_is_stored_without_them(take_in: TakeIn, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "s", extra={"SeriesDescription": "a\x00b\x1b[31mc<script>"})
    take_in(tmp_path / "s")
    assert "\x00" not in Series.objects.get().series_description
    assert "\x1b" not in Series.objects.get().series_description
    assert "\x00" not in str(Instance.objects.get().header)
