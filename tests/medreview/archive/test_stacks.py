"""What comes in is where it was: affine, spacing, order and values of every kind of stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medreview.accounts.models import User
from medreview.archive import hooks
from medreview.archive.models import Grid, Instance
from medreview.archive.parsing.decode import rgb_from_ybr
from medreview.archive.volume import read_volume
from medreview.cases.models import Case
from medreview.labels.models import LabelSet
from medreview.reading.models import Reading
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn


def only_grid() -> Grid:
    return Grid.objects.get()


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal", "oblique"])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_series_is_ordered_by_position_with_its_true_affine(
    take_in: TakeIn, tmp_path: Path, orientation: str, is_reversed: bool
) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", orientation=orientation, reversed=is_reversed)
    summary = take_in(tmp_path / "s").summary
    grid = only_grid()
    assert summary["counts"]["accepted"] == len(phantom.files)
    assert np.allclose(grid.affine_lps, phantom.affine_lps, atol=1e-6)
    assert np.allclose(grid.spacing_mm, phantom.spacing_mm)
    assert [piece["sop_instance_uid"] for piece in grid.slices] == list(phantom.sop_uids)
    assert np.array_equal(read_volume(grid)[0], phantom.volume)
    assert (grid.warnings, grid.blocks_training, grid.spacing_known, grid.orientation_known) == ([], False, True, True)


@pytest.mark.parametrize("syntax", ["rle", "jpegls", "j2k"])
def test_compressed_frames_are_kept_as_they_are_and_decode_to_the_same_values(
    take_in: TakeIn, tmp_path: Path, syntax: str
) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", transfer_syntax=syntax)
    take_in(tmp_path / "s")
    assert np.array_equal(read_volume(only_grid())[0], phantom.volume)
    row = Instance.objects.first()
    assert row is not None
    assert row.frame_transfer_syntax_uid == phantoms.COMPRESSED_SYNTAXES[syntax]


def test_equal_pixels_have_one_hash_whatever_the_syntax(take_in: TakeIn, tmp_path: Path) -> None:
    for syntax in (None, "rle", "jpegls", "j2k"):
        folder = tmp_path / str(syntax)
        phantoms.write_mr_series(folder, transfer_syntax=syntax, patient_id=f"P-{syntax}")
        take_in(folder)
    assert Grid.objects.count() == 4
    assert len(set(Grid.objects.values_list("pixel_sha256", flat=True))) == 1


def test_ct_values_are_hu_and_only_where_the_rescale_says_so(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_ct_series(tmp_path / "s")
    take_in(tmp_path / "s")
    grid = only_grid()
    assert grid.rescale_is_hu
    assert np.array_equal(read_volume(grid)[0], phantom.volume)
    assert {"lung", "bone", "soft", "brain"} <= {preset["key"] for preset in grid.window_presets}


def test_mr_is_not_hu_and_gets_a_window_from_its_pixels(take_in: TakeIn, tmp_path: Path) -> None:
    phantoms.write_mr_series(tmp_path / "s")
    take_in(tmp_path / "s")
    grid = only_grid()
    assert not grid.rescale_is_hu
    assert [preset["key"] for preset in grid.window_presets] == ["auto"]
    assert grid.thumbnail_id is not None


def test_monochrome1_comes_out_bright_is_high(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_cr_image(tmp_path / "s", photometric="MONOCHROME1")
    take_in(tmp_path / "s")
    grid = only_grid()
    assert grid.photometric_interpretation == "MONOCHROME1"
    assert np.array_equal(read_volume(grid)[0], phantom.volume)


def test_without_spacing_and_orientation_nothing_is_guessed(take_in: TakeIn, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "s")
    import_ = take_in(tmp_path / "s")
    grid = only_grid()
    assert (grid.spacing_known, grid.orientation_known, grid.blocks_training) == (False, False, False)
    assert {warning["rule"] for warning in grid.warnings} == {"spacing.absent", "orientation.absent"}
    assert import_.items.get().outcome == "warning"


def test_spacing_at_the_detector_is_not_spacing_in_the_patient(take_in: TakeIn, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "s", extra={"ImagerPixelSpacing": ["0.2", "0.2"]})
    take_in(tmp_path / "s")
    grid = only_grid()
    assert not grid.spacing_known
    assert any("at the detector" in warning["text"] for warning in grid.warnings)


def test_a_missing_slice_is_named_and_blocks_training(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_with_missing_slice(tmp_path / "s", missing=5)
    import_ = take_in(tmp_path / "s")
    item = import_.items.get()
    assert (item.outcome, item.rule, item.blocks_training) == ("warning", "geometry.missing_slice", True)
    assert phantom.files[4].name in item.reason
    assert phantom.files[5].name in item.reason
    assert "6.0 mm" in item.reason
    assert only_grid().blocks_training


def test_uneven_spacing_blocks_training(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    moved = pydicom.dcmread(phantom.files[7])
    moved.ImagePositionPatient = [*moved.ImagePositionPatient[:2], float(moved.ImagePositionPatient[2]) + 0.7]
    moved.save_as(phantom.files[7])
    import_ = take_in(tmp_path / "s")
    assert import_.items.get().rule == "geometry.uneven_spacing"
    assert only_grid().blocks_training


def test_a_tilted_gantry_keeps_its_sheared_affine_and_blocks_training(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_with_gantry_tilt(tmp_path / "s", degrees=15.0)
    import_ = take_in(tmp_path / "s")
    grid = only_grid()
    assert import_.items.get().rule == "geometry.gantry_tilt"
    assert "15.0" in import_.items.get().reason
    assert np.allclose(grid.affine_lps, phantom.affine_lps, atol=1e-6)
    assert grid.blocks_training


def test_a_duplicate_position_is_named_and_nothing_is_lost(take_in: TakeIn, tmp_path: Path) -> None:
    phantom, second = phantoms.write_with_duplicate_position(tmp_path / "s", position=4)
    import_ = take_in(tmp_path / "s")
    item = import_.items.get()
    assert item.rule == "geometry.duplicate_position"
    assert second.name in item.reason
    assert phantom.files[4].name in item.reason
    main = Grid.objects.get(number=0)
    assert main.blocks_training
    assert np.array_equal(read_volume(main)[0], phantom.volume)
    assert Grid.objects.count() == 2


def test_repeated_positions_are_volumes_in_time(take_in: TakeIn, tmp_path: Path) -> None:
    first = phantoms.write_mr_series(tmp_path / "s" / "a", extra={"AcquisitionNumber": 1})
    second = phantoms.write_mr_series(
        tmp_path / "s" / "b", seed=1, extra={"AcquisitionNumber": 2}, study_uid=first.study_uid,
        series_uid=first.series_uid + ".1", frame_of_reference_uid=first.frame_of_reference_uid,
    )  # fmt: skip
    for path in second.files:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = first.series_uid
        dataset.save_as(path)
    take_in(tmp_path / "s")
    grids = list(Grid.objects.order_by("time_index"))
    assert [grid.time_index for grid in grids] == [0, 1]
    assert np.array_equal(read_volume(grids[0])[0], first.volume)
    assert np.array_equal(read_volume(grids[1])[0], second.volume)
    assert not any(grid.blocks_training for grid in grids)


def test_a_localiser_inside_a_series_becomes_a_stack_of_its_own(take_in: TakeIn, tmp_path: Path) -> None:
    axial, scout = phantoms.write_two_orientations(tmp_path / "s")
    take_in(tmp_path / "s")
    grids = list(Grid.objects.order_by("number"))
    assert [grid.shape_zyx for grid in grids] == [list(axial.shape_zyx), list(scout.shape_zyx)]
    assert np.allclose(grids[0].affine_lps, axial.affine_lps)
    assert np.allclose(grids[1].affine_lps, scout.affine_lps)


def test_an_unusable_rescale_gives_stored_values_no_hu_and_no_training(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_ct_series(tmp_path / "s", extra={"RescaleSlope": "0"})
    take_in(tmp_path / "s")
    grid = only_grid()
    assert (grid.rescale_is_hu, grid.blocks_training) == (False, True)
    assert np.array_equal(read_volume(grid)[0], phantom.stored)


def arrive_in_two_parts(take_in: TakeIn, folder: Path, between: Callable[[Grid], None]) -> phantoms.Phantom:
    phantom = phantoms.write_mr_series(folder / "s", shuffle=False)
    late = folder / "late"
    late.mkdir()
    for path in phantom.files[8:]:
        path.rename(late / path.name)
    take_in(folder / "s")
    between(Grid.objects.get())
    take_in(late)
    return phantom


def test_slices_that_arrive_later_make_the_stack_longer_while_nobody_reads_it(take_in: TakeIn, tmp_path: Path) -> None:
    before: list[int] = []
    phantom = arrive_in_two_parts(take_in, tmp_path, lambda grid: before.append(grid.pk))
    grid = Grid.objects.get()
    assert [grid.pk] == before
    assert grid.shape_zyx == list(phantom.shape_zyx)
    assert np.allclose(grid.affine_lps, phantom.affine_lps)
    assert np.array_equal(read_volume(grid)[0], phantom.volume)


def test_slices_that_arrive_later_change_no_grid_in_use(
    take_in: TakeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "GRIDS_IN_USE", [set])
    kept: list[dict[str, object]] = []
    phantom = arrive_in_two_parts(
        take_in, tmp_path, lambda grid: kept.append(Grid.objects.filter(pk=grid.pk).values().get())
    )
    assert Grid.objects.filter(pk=kept[0]["id"]).values().get() == kept[0]
    whole = Grid.objects.exclude(pk=kept[0]["id"]).get()
    assert whole.shape_zyx == list(phantom.shape_zyx)


def test_a_case_with_a_reading_is_in_use(take_in: TakeIn, tmp_path: Path, annotator: User) -> None:
    def read(grid: Grid) -> None:
        case = Case.objects.get(grids=grid)
        label_set = LabelSet.objects.create(project=case.project, version=1)
        Reading.objects.create(case=case, project=case.project, reader=annotator, label_set=label_set)

    arrive_in_two_parts(take_in, tmp_path, read)
    assert sorted(grid.shape_zyx[0] for grid in Grid.objects.all()) == [8, 12]


def write_enhanced(folder: Path, phantom: phantoms.Phantom, order: np.ndarray) -> None:
    """One multi-frame MR with the phantom's slices in `order`, geometry in functional groups."""
    parts = [pydicom.dcmread(phantom.files[k]) for k in order]
    whole = parts[0]
    groups = []
    for part in parts:
        position, group = Dataset(), Dataset()
        position.ImagePositionPatient = part.ImagePositionPatient
        group.PlanePositionSequence = Sequence([position])
        groups.append(group)
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = whole.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = whole.PixelSpacing, whole.SliceThickness
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Sequence([orientation]), Sequence([measures])
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(whole, keyword)
    whole.SharedFunctionalGroupsSequence = Sequence([shared])
    whole.PerFrameFunctionalGroupsSequence = Sequence(groups)
    whole.NumberOfFrames = len(parts)
    whole.PixelData = b"".join(phantom.stored[k].tobytes() for k in order)
    folder.mkdir()
    whole.save_as(folder / "enhanced.dcm")


