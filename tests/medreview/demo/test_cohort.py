"""The demo cohort is what it says: aligned truth, valid and repeatable DICOM, honest marks, all or nothing on disk."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medreview.demo.acquisition import draw_grid, draw_pose
from medreview.demo.cohort import CohortFolderError, generate_cohort
from medreview.demo.manifest import MR_MARK, DemoStudy, Manifest, hash_file
from medreview.demo.patient import has_follow_up, write_patient
from medreview.demo.template import TemplateMissingError, find_template_folder

SEED, PATIENTS, CT_SLICES = 11, 2, 6


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("demo") / "cohort"
    return folder, generate_cohort(folder, seed=SEED, patients=PATIENTS, ct_slices=CT_SLICES, workers=1)


def read_by_position(folder: Path, study: DemoStudy) -> tuple[np.ndarray, list[pydicom.Dataset]]:
    """Modality values `zyx` sorted by position along the normal alone, and the headers in that order."""
    datasets = [pydicom.dcmread(path) for path in sorted((folder / study.files).glob("*.dcm"))]
    row, column = np.array(datasets[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(row, column)
    datasets.sort(key=lambda item: float(normal @ np.array(item.ImagePositionPatient, float)))
    stack = np.stack([item.pixel_array.astype(float) for item in datasets])
    first = datasets[0]
    return stack * float(first.get("RescaleSlope", 1)) + float(first.get("RescaleIntercept", 0)), datasets


def mr_studies(manifest: Manifest) -> list[DemoStudy]:
    return [study for study in manifest.studies if study.modality == "MR"]


def test_lesions_and_white_matter_are_brighter_than_their_surroundings(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    for study in mr_studies(manifest):
        volume, _ = read_by_position(folder, study)
        truth = np.load(folder / study.truth)
        lesion, white = truth["lesion"], truth["white_matter"]
        assert volume.shape == lesion.shape == white.shape == study.shape_zyx
        assert not (lesion & white).any()
        around_lesion = ndimage.binary_dilation(lesion, iterations=3) & ~ndimage.binary_dilation(lesion)
        assert volume[lesion].mean() > 1.25 * volume[around_lesion].mean(), study.key
        assert volume[lesion].mean() > 1.1 * volume[white].mean(), study.key
        around_white = ndimage.binary_dilation(white | lesion, iterations=2) & ~(white | lesion)
        assert volume[white].mean() > 1.3 * volume[around_white].mean(), study.key
        # The check itself is sensitive to order: the same truth against the stack upside down must fail.
        assert volume[::-1][white].mean() < 0.9 * volume[white].mean(), study.key


def test_the_manifest_affine_gives_the_position_of_every_slice(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    for study in manifest.studies:
        _, datasets = read_by_position(folder, study)
        affine = np.array(study.affine_lps)
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        np.testing.assert_allclose(spacing[::-1], study.spacing_mm, atol=1e-6)
        for position, dataset in enumerate(datasets):
            np.testing.assert_allclose(
                np.array(dataset.ImagePositionPatient, float), affine[:3, 3] + position * affine[:3, 2], atol=2e-6
            )
            cosines = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
            np.testing.assert_allclose(cosines, (affine[:3, :2] / spacing[:2]).T, atol=1e-9)
            assert [float(v) for v in dataset.PixelSpacing] == pytest.approx([spacing[1], spacing[0]])
        numbers = [int(dataset.InstanceNumber) for dataset in datasets]
        assert numbers == sorted(numbers, reverse=study.is_reversed)


def test_boxes_hold_one_lesion_each_and_nothing_is_left_over(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    for study in manifest.studies:
        lesion = np.load(folder / study.truth)["lesion"]
        _, count = ndimage.label(lesion, np.ones((3, 3, 3)))
        assert count == study.lesion_count == len(study.lesion_boxes) > 0
        covered = np.zeros_like(lesion)
        for z0, y0, x0, z1, y1, x1 in study.lesion_boxes:
            inside = lesion[z0:z1, y0:y1, x0:x1]
            assert all(inside.any(axis=other)[[0, -1]].all() for other in ((1, 2), (0, 2), (0, 1)))
            covered[z0:z1, y0:y1, x0:x1] = True
        assert not (lesion & ~covered).any()


def test_identifiers_are_valid_and_unique_and_every_file_is_marked_synthetic(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    seen: set[str] = set()
    for study in manifest.studies:
        _, datasets = read_by_position(folder, study)
        assert len(datasets) == study.file_count == study.shape_zyx[0]
        for dataset in datasets:
            for uid in (dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID):
                assert uid.is_valid
            assert dataset.SOPInstanceUID not in seen
            assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
            assert dataset.StudyInstanceUID == study.study_uid
            assert dataset.SeriesInstanceUID == study.series_uid
            assert dataset.FrameOfReferenceUID == study.frame_of_reference_uid
            assert dataset.PatientID == study.patient_id
            assert dataset.StudyDate == study.study_date.replace("-", "")
            assert dataset.StudyDate.startswith("2026")
            assert "synthetic demo" in dataset.StudyDescription
            assert dataset.ImageComments.startswith("synthetic demo: ")
            if study.modality == "MR":
                assert dataset.ImageComments == MR_MARK
            seen.add(dataset.SOPInstanceUID)
    assert len({study.study_uid for study in manifest.studies}) == len(manifest.studies)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    cohort: tuple[Path, Manifest], tmp_path: Path
) -> None:
    folder, manifest = cohort
    (again,) = write_patient(tmp_path / "again", seed=SEED, number=0)
    assert again in manifest.studies
    for path in sorted((tmp_path / "again" / again.files).iterdir()):
        assert hash_file(path) == hash_file(folder / again.files / path.name), path.name
    assert hash_file(tmp_path / "again" / again.truth) == again.truth_sha256
    (other,) = write_patient(tmp_path / "other", seed=SEED + 1, number=0)
    assert other.pixels_sha256 != again.pixels_sha256
    assert other.study_uid != again.study_uid


def test_a_follow_up_shows_the_same_lesions_changed_at_a_later_date(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    (second,) = [study for study in manifest.studies if study.follow_up_of]
    (first,) = [study for study in manifest.studies if study.key == second.follow_up_of]
    assert (first.patient_id, first.lesion_count) == (second.patient_id, second.lesion_count)
    assert first.study_date < second.study_date
    assert first.frame_of_reference_uid != second.frame_of_reference_uid
    volumes_mm3 = [
        np.load(folder / study.truth)["lesion"].sum() * np.prod(study.spacing_mm) for study in (first, second)
    ]
    assert abs(np.log(volumes_mm3[1] / volumes_mm3[0])) > 0.15
    assert sum(has_follow_up(number) for number in range(40)) == 6


def test_a_second_call_changes_nothing(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    reports: list[tuple[int, int, str]] = []
    again = generate_cohort(
        folder,
        seed=SEED,
        patients=PATIENTS,
        ct_slices=CT_SLICES,
        progress=lambda done, total, text: reports.append((done, total, text)),
    )
    assert again == manifest == Manifest.read(folder / "manifest.json")
    assert reports == []
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_the_ct_holds_true_hounsfield_units(cohort: tuple[Path, Manifest]) -> None:
    folder, manifest = cohort
    (study,) = [item for item in manifest.studies if item.modality == "CT"]
    volume, datasets = read_by_position(folder, study)
    nodules = ndimage.binary_erosion(np.load(folder / study.truth)["lesion"], np.ones((1, 3, 3)))
    assert volume[:, :20, :20].mean() == pytest.approx(-1000, abs=3)
    assert volume[nodules].mean() == pytest.approx(35, abs=30)
    assert volume.min() >= -1024
    assert volume.max() <= 3071
    assert (volume > 500).any()
    assert datasets[0].RescaleType == "HU"


def test_two_processes_write_what_one_does_and_report_progress(tmp_path: Path) -> None:
    reports: list[tuple[int, int, str]] = []
    two = generate_cohort(
        tmp_path / "two", seed=3, patients=0, ct_slices=4, workers=2, progress=lambda *report: reports.append(report)
    )
    one = generate_cohort(tmp_path / "one", seed=3, patients=0, ct_slices=4, workers=1)
    assert two == one
    assert [(done, total) for done, total, _ in reports] == [(0, 2), (1, 2), (2, 2)]
    assert not list(tmp_path.glob("*.partial"))


def test_other_parameters_replace_a_cohort_but_never_another_folder(tmp_path: Path) -> None:
    generate_cohort(tmp_path / "demo", seed=3, patients=0, ct_slices=1)
    replaced = generate_cohort(tmp_path / "demo", seed=4, patients=0, ct_slices=1)
    assert Manifest.read(tmp_path / "demo" / "manifest.json") == replaced
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("mine")
    with pytest.raises(CohortFolderError, match="not a demo cohort"):
        generate_cohort(tmp_path / "notes", seed=4, patients=0, ct_slices=1)
    assert (tmp_path / "notes" / "thesis.txt").read_text() == "mine"


def test_an_interrupted_run_leaves_no_cohort_and_can_be_repeated(tmp_path: Path) -> None:
    def stop(done: int, total: int, text: str) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_cohort(tmp_path / "demo", seed=3, patients=0, ct_slices=2, progress=stop, workers=1)
    assert not (tmp_path / "demo").exists()
    assert generate_cohort(tmp_path / "demo", seed=3, patients=0, ct_slices=2, workers=1).studies[0].file_count == 2


@pytest.mark.parametrize("bad", [{"patients": -1}, {"ct_slices": -1}, {"workers": 0}, {"patients": 0, "ct_slices": 0}])
def test_impossible_numbers_are_refused(bad: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="generate_cohort"):
        generate_cohort(tmp_path / "demo", **bad)
    assert not (tmp_path / "demo").exists()


def test_forty_patients_show_every_way_a_series_may_be_stored() -> None:
    rng = np.random.default_rng(0)
    grids = [draw_grid(rng, number, draw_pose(rng)) for number in range(40)]
    kinds = {grid.orientation for grid in grids}
    assert {"axial", "sagittal", "coronal", "axial_flipped", "axial_oblique"} <= kinds
    assert 0 < sum(grid.is_reversed for grid in grids) < 40
    assert 0 < sum(grid.spacing_mm[1] != grid.spacing_mm[2] for grid in grids) < 40
    assert all(1.9 <= grid.spacing_mm[2] <= 2.2 and 2.0 <= grid.spacing_mm[0] <= 3.0 for grid in grids)
    for grid in grids:
        axes = grid.affine_lps[:3, :3] / np.array(grid.spacing_mm)[::-1]
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
        assert np.linalg.det(axes) == pytest.approx(1.0)  # the third axis is row x column, so position ascends


def test_a_missing_template_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "nilearn", None)
    with pytest.raises(TemplateMissingError, match=r"pip install 'medreview\[demo\]'"):
        find_template_folder()
    with pytest.raises(TemplateMissingError):
        generate_cohort(tmp_path / "demo", patients=1, ct_slices=0)
    assert list(tmp_path.iterdir()) == []


def test_the_generator_needs_neither_django_nor_torch() -> None:
    code = "import sys, medreview.demo.cohort; print(sorted({'django', 'torch', 'nilearn'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
