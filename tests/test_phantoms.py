"""The phantoms are what they claim; every other test that reads files rests on this."""

import json
from pathlib import Path
from xml.etree import ElementTree

import nibabel as nib
import numpy as np
import pydicom
import pytest
from PIL import Image

from tests import phantom_folders, phantoms


def position_along_normal(dataset: pydicom.Dataset) -> float:
    row, column = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    return float(np.cross(row, column) @ np.array(dataset.ImagePositionPatient, float))


@pytest.mark.parametrize("orientation", list(phantoms.ORIENTATIONS))
@pytest.mark.parametrize("is_reversed", [False, True])
def test_files_sorted_by_position_give_the_volume(tmp_path: Path, orientation: str, is_reversed: bool) -> None:
    phantom = phantoms.write_mr_series(tmp_path, orientation=orientation, reversed=is_reversed)
    datasets = sorted((pydicom.dcmread(path) for path in tmp_path.iterdir()), key=position_along_normal)
    assert [item.SOPInstanceUID for item in datasets] == list(phantom.sop_uids)
    np.testing.assert_array_equal(np.stack([item.pixel_array for item in datasets]), phantom.volume)
    numbers = [item.InstanceNumber for item in datasets]
    assert numbers == sorted(numbers, reverse=is_reversed)
    assert [path.name for path in phantom.files] != sorted(path.name for path in phantom.files)
    last = np.array(datasets[-1].ImagePositionPatient, float)
    np.testing.assert_allclose(phantom.affine_lps @ [0, 0, len(datasets) - 1, 1], [*last, 1], atol=1e-6)
    assert [float(value) for value in datasets[0].PixelSpacing] == list(phantom.spacing_mm[1:])
    assert phantom.volume[phantom.masks["lesion"]].min() > phantom.volume[~phantom.masks["lesion"]].max()


def test_no_flip_or_transposition_gives_the_same_volume(tmp_path: Path) -> None:
    volume = phantoms.marker_volume((12, 12, 12)).astype(float)
    variants = [np.flip(volume, axis) for axis in range(3)] + [volume.transpose(0, 2, 1), volume.transpose(2, 1, 0)]
    assert all(np.abs(variant - volume).mean() > 20 for variant in variants)


@pytest.mark.parametrize("syntax", list(phantoms.COMPRESSED_SYNTAXES))
def test_compressed_files_decode_to_the_same_pixels(tmp_path: Path, syntax: str) -> None:
    phantom = phantoms.write_mr_series(tmp_path, shape_zyx=(2, 40, 32), transfer_syntax=syntax)
    dataset = pydicom.dcmread(phantom.files[1])
    assert dataset.file_meta.TransferSyntaxUID == phantoms.COMPRESSED_SYNTAXES[syntax]
    assert dataset.SOPInstanceUID == phantom.sop_uids[1]
    np.testing.assert_array_equal(dataset.pixel_array, phantom.stored[1])


def test_ct_volume_is_in_hounsfield_units_and_monochrome1_is_inverted(tmp_path: Path) -> None:
    ct = phantoms.write_ct_series(tmp_path / "ct")
    dataset = pydicom.dcmread(ct.files[3])
    np.testing.assert_array_equal(dataset.pixel_array - 1024.0, ct.volume[3])
    inverted = phantoms.write_cr_image(tmp_path / "cr", photometric="MONOCHROME1")
    dataset = pydicom.dcmread(inverted.files[0])
    np.testing.assert_array_equal(4095.0 - dataset.pixel_array, inverted.volume[0])
    assert "PixelSpacing" not in dataset
    assert "ImageOrientationPatient" not in dataset


def test_damaged_stacks_are_damaged_in_the_way_they_say(tmp_path: Path) -> None:
    missing = phantoms.write_with_missing_slice(tmp_path / "missing")
    steps = np.diff([position_along_normal(pydicom.dcmread(path)) for path in missing.files])
    assert steps.max() == pytest.approx(2 * steps.min())
    phantom, second = phantoms.write_with_duplicate_position(tmp_path / "duplicate")
    first_dataset, second_dataset = pydicom.dcmread(phantom.files[4]), pydicom.dcmread(second)
    assert first_dataset.ImagePositionPatient == second_dataset.ImagePositionPatient
    assert first_dataset.SOPInstanceUID != second_dataset.SOPInstanceUID
    assert (first_dataset.pixel_array != second_dataset.pixel_array).any()
    tilted = phantoms.write_with_gantry_tilt(tmp_path / "tilt")
    positions = np.array([pydicom.dcmread(path).ImagePositionPatient for path in tilted.files], float)
    angle = np.degrees(np.arctan2(positions[-1, 1] - positions[0, 1], positions[-1, 2] - positions[0, 2]))
    assert angle == pytest.approx(15.0)
    axial, scout = phantoms.write_two_orientations(tmp_path / "mixed")
    datasets = [pydicom.dcmread(path) for path in (*axial.files, *scout.files)]
    assert len({item.SeriesInstanceUID for item in datasets}) == 1
    assert len({tuple(item.ImageOrientationPatient) for item in datasets}) == 2
    assert len({item.SOPInstanceUID for item in datasets}) == len(datasets)


def test_brain_phantoms_differ_and_their_masks_stand_out(tmp_path: Path) -> None:
    first, second = phantoms.write_brain_phantoms(tmp_path, 2)
    assert first.study_uid != second.study_uid
    assert (first.masks["white_matter"] != second.masks["white_matter"]).any()
    for phantom in (first, second):
        lesion, white = phantom.masks["lesion"], phantom.masks["white_matter"]
        assert not (lesion & white).any()
        assert phantom.volume[lesion].mean() > phantom.volume[white].mean() + 300
        assert phantom.volume[white].mean() > phantom.volume[~(white | lesion)].mean() + 300


def test_the_nifti_affine_puts_the_label_where_the_volume_says(tmp_path: Path) -> None:
    case = phantom_folders.write_nifti_case(tmp_path)
    image, label = nib.load(case.image), nib.load(case.label)
    np.testing.assert_array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), case.volume)
    np.testing.assert_array_equal(np.asarray(label.dataobj).transpose(2, 1, 0), case.labels)
    np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ image.affine, case.affine_lps, atol=1e-5)
    assert set(np.unique(case.labels)) == {0, 1, 2}


def test_coco_and_voc_boxes_are_the_extent_of_the_shapes(tmp_path: Path) -> None:
    coco = phantom_folders.write_coco_folder(tmp_path / "coco")
    document = json.loads(coco.annotations.read_text())
    names = {item["id"]: item["file_name"] for item in document["images"]}
    assert len(document["annotations"]) == 12
    for item in document["annotations"]:
        x, y, width, height = item["bbox"]
        rows, columns = np.nonzero(coco.masks[names[item["image_id"]]] == item["category_id"])
        assert (x, y) == (columns.min(), rows.min())
        assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)
    name = coco.images[0].name
    np.testing.assert_array_equal(np.asarray(Image.open(coco.folder / "masks" / name)), coco.masks[name])
    voc = phantom_folders.write_voc_folder(tmp_path / "voc")
    root = ElementTree.parse(voc.annotations / f"{voc.images[0].stem}.xml").getroot()
    box = root.find("object/bndbox")
    assert box is not None
    _, x0, y0, x1, y1 = voc.boxes[voc.images[0].name][0]
    assert [int(box.findtext(tag, "")) for tag in ("xmin", "ymin", "xmax", "ymax")] == [x0 + 1, y0 + 1, x1, y1]
    assert phantom_folders.write_mask_folder(tmp_path / "masks").masks.keys() == voc.masks.keys()