def test_an_enhanced_multi_frame_image_is_a_stack_by_its_frames_positions(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "single", orientation="oblique")
    order = np.random.default_rng(3).permutation(len(phantom.files))
    write_enhanced(tmp_path / "multi", phantom, order)
    take_in(tmp_path / "multi")
    grid = only_grid()
    assert np.allclose(grid.affine_lps, phantom.affine_lps, atol=1e-6)
    assert [piece["frame"] for piece in grid.slices] == [int(np.flatnonzero(order == k)[0]) + 1 for k in range(12)]
    assert np.array_equal(read_volume(grid)[0], phantom.volume)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_a_colour_clip_is_a_stack_in_stored_order(take_in: TakeIn, tmp_path: Path, photometric: str) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (5, 16, 12, 3)).astype(np.uint8)
    path = phantoms.write_cr_image(tmp_path / "s", shape_yx=(16, 12)).files[0]
    dataset = pydicom.dcmread(path)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, photometric, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.NumberOfFrames = 8, 8, 7, 5
    dataset.PixelData = frames.tobytes()
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path)
    take_in(tmp_path / "s")
    volume = read_volume(only_grid())
    truth = frames if photometric == "RGB" else np.stack([rgb_from_ybr(frame) for frame in frames])
    assert volume.shape == (3, 5, 16, 12)
    assert np.array_equal(volume, truth.transpose(3, 0, 1, 2))
