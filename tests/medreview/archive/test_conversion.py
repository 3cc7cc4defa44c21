"""Pictures and NIfTI volumes become archive rows without losing a value or a millimetre."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from medreview.archive.models import Grid, Instance, Patient
from medreview.archive.volume import read_volume
from ml.geometry import ras_to_lps
from tests.medreview.archive.conftest import TakeIn
from tests.phantom_folders import write_nifti_case

NIFTI = nib.nifti1.Nifti1Image


def assert_same_voxels(grid: Grid, data_xyz: np.ndarray, affine_ras: np.ndarray, atol: float = 0.0) -> None:
    """Every voxel of the file is found in the grid at its own place in the patient."""
    volume = read_volume(grid)[0]
    to_grid = np.linalg.inv(np.array(grid.affine_lps)) @ ras_to_lps(affine_ras)
    index = np.stack(np.indices(data_xyz.shape), axis=-1).reshape(-1, 3)
    x, y, z = np.rint(index @ to_grid[:3, :3].T + to_grid[:3, 3]).astype(int).T
    exact = index @ to_grid[:3, :3].T + to_grid[:3, 3]
    assert np.allclose(exact, np.rint(exact), atol=1e-4)
    assert np.allclose(volume[z, y, x], data_xyz.reshape(-1), atol=atol)


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal", "oblique"])
def test_a_nifti_volume_keeps_its_affine_and_values(take_in: TakeIn, tmp_path: Path, orientation: str) -> None:
    case = write_nifti_case(tmp_path / "set", orientation=orientation)
    take_in(case.image)
    grid = Grid.objects.get()
    assert np.allclose(grid.affine_lps, case.affine_lps, atol=1e-5)
    assert np.array_equal(read_volume(grid)[0], case.volume)
    assert (grid.spacing_known, grid.orientation_known, grid.blocks_training) == (True, True, False)


@pytest.mark.parametrize("flips", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
def test_flipped_axes_end_at_the_same_place_in_the_patient(
    take_in: TakeIn, tmp_path: Path, flips: tuple[int, int, int]
) -> None:
    data = np.arange(5 * 6 * 7, dtype=np.int16).reshape(5, 6, 7)
    affine = np.diag([1.5 * flips[0], 2.0 * flips[1], 3.0 * flips[2], 1.0])
    affine[:3, 3] = (-20.0, 13.0, 7.0)
    nib.save(NIFTI(data, affine), tmp_path / "v.nii")
    take_in(tmp_path / "v.nii")
    assert_same_voxels(Grid.objects.get(), data, affine)


def test_floats_keep_their_values_through_the_rescale(take_in: TakeIn, tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(3.0, 40.0, (6, 7, 8)).astype(np.float32)
    nib.save(NIFTI(data, np.eye(4)), tmp_path / "v.nii.gz")
    take_in(tmp_path / "v.nii.gz")
    step = (data.max() - data.min()) / 65_535
    assert_same_voxels(Grid.objects.get(), data, np.eye(4), atol=float(step))


def test_the_files_own_scaling_is_applied(take_in: TakeIn, tmp_path: Path) -> None:
    image = NIFTI(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    image.header.set_slope_inter(0.5, -10.0)
    nib.save(image, tmp_path / "v.nii")
    take_in(tmp_path / "v.nii")
    assert_same_voxels(Grid.objects.get(), np.asarray(nib.load(tmp_path / "v.nii").dataobj), np.eye(4))


def test_volumes_of_a_4d_file_are_series_of_one_study(take_in: TakeIn, tmp_path: Path) -> None:
    data = np.arange(3 * 4 * 5 * 2, dtype=np.int16).reshape(3, 4, 5, 2)
    nib.save(NIFTI(data, np.eye(4)), tmp_path / "v.nii")
    take_in(tmp_path / "v.nii")
    first, second = Grid.objects.order_by("series__series_number")
    assert first.series.study_id == second.series.study_id
    assert_same_voxels(first, data[..., 0], np.eye(4))
    assert_same_voxels(second, data[..., 1], np.eye(4))


def test_a_file_that_states_no_orientation_is_not_given_one(take_in: TakeIn, tmp_path: Path) -> None:
    image = NIFTI(np.zeros((3, 4, 5), np.int16), None)
    image.header["qform_code"] = image.header["sform_code"] = 0
    nib.save(image, tmp_path / "v.nii")
    take_in(tmp_path / "v.nii")
    assert not Grid.objects.get().orientation_known


def test_a_nifti_bomb_and_a_cut_file_are_refused(take_in: TakeIn, tmp_path: Path) -> None:
    image = NIFTI(np.zeros((4, 4, 4), np.int16), np.eye(4))
    image.header["vox_offset"] = 352
    header = bytes(image.header.binaryblock) + bytes(4)
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(header + bytes(140 * 1024 * 1024)))
    (tmp_path / "cut.nii.gz").write_bytes(gzip.compress(header)[:-8])
    (tmp_path / "short.nii").write_bytes(header)
    rules = {item.name: item.rule for item in take_in(tmp_path).items.all()}
    assert {name.rsplit("/", 1)[-1]: rule for name, rule in rules.items()} == {
        "bomb.nii.gz": "parse.inflates_too_far", "cut.nii.gz": "parse.damaged", "short.nii": "pixels.too_short",
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
def test_pictures_of_every_kind_keep_their_pixels(take_in: TakeIn, tmp_path: Path, mode: str) -> None:
    rng = np.random.default_rng(0)
    if mode == "I;16":
        pixels = rng.integers(0, 65_535, (20, 30)).astype(np.uint16)
        Image.fromarray(pixels).save(tmp_path / "p.png")
    else:
        pixels = rng.integers(0, 255, (20, 30, 3)).astype(np.uint8)
        Image.fromarray(pixels).convert(mode).save(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as image:
        grey = mode in ("L", "1", "I;16")
        truth = np.asarray(image if mode == "I;16" else image.convert("L" if grey else "RGB"))
    take_in(tmp_path / "p.png")
    grid = Grid.objects.get()
    volume = read_volume(grid)
    assert volume.shape == (1 if grey else 3, 1, 20, 30)
    assert np.array_equal(volume[:, 0], truth[np.newaxis] if grey else truth.transpose(2, 0, 1))
    assert (grid.spacing_known, grid.blocks_training) == (False, False)


def test_the_same_picture_twice_is_one_patient_named_by_the_option(take_in: TakeIn, tmp_path: Path) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "p.png")
    take_in(tmp_path / "p.png", patients={"p.png": "NAME"}, modality="DX")
    again = take_in(tmp_path / "p.png")
    assert again.summary["counts"]["duplicate"] == 1
    assert Patient.objects.get().patient_id == "NAME"
    assert Instance.objects.get().header["00080060"]["Value"] == ["DX"]
