"""Every form people bring labels in: what matched is counted, and what is stored equals what was drawn."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medreview.archive.models import Grid, Import, Patient
from medreview.cases.models import Case
from medreview.cli.importing.matching import on_grid
from medreview.cli.importing.run import import_labelled
from medreview.core.errors import Invalid
from medreview.reading.models import Reading
from medreview.reading.selectors import approved_readings, frozen_reading
from ml.geometry import lps_to_ras
from tests.medreview.importing.conftest import MakeProject
from tests.phantom_folders import write_coco_folder, write_mask_folder, write_nifti_case, write_voc_folder


def boxes_of(name: str) -> set[tuple[str, int, int, int, int]]:
    frozen = frozen_reading(Reading.objects.filter(case__in=case_named(name)).get())
    return {(key, start[2], start[1], stop[2], stop[1]) for key, _, start, stop in frozen.boxes}


def case_named(name: str) -> list[Case]:
    return list(Case.objects.filter(stacks__grid__series__instance__name__endswith=name).distinct())


def test_coco_boxes_and_patients(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "set")
    project, user = make_project(disc="box", square="box")
    report = import_labelled(
        project=project, paths=[folder.folder], labels_from="coco", as_state="approved", actor=user
    )
    assert report.totals() == {"imported": 6, "findings: disc": 6, "findings: square": 6}
    assert {patient.patient_id for patient in Patient.objects.all()} == set(folder.patients.values())
    assert approved_readings(project).count() == 6
    for name, boxes in folder.boxes.items():
        assert boxes_of(name) == set(boxes)


def test_voc_boxes_count_from_one_and_include_both_ends(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_voc_folder(tmp_path / "set", n=3)
    project, user = make_project(disc="box", square="box")
    report = import_labelled(project=project, paths=[folder.folder], labels_from="voc", as_state="approved", actor=user)
    assert report.totals() == {"imported": 3, "findings: disc": 3, "findings: square": 3}
    for name, boxes in folder.boxes.items():
        assert boxes_of(name) == set(boxes)


def test_masks_become_segments_voxel_by_voxel(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_mask_folder(tmp_path / "set", n=3)
    (folder.folder / "masks" / folder.images[2].name).unlink()
    project, user = make_project(disc="segment", square="segment:one")
    report = import_labelled(
        project=project, paths=[folder.folder], labels_from="masks", as_state="approved", actor=user,
        patient_from=r"picture_(\d)", mapping={"1": "disc", "2": "square"},
    )  # fmt: skip
    assert report.totals() == {"imported": 2, "no label file": 1, "findings: disc": 2, "findings: square": 2}
    assert [patient.patient_id for patient in Patient.objects.all()] == ["0"]
    for path in folder.images[:2]:
        frozen = frozen_reading(Reading.objects.get(case__in=case_named(path.name)))
        found = {key: mask[0] for key, _, mask in frozen.segments}
        assert np.array_equal(found["disc"], folder.masks[path.name] == 1)
        assert np.array_equal(found["square"], folder.masks[path.name] == 2)
        assert set(frozen.label_status.values()) == {"marked"}


@pytest.mark.parametrize("orientation", ["axial", "sagittal", "oblique"])
def test_nifti_label_maps_land_on_their_voxels(make_project: MakeProject, tmp_path: Path, orientation: str) -> None:
    case = write_nifti_case(tmp_path / "set", orientation=orientation)
    project, user = make_project(large="segment:one", small="segment:one")
    report = import_labelled(
        project=project, paths=[tmp_path / "set"], labels_from="nifti", as_state="approved", actor=user
    )
    assert report.label_of == {"1": "large", "2": "small"}
    assert report.totals() == {"imported": 1, "findings: large": 1, "findings: small": 1}
    found = {key: mask for key, _, mask in frozen_reading(Reading.objects.get()).segments}
    assert np.array_equal(found["large"], case.labels == 1)
    assert np.array_equal(found["small"], case.labels == 2)


@pytest.mark.parametrize("flips", [(1, 1, -1), (-1, 1, 1), (-1, -1, -1)])
def test_a_label_map_with_other_axes_than_its_image_is_turned(flips: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((4, 5, 6)) > 0.5  # z, y, x
    affine = np.diag([1.0, 1.5, 3.0, 1.0])
    affine[:3, 3] = (4.0, -7.0, 11.0)
    grid = Grid(shape_zyx=[4, 5, 6], affine_lps=affine.tolist())
    data = truth.transpose(2, 1, 0)
    flipped = data[:: flips[0], :: flips[1], :: flips[2]]
    turn = np.diag([*flips, 1]).astype(float)
    turn[:3, 3] = [0 if flip > 0 else size - 1 for flip, size in zip(flips, data.shape, strict=True)]
    assert np.array_equal(on_grid(flipped, lps_to_ras(affine @ turn), grid), truth)
    swapped = np.eye(4)[[1, 0, 2, 3]]
    assert np.array_equal(on_grid(data.transpose(1, 0, 2), lps_to_ras(affine @ swapped), grid), truth)
    with pytest.raises(Invalid, match="resample"):
        on_grid(data, lps_to_ras(affine @ np.diag([1.1, 1, 1, 1])), grid)
    with pytest.raises(Invalid, match="resample"):
        on_grid(data[1:], lps_to_ras(affine), grid)


def test_a_label_map_off_the_image_is_refused_for_that_case_only(make_project: MakeProject, tmp_path: Path) -> None:
    write_nifti_case(tmp_path / "set", "good")
    bad = write_nifti_case(tmp_path / "set", "bad", seed=1)
    image = nib.load(bad.label)
    moved = image.affine.copy()
    moved[:3, 3] += 0.4
    nib.save(nib.nifti1.Nifti1Image(np.asarray(image.dataobj), moved), bad.label)
    project, user = make_project(large="segment:one", small="segment:one")
    report = import_labelled(project=project, paths=[tmp_path / "set"], labels_from="nifti", actor=user)
    outcomes = {line.name: line.outcome for line in report.cases}
    assert outcomes == {"set/images/good.nii.gz": "imported", "set/images/bad.nii.gz": "refused"}
    assert "resample" in next(line.detail for line in report.cases if line.outcome == "refused")
    assert Reading.objects.get().state == "submitted"


def test_a_dry_run_writes_nothing_and_says_what_is_missing(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "set", n=2)
    project, user = make_project(disc="box")
    report = import_labelled(project=project, paths=[folder.folder], labels_from="coco", dry_run=True, actor=user)
    assert report.unmatched == ["square"]
    assert report.totals() == {"matched": 2, "findings: disc": 2}
    assert not Import.objects.exists()
    assert json.loads(json.dumps(report.as_json()))["images"] == 2


def test_an_image_without_a_thing_was_searched_and_others_not_assessed(
    make_project: MakeProject, tmp_path: Path
) -> None:
    folder = write_coco_folder(tmp_path / "set", n=2)
    document = json.loads(folder.annotations.read_text())
    document["annotations"] = [a for a in document["annotations"] if a["image_id"] != 1]
    folder.annotations.write_text(json.dumps(document))
    project, user = make_project(disc="box", square="box", other="box")
    import_labelled(project=project, paths=[folder.folder], labels_from="coco", as_state="approved", actor=user)
    frozen = frozen_reading(Reading.objects.get(case__in=case_named(folder.images[0].name)))
    assert frozen.label_status == {"disc": "searched_none", "square": "searched_none", "other": "not_assessed"}


def test_a_second_run_changes_nothing(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_voc_folder(tmp_path / "set", n=2)
    project, user = make_project(disc="box", square="box")
    for _ in range(2):
        report = import_labelled(project=project, paths=[folder.folder], labels_from="voc", actor=user)
    assert report.counts["duplicate"] == 2
    assert report.totals() == {"already read": 2}
    assert Reading.objects.count() == 2


def test_a_split_file_is_honoured(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "set", n=4)
    (tmp_path / "split.csv").write_text("patient,side\npatient-00,test\npatient-01,val\n")
    project, user = make_project(disc="box", square="box")
    import_labelled(
        project=project, paths=[folder.folder], labels_from="coco", split_file=tmp_path / "split.csv", actor=user
    )
    sides = {case.patient.patient_id: case.split.side for case in Case.objects.all()}
    assert sides == {"patient-00": "test", "patient-01": "val"}


def test_patients_from_a_table(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_mask_folder(tmp_path / "set", n=3)
    rows = "\n".join(f"{path.name},{folder.patients[path.name]}" for path in folder.images)
    (tmp_path / "patients.csv").write_text("file,patient\n" + rows)
    project, user = make_project(disc="segment", square="segment")
    import_labelled(
        project=project, paths=[folder.folder], labels_from="masks", patient_from=str(tmp_path / "patients.csv"),
        actor=user,
    )  # fmt: skip
    assert {patient.patient_id for patient in Patient.objects.all()} == {"patient-00", "patient-01"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"labels_from": "excel"}, "coco, voc, masks, nifti"),
        ({"labels_from": "voc"}, "no folder of VOC"),
        ({"labels_from": "coco", "as_state": "gold"}, "approved, for-review"),
        ({"labels_from": "coco", "patient_from": "("}, "regular expression"),
        ({"labels_from": "coco", "patient_from": "abc"}, "needs a group"),
        ({"labels_from": "coco", "patient_from": "(zzz)"}, "no patient for any"),
        ({"labels_from": "coco", "mapping": {"disc": "nothing"}}, "does not have"),
        ({"labels_from": "coco", "split_file": Path("nowhere.csv")}, "does not exist"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    make_project: MakeProject, tmp_path: Path, options: dict[str, object], says: str
) -> None:
    folder = write_coco_folder(tmp_path / "set", n=2, with_masks=False)
    project, user = make_project(disc="box", square="box")
    with pytest.raises(Invalid, match=says):
        import_labelled(project=project, paths=[folder.folder], actor=user, **options)
    assert not Import.objects.exists()


def test_a_project_with_none_of_the_labels_is_told_which(make_project: MakeProject, tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "set", n=2)
    project, user = make_project(tumour="box")
    with pytest.raises(Invalid, match="disc, square"):
        import_labelled(project=project, paths=[folder.folder], labels_from="coco", actor=user)
    assert not Import.objects.exists()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "labels_from", "labels", "totals"),
    [
        ("cxr", "coco", {"right-lung": "box:one", "left-lung": "box:one"},
         {"imported": 66, "findings: right-lung": 66, "findings: left-lung": 66}),
        ("cxr", "masks", {"lung": "segment:one"}, {"imported": 50, "no label file": 16, "findings: lung": 50}),
        ("bccd", "voc", {"rbc": "box", "wbc": "box", "platelets": "box"},
         {"imported": 204, "findings: rbc": 2338, "findings: wbc": 208, "findings: platelets": 219}),
        ("hippocampus", "nifti", {"anterior": "segment:one", "posterior": "segment:one"},
         {"imported": 65, "findings: anterior": 65, "findings: posterior": 65}),
    ],
)  # fmt: skip
def test_the_real_sets(
    make_project: MakeProject, shared_data: Path, name: str, labels_from: str, labels: dict[str, str],
    totals: dict[str, int],
) -> None:  # fmt: skip
    project, user = make_project(**labels)
    report = import_labelled(
        project=project, paths=[shared_data / name], labels_from=labels_from, as_state="approved", actor=user
    )
    assert report.totals() == totals
