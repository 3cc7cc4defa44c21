"""What is exported, opened by independent readers, equals what was approved: voxels, boxes, and where they are."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom as hd
import nibabel as nib
import numpy as np
import pydicom
import pytest

from medreview.annotations.formats.content import ExportError
from medreview.archive.models import Grid
from medreview.archive.services.imports import import_paths
from medreview.cases.models import Case
from medreview.cases.services import make_cases
from medreview.core import jobs
from medreview.core.models import Job
from medreview.reading import tasks  # noqa: F401 (declares the job)
from medreview.reading.models import Export
from medreview.reading.services import ExternalFinding, export_files, record_external_reading
from tests import phantoms
from tests.factories import World, grid_of, make_case
from tests.medreview.reading.conftest import claim, decide, operation, post, submit

# A job's heartbeat is a thread of its own: it must see the job's row, or the job is lost after three seconds.
pytestmark = pytest.mark.usefixtures("threaded_db")
BOX = ((1, 2, 3), (4, 9, 8))
GEOMETRIES: dict[str, dict[str, Any]] = {
    "anisotropic": {"spacing_mm": (5.0, 0.7, 1.3)},
    "oblique": {"orientation": "oblique"},
    "reversed": {"reversed": True, "orientation": "sagittal"},
    "coronal": {"orientation": "coronal", "spacing_mm": (2.0, 1.1, 0.9)},
}


def blobs_of(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two overlapping, unsymmetrical masks; one touches the edge of the grid."""
    first, second = np.zeros(shape, bool), np.zeros(shape, bool)
    first[2:5, 4:9, 3:11] = True
    first[4, 10, 5] = True
    second[0:3, 0:6, 0:5] = True
    return first, second


def import_phantom(world: World, folder: Path) -> Case:
    from medreview.archive.models import Series

    before = set(Case.objects.values_list("pk", flat=True))
    import_ = import_paths(project=world.project, actor=world.mona, paths=[folder])
    if not Case.objects.exclude(pk__in=before).exists():
        ids = list(Series.objects.filter(project=world.project).values_list("pk", flat=True))
        make_cases(import_=import_, series_ids=ids)
    return Case.objects.exclude(pk__in=before).get()


def approve(world: World, case: Case) -> tuple[Grid, np.ndarray, np.ndarray]:
    grid = grid_of(case)
    first, second = blobs_of(tuple(grid.shape_zyx))
    findings = [
        ExternalFinding("lesion", "segment", grid.pk, mask=first),
        ExternalFinding("organ", "segment", grid.pk, mask=second),
        ExternalFinding("nodule", "box", grid.pk, box=BOX),
    ]
    record_external_reading(
        case=case, reader=world.alice, findings=findings, statements={}, state="approved", actor=world.mona
    )
    return grid, first, second


def run_export(world: World, export_format: str) -> tuple[Export, zipfile.ZipFile]:
    url = f"/api/v1/projects/{world.project.pk}/exports"
    made = world.client("mona").post(url, {"format": export_format}, format="json")
    assert made.status_code == 201, made.json()
    job = Job.objects.get(kind="reading.export", target_id=made.json()["id"])
    jobs.execute(job.pk, owner="test")
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    answer = world.client("mona").get(f"/api/v1/exports/{made.json()['id']}").json()
    assert (answer["state"], answer["verified"], answer["error"]) == ("done", True, "")
    file = world.client("mona").get(answer["url"])
    assert file.status_code == 200
    assert file["Content-Disposition"].startswith("attachment")

    async def gather() -> bytes:
        return b"".join([chunk async for chunk in file.streaming_content])

    data = asyncio.run(gather())
    assert len(data) == answer["bytes"]
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert len(archive.namelist()) == answer["files"]
    return Export.objects.get(pk=answer["id"]), archive


def phantom_world(world: World, folder: Path, options: dict[str, Any]) -> tuple[phantoms.Phantom, Grid, Any, Any]:
    folder.mkdir(exist_ok=True)
    phantom = phantoms.write_mr_series(folder, **options)
    grid, first, second = approve(world, import_phantom(world, folder))
    return phantom, grid, first, second


@pytest.mark.parametrize("name", GEOMETRIES)
def test_dicom_seg_read_by_highdicom_equals_what_was_approved(world: World, tmp_path: Path, name: str) -> None:
    phantom, _, first, second = phantom_world(world, tmp_path / "in", GEOMETRIES[name])
    _, archive = run_export(world, "dicom-seg")
    [member] = [entry for entry in archive.namelist() if entry.endswith(".dcm")]
    seg = hd.seg.segread(io.BytesIO(archive.read(member)))
    assert seg.number_of_segments == 2
    assert [seg.get_segment_description(n).SegmentLabel for n in (1, 2)] == ["Lesion", "Organ"]
    assert {seg.get_segment_description(n).SegmentAlgorithmType for n in (1, 2)} == {"MANUAL"}
    assert str(seg.FrameOfReferenceUID) == phantom.frame_of_reference_uid
    planes = seg.get_pixels_by_source_instance(
        list(phantom.sop_uids), segment_numbers=[1, 2], ignore_spatial_locations=True,
        assert_missing_frames_are_empty=True,
    )  # fmt: skip
    np.testing.assert_array_equal(planes[..., 0].astype(bool), first)
    np.testing.assert_array_equal(planes[..., 1].astype(bool), second)
    volume = seg.get_volume(segment_numbers=[1])
    assert phantom.affine_lps is not None
    corner = np.argwhere(volume.array[..., 0] > 0)[0]
    at = volume.affine @ np.append(corner, 1.0)
    index = np.linalg.inv(phantom.affine_lps) @ at
    k, row, column = (round(v) for v in (index[2], index[1], index[0]))
    assert np.abs(index[:3] - [column, row, k]).max() < 1e-3
    assert first[k, row, column]


@pytest.mark.parametrize("name", GEOMETRIES)
def test_nifti_read_by_nibabel_equals_what_was_approved(world: World, tmp_path: Path, name: str) -> None:
    phantom, grid, first, second = phantom_world(world, tmp_path / "in", GEOMETRIES[name])
    _, archive = run_export(world, "nifti")
    expected = {"lesion": first, "organ": second}
    members = [entry for entry in archive.namelist() if entry.endswith(".nii.gz")]
    assert len(members) == 2
    for member in members:
        archive.extract(member, tmp_path / "out")
        image = nib.load(tmp_path / "out" / member)
        key = Path(member).name.removesuffix(".nii.gz")
        assert image.get_data_dtype() == np.uint8
        mask = np.asarray(image.dataobj).transpose(2, 1, 0).astype(bool)
        np.testing.assert_array_equal(mask, expected[key])
        assert phantom.affine_lps is not None
        lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
        np.testing.assert_allclose(lps, phantom.affine_lps, atol=1e-4)
        np.testing.assert_allclose(image.header.get_zooms()[::-1], grid.spacing_mm, atol=1e-4)
    sidecar = json.loads(archive.read(next(entry for entry in archive.namelist() if entry.endswith("labels.json"))))
    assert {one["key"]: one["status"] for one in sidecar["labels"]} == {"lesion": "marked", "organ": "marked"}


@pytest.mark.parametrize("name", ["anisotropic", "oblique"])
def test_coco_holds_the_approved_voxels_and_boxes(world: World, tmp_path: Path, name: str) -> None:
    _, grid, first, _ = phantom_world(world, tmp_path / "in", GEOMETRIES[name])
    _, archive = run_export(world, "coco")
    coco = json.loads(archive.read("annotations.json"))
    assert len(coco["images"]) == grid.shape_zyx[0]
    images = {one["id"]: one for one in coco["images"]}
    names = {one["id"]: one["key"] for one in coco["categories"]}
    found = np.zeros_like(first)
    boxes = []
    for one in coco["annotations"]:
        k = images[one["image_id"]]["k"]
        if names[one["category_id"]] == "lesion":
            counts, (rows, columns) = one["segmentation"]["counts"], one["segmentation"]["size"]
            assert sum(counts) == rows * columns
            flat, at = np.zeros(rows * columns, bool), 0
            for number, count in enumerate(counts):
                flat[at : at + count] = number % 2 == 1
                at += count
            found[k] = flat.reshape(columns, rows).T
            x, y, width, height = one["bbox"]
            assert found[k].sum() == one["area"] == found[k][y : y + height, x : x + width].sum()
        elif names[one["category_id"]] == "nodule":
            boxes.append((k, one["bbox"]))
    np.testing.assert_array_equal(found, first)
    (z0, y0, x0), (z1, y1, x1) = BOX
    assert boxes == [(k, [x0, y0, x1 - x0, y1 - y0]) for k in range(z0, z1)]


@pytest.mark.parametrize("export_format", ["dicom-seg", "nifti", "coco"])
def test_the_manifest_says_what_the_images_cannot(world: World, tmp_path: Path, export_format: str) -> None:
    phantom_world(world, tmp_path / "in", {})
    _, archive = run_export(world, export_format)
    manifest = json.loads(archive.read("manifest.json"))
    [case] = manifest["cases"]
    assert case["label_status"] == {
        "lesion": "marked", "organ": "marked", "nodule": "marked", "quality": "not_assessed",
    }  # fmt: skip
    assert {mark["kind"] for mark in case["marks"]} == {"segment", "box"}
    assert "PHANTOM" not in archive.read("manifest.json").decode()


def test_only_approved_work_is_exported(world: World, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    phantoms.write_mr_series(tmp_path / "a", patient_id="A")
    case = import_phantom(world, tmp_path / "a")
    alice = world.client("alice")
    reading = claim(alice, case)
    mark = operation(
        "paint", finding_id="f", label_key="lesion", grid_id=grid_of(case).pk, tool="brush",
        slices=[{"k": 3, "runs": [40, 9]}],
    )  # fmt: skip
    post(alice, reading, mark, base=0)
    url = f"/api/v1/projects/{world.project.pk}/exports"
    assert world.client("mona").post(url, {"format": "nifti"}, format="json").status_code == 409
    submit(alice, reading)
    assert world.client("mona").post(url, {"format": "nifti"}, format="json").status_code == 409
    decide(world.client("bob"), reading, "approve")
    _, archive = run_export(world, "nifti")
    assert len([name for name in archive.namelist() if name.endswith(".nii.gz")]) == 1


def test_a_label_searched_and_not_found_is_not_written_but_said(world: World) -> None:
    case = make_case(world.project)
    alice = world.client("alice")
    reading = claim(alice, case)
    submit(alice, reading, normal=True)
    decide(world.client("bob"), reading, "approve")
    _, archive = run_export(world, "dicom-seg")
    assert archive.namelist() == ["manifest.json"]
    assert json.loads(archive.read("manifest.json"))["cases"][0]["label_status"]["lesion"] == "searched_none"


def test_a_flat_image_without_a_place_in_the_patient_is_exported(world: World, tmp_path: Path) -> None:
    (tmp_path / "cr").mkdir()
    phantoms.write_cr_image(tmp_path / "cr")
    case = import_phantom(world, tmp_path / "cr")
    grid = grid_of(case)
    mask = np.zeros(tuple(grid.shape_zyx), bool)
    mask[0, 10:20, 5:30] = True
    record_external_reading(
        case=case, reader=world.alice, statements={}, state="approved", actor=world.mona,
        findings=[ExternalFinding("lesion", "segment", grid.pk, mask=mask)],
    )  # fmt: skip
    _, archive = run_export(world, "dicom-seg")
    [member] = [entry for entry in archive.namelist() if entry.endswith(".dcm")]
    seg = hd.seg.segread(io.BytesIO(archive.read(member)))
    planes = seg.get_pixels_by_source_instance(
        [grid.slices[0]["sop_instance_uid"]], segment_numbers=[1], ignore_spatial_locations=True
    )
    np.testing.assert_array_equal(planes[..., 0].astype(bool), mask)


@pytest.mark.parametrize("export_format", ["dicom-seg", "nifti", "coco"])
def test_a_file_that_says_something_else_fails_the_export(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export_format: str
) -> None:
    phantom_world(world, tmp_path / "in", {})
    spoil: dict[str, Callable[[Path], None]] = {"dicom-seg": _flip_seg, "nifti": _flip_nifti, "coco": _flip_coco}
    for name in ("write_seg", "write_nifti"):
        honest = getattr(export_files, name)

        def dishonest(case: Any, grid: Any, path: Path, honest: Any = honest) -> Any:
            written = honest(case, grid, path)
            spoil[export_format](path if path.is_file() else next(path.glob("*.nii.gz")))
            return written

        monkeypatch.setattr(export_files, name, dishonest)
    honest_write = export_files.CocoDocument.write
    monkeypatch.setattr(
        export_files.CocoDocument, "write", lambda self, path: (honest_write(self, path), _flip_coco(path))[0]
    )
    url = f"/api/v1/projects/{world.project.pk}/exports"
    made = world.client("mona").post(url, {"format": export_format}, format="json").json()
    jobs.execute(Job.objects.get(kind="reading.export").pk, owner="test")
    failed = world.client("mona").get(f"/api/v1/exports/{made['id']}").json()
    assert (failed["state"], failed["verified"], failed["url"]) == ("failed", False, None)
    assert "approved" in failed["error"] or "file" in failed["error"]
    assert world.client("mona").get(f"/api/v1/exports/{made['id']}/download").status_code == 404


def _flip_seg(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    data = bytearray(dataset.PixelData)
    data[len(data) // 2] ^= 1
    dataset.PixelData = bytes(data)
    dataset.save_as(path)


def _flip_nifti(path: Path) -> None:
    image = nib.load(path)
    data = np.asarray(image.dataobj).copy()
    data[0, 0, -1] ^= 1
    nib.save(nib.Nifti1Image(data, image.affine, image.header), path)


def _flip_coco(path: Path) -> None:
    document = json.loads(path.read_text())
    document["annotations"][-1]["bbox"][0] += 1
    path.write_text(json.dumps(document))


def test_who_may_export(world: World) -> None:
    url = f"/api/v1/projects/{world.project.pk}/exports"
    for persona, status in (("alice", 403), ("bob", 403), ("mona", 200), ("mallory", 404), (None, 401)):
        assert world.client(persona).get(url).status_code == status
    export = Export.objects.create(project=world.project, format="coco")
    for path in ("", "/download"):
        for persona, status in (("alice", 403), ("bob", 403), ("mallory", 404), (None, 401)):
            assert world.client(persona).get(f"/api/v1/exports/{export.pk}{path}").status_code == status
    assert world.client("mona").get(f"/api/v1/exports/{export.pk}/download").status_code == 404
    assert world.client("mona").post(url, {"format": "exe"}, format="json").status_code == 400


def test_an_image_that_is_gone_is_named(world: World) -> None:
    from medreview.annotations.formats.seg import write_seg
    from medreview.reading.services.export_files import _cases

    case = make_case(world.project)
    approve(world, case)
    [content] = _cases(world.project)
    with pytest.raises(ExportError, match="archive"):
        write_seg(content, content.grids[0], Path("/nowhere"))
