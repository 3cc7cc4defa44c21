"""Small images for tests, written with pydicom, pillow and nibabel, with everything known about them.

No patient data. Volumes are `zyx`, affines 4x4 (column, row, slice) to LPS mm, slices in order of position along the
normal (row direction x column direction). Every volume holds an "F" and unequal gradients: no flip, transposition or
reversal gives the same picture. `tests/phantom_folders.py` writes NIfTI, COCO and VOC.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels import compress
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
)

SOP_CLASSES = {"MR": MRImageStorage, "CT": CTImageStorage, "CR": ComputedRadiographyImageStorage}
COMPRESSED_SYNTAXES = {"rle": RLELossless, "jpegls": JPEGLSLossless, "j2k": JPEG2000Lossless}
STORED_MAX = 4095  # 12 bits stored
Lesion = tuple[float, float, float, float]  # z, y, x of the centre in voxels, radius in mm

_Z20, _X30 = np.deg2rad(20.0), np.deg2rad(30.0)
_TURN = np.array([[np.cos(_Z20), -np.sin(_Z20), 0], [np.sin(_Z20), np.cos(_Z20), 0], [0, 0, 1]]) @ np.array(
    [[1, 0, 0], [0, np.cos(_X30), -np.sin(_X30)], [0, np.sin(_X30), np.cos(_X30)]]
)
ORIENTATIONS: dict[str, np.ndarray] = {  # rows: row direction, column direction
    "axial": np.array([[1.0, 0, 0], [0, 1.0, 0]]),
    "sagittal": np.array([[0, 1.0, 0], [0, 0, -1.0]]),
    "coronal": np.array([[1.0, 0, 0], [0, 0, -1.0]]),
    "oblique": np.array([[1.0, 0, 0], [0, 1.0, 0]]) @ _TURN.T,
}


@dataclass(frozen=True)
class Phantom:
    """A written series and the truth about it.

    `volume` float32 `zyx`, modality values in MONOCHROME2 order; `stored` uint16, what is in the files; `masks` bool.
    `files` and `sop_uids` are in position order. `affine_lps` is None where the files carry no geometry.
    """

    folder: Path
    patient_id: str
    files: tuple[Path, ...]
    sop_uids: tuple[str, ...]
    volume: np.ndarray
    stored: np.ndarray
    affine_lps: np.ndarray | None
    spacing_mm: tuple[float, float, float] | None
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    masks: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        z, y, x = self.volume.shape
        return z, y, x


def uid(*parts: object) -> str:
    """A valid UID that depends on `parts` alone."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(map(str, parts))).int}"


def marker_volume(shape_zyx: Sequence[int], seed: int = 0) -> np.ndarray:
    """uint16 below 4096: gradients of unequal slope along z, y and x, an "F" in the lower half of z, some noise."""
    nz, ny, nx = shape_zyx
    z, y, x = np.indices((nz, ny, nx))
    volume = 300 + 200 * z / nz + 330 * y / ny + 90 * x / nx
    inked = np.zeros((ny, nx), bool)
    top, left, thick = ny // 8, nx // 6, max(1, nx // 12)
    bottom, right = ny - ny // 6, nx - nx // 4
    inked[top:bottom, left : left + thick] = True
    inked[top : top + max(1, ny // 12), left:right] = True
    inked[ny // 2 : ny // 2 + max(1, ny // 12), left : left + (right - left) // 2] = True
    volume[: max(1, (nz * 2) // 3), inked] += 900
    noise = np.random.default_rng(seed).integers(0, 12, volume.shape)
    return (volume + noise).astype(np.uint16)


def make_affine(
    spacing_mm: Sequence[float], orientation: str, origin_lps: Sequence[float] = (-31.5, 17.25, 44.0)
) -> np.ndarray:
    """4x4, (column, row, slice) to LPS mm; `spacing_mm` is `zyx`: between slices, rows, columns."""
    row, column = ORIENTATIONS[orientation]
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * spacing_mm[2], column * spacing_mm[1]
    affine[:3, 2] = np.cross(row, column) * spacing_mm[0]
    affine[:3, 3] = origin_lps
    return affine


def ball(shape_zyx: Sequence[int], spacing_mm: Sequence[float], lesion: Lesion) -> np.ndarray:
    """Mask of the voxels within `lesion[3]` mm of the voxel position `lesion[:3]`."""
    away = np.indices(tuple(shape_zyx)) - np.array(lesion[:3]).reshape(3, 1, 1, 1)
    mask: np.ndarray = ((away * np.array(spacing_mm).reshape(3, 1, 1, 1)) ** 2).sum(axis=0) <= lesion[3] ** 2
    return mask


def write_mr_series(
    folder: Path,
    *,
    patient_id: str = "PHANTOM-1",
    patient_name: str = "Phantom^One",
    shape_zyx: tuple[int, int, int] = (12, 40, 32),
    spacing_mm: tuple[float, float, float] = (3.0, 1.5, 1.0),
    orientation: str = "axial",
    reversed: bool = False,
    seed: int = 0,
    shuffle: bool = True,
    lesion: Lesion | bool = True,
    origin_lps: Sequence[float] = (-31.5, 17.25, 44.0),
    modality: str = "MR",
    rescale: tuple[float, float] | None = None,
    photometric: str = "MONOCHROME2",
    transfer_syntax: str | None = None,
    study_uid: str | None = None,
    series_uid: str | None = None,
    frame_of_reference_uid: str | None = None,
    volume: np.ndarray | None = None,
    extra: dict[str, Any] | None = None,
) -> Phantom:
    """Write one series of single-frame files; MR by default, CT with `modality="CT", rescale=(1.0, -1024.0)`.

    `reversed`: instance numbers run against the normal. `shuffle`: file names follow no order at all. `lesion`: a
    bright ball, by default off centre. `transfer_syntax`: a key of COMPRESSED_SYNTAXES. `volume`: own uint16 values.
    MONOCHROME1 stores 4095 - value. `extra`: further DICOM keywords for every file (None deletes one).
    """
    stored = marker_volume(shape_zyx, seed) if volume is None else volume.astype(np.uint16)
    masks: dict[str, np.ndarray] = {}
    if lesion is not False:
        where = lesion if isinstance(lesion, tuple) else _default_lesion(shape_zyx, spacing_mm)
        masks["lesion"] = ball(shape_zyx, spacing_mm, where)
        stored[masks["lesion"]] = 2400
    slope, intercept = rescale or (1.0, 0.0)
    values = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    if photometric == "MONOCHROME1":
        stored = (STORED_MAX - stored).astype(np.uint16)
    affine = make_affine(spacing_mm, orientation, origin_lps)
    key = (patient_id, seed, orientation, modality, folder.name)
    study_uid, series_uid = study_uid or uid(*key, "study"), series_uid or uid(*key, "series")
    frame_of_reference_uid = frame_of_reference_uid or uid(*key, "frame of reference")
    header = _base(modality, patient_id, patient_name, study_uid, series_uid)
    header.FrameOfReferenceUID, header.PositionReferenceIndicator = frame_of_reference_uid, ""
    header.PatientPosition = "HFS"
    header.ImageOrientationPatient = [_ds(value) for value in ORIENTATIONS[orientation].ravel()]
    header.PixelSpacing, header.SliceThickness = [_ds(spacing_mm[1]), _ds(spacing_mm[2])], _ds(spacing_mm[0])
    header.PhotometricInterpretation = photometric
    if rescale is not None:
        header.RescaleSlope, header.RescaleIntercept = _ds(slope), _ds(intercept)
        header.RescaleType = "HU" if modality == "CT" else "US"
    _apply_extra(header, extra)

    count = shape_zyx[0]
    names = np.random.default_rng(seed + 1).permutation(count) if shuffle else np.arange(count)
    files, sop_uids = [], []
    for position in range(count):
        header.SOPInstanceUID = uid(series_uid, position)
        header.InstanceNumber = count - position if reversed else position + 1
        header.ImagePositionPatient = [_ds(value) for value in affine[:3, 3] + position * affine[:3, 2]]
        files.append(folder / f"img{names[position]:04d}.dcm")
        sop_uids.append(header.SOPInstanceUID)
        save(header, stored[position], files[-1], transfer_syntax)
    return Phantom(
        folder=folder,
        patient_id=patient_id,
        files=tuple(files),
        sop_uids=tuple(sop_uids),
        volume=values,
        stored=stored,
        affine_lps=affine,
        spacing_mm=spacing_mm,
        study_uid=study_uid,
        series_uid=series_uid,
        frame_of_reference_uid=frame_of_reference_uid,
        masks=masks,
    )


def write_ct_series(folder: Path, **options: Any) -> Phantom:
    """A CT: the same values, stored with intercept -1024, so that `volume` is HU."""
    return write_mr_series(folder, **{"modality": "CT", "rescale": (1.0, -1024.0), **options})


def write_with_missing_slice(folder: Path, *, missing: int = 5, **options: Any) -> Phantom:
    """A series with one slice gone from the middle; `volume` and `files` are what is left."""
    phantom = write_mr_series(folder, **options)
    phantom.files[missing].unlink()
    keep = [position for position in range(phantom.shape_zyx[0]) if position != missing]
    return _only(phantom, keep)


def write_with_duplicate_position(folder: Path, *, position: int = 4, **options: Any) -> tuple[Phantom, Path]:
    """A series in which two instances with different pixels claim the same position; also returns the second's file."""
    phantom = write_mr_series(folder, **options)
    dataset = pydicom.dcmread(phantom.files[position])
    dataset.SOPInstanceUID = uid(phantom.series_uid, "duplicate", position)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber = phantom.shape_zyx[0] + 1
    dataset.PixelData = (phantom.stored[position] // 2).tobytes()
    second = folder / "second_at_same_position.dcm"
    dataset.save_as(second)
    return phantom, second


def write_with_gantry_tilt(folder: Path, *, degrees: float = 15.0, **options: Any) -> Phantom:
    """A CT whose slices are sheared: positions move along the column direction as well as along the normal.

    `affine_lps` is the true, sheared one; its third column is not parallel to the normal.
    """
    phantom = write_ct_series(folder, **options)
    affine, spacing_mm = phantom.affine_lps, phantom.spacing_mm
    if affine is None or spacing_mm is None:
        raise ValueError("a gantry tilt needs a geometry to tilt")
    affine = affine.copy()
    affine[:3, 2] += affine[:3, 1] / spacing_mm[1] * spacing_mm[0] * np.tan(np.deg2rad(degrees))
    for position, path in enumerate(phantom.files):
        dataset = pydicom.dcmread(path)
        dataset.ImagePositionPatient = [_ds(value) for value in affine[:3, 3] + position * affine[:3, 2]]
        dataset.GantryDetectorTilt = _ds(degrees)
        dataset.save_as(path)
    return replace(phantom, affine_lps=affine)


def write_two_orientations(folder: Path, **options: Any) -> tuple[Phantom, Phantom]:
    """One series UID over an axial stack and three sagittal scout slices of the same size."""
    axial = write_mr_series(folder / "a", orientation="axial", **options)
    shape_zyx = (3, *axial.shape_zyx[1:])
    scout = write_mr_series(
        folder / "b",
        **{
            **options,
            "orientation": "sagittal",
            "shape_zyx": shape_zyx,
            "spacing_mm": (10.0, 1.5, 1.5),
            "patient_id": axial.patient_id,
            "study_uid": axial.study_uid,
            "lesion": False,
        },
    )
    for path in scout.files:
        dataset = pydicom.dcmread(path)
        dataset.SeriesInstanceUID = axial.series_uid
        dataset.FrameOfReferenceUID = axial.frame_of_reference_uid
        dataset.save_as(path)
    return axial, replace(scout, series_uid=axial.series_uid, frame_of_reference_uid=axial.frame_of_reference_uid)


def write_cr_image(
    folder: Path,
    *,
    patient_id: str = "PHANTOM-CR",
    shape_yx: tuple[int, int] = (80, 64),
    photometric: str = "MONOCHROME2",
    seed: int = 0,
    transfer_syntax: str | None = None,
    volume: np.ndarray | None = None,
    extra: dict[str, Any] | None = None,
) -> Phantom:
    """One 2D radiograph without spacing, position or orientation: lengths are pixels, no side may be named.

    `volume`: own uint16 values, (1, rows, columns).
    """
    key = (patient_id, seed, photometric, folder.name)
    header = _base("CR", patient_id, "Phantom^Chest", uid(*key, "study"), uid(*key, "series"))
    header.SOPInstanceUID, header.InstanceNumber = uid(*key, "instance"), 1
    header.PhotometricInterpretation, header.ViewPosition = photometric, "PA"
    _apply_extra(header, extra)
    values = marker_volume((1, *shape_yx), seed) if volume is None else volume.astype(np.uint16)
    stored = (STORED_MAX - values).astype(np.uint16) if photometric == "MONOCHROME1" else values
    path = folder / "cr.dcm"
    save(header, stored[0], path, transfer_syntax)
    return Phantom(
        folder=folder,
        patient_id=patient_id,
        files=(path,),
        sop_uids=(header.SOPInstanceUID,),
        volume=values.astype(np.float32),
        stored=stored,
        affine_lps=None,
        spacing_mm=None,
        study_uid=header.StudyInstanceUID,
        series_uid=header.SeriesInstanceUID,
        frame_of_reference_uid="",
    )


def write_brain_phantoms(
    folder: Path, n: int, *, seed: int = 0, shape_zyx: tuple[int, int, int] = (16, 48, 48)
) -> list[Phantom]:
    """`n` patients with an ellipsoid head, a core called `white_matter` and one or two bright lesions in it.

    Edges are plain enough for a small U-Net to learn both masks in seconds on a processor. Masks never overlap.
    """
    spacing_mm = (4.0, 3.5, 3.5)
    phantoms = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        volume, masks = _brain(rng, shape_zyx, spacing_mm)
        phantom = write_mr_series(
            folder / f"brain{number:03d}",
            patient_id=f"BRAIN-{number:03d}",
            patient_name=f"Brain^{number:03d}",
            shape_zyx=shape_zyx,
            spacing_mm=spacing_mm,
            reversed=number % 3 == 2,
            seed=seed * 1000 + number,
            lesion=False,
            volume=volume,
        )
        phantoms.append(replace(phantom, masks=masks))
    return phantoms


def _brain(
    rng: np.random.Generator, shape_zyx: tuple[int, int, int], spacing_mm: tuple[float, float, float]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    unit = [np.linspace(-1, 1, size) for size in shape_zyx]
    z, y, x = np.meshgrid(*unit, indexing="ij", sparse=True)
    shift = rng.uniform(-0.08, 0.08, 3)
    radius = np.sqrt((z - shift[0]) ** 2 + ((y - shift[1]) * rng.uniform(0.95, 1.1)) ** 2 + (x - shift[2]) ** 2 * 1.25)
    wave = 0.05 * np.sin(5 * x + rng.uniform(0, 6)) + 0.05 * np.cos(4 * y + rng.uniform(0, 6))
    white = radius + wave < 0.52
    lesion = np.zeros(shape_zyx, bool)
    for _ in range(int(rng.integers(1, 3))):
        centre = np.argwhere(white)[rng.integers(white.sum())]
        lesion |= ball(shape_zyx, spacing_mm, (*map(float, centre), float(rng.uniform(6.0, 10.0)))) & (radius < 0.8)
    signal = np.full(shape_zyx, 40.0)
    signal[radius < 0.88] = 480
    signal[white] = 900
    signal[lesion] = 1500
    signal = signal * rng.uniform(0.85, 1.2) + rng.normal(0, 45, shape_zyx)
    return np.clip(signal, 0, STORED_MAX).astype(np.uint16), {"white_matter": white & ~lesion, "lesion": lesion}


def save(header: Dataset, plane: np.ndarray, path: Path, transfer_syntax: str | None = None) -> None:
    """Write `plane` (rows, columns) uint16 with the header's present values; optionally compressed, losslessly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    dataset = FileDataset("", header, file_meta=meta, preamble=b"\0" * 128)
    dataset.Rows, dataset.Columns = plane.shape
    dataset.PixelData = np.ascontiguousarray(plane, dtype="<u2").tobytes()
    if transfer_syntax is not None:
        compress(dataset, COMPRESSED_SYNTAXES[transfer_syntax], generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)


def _base(modality: str, patient_id: str, patient_name: str, study_uid: str, series_uid: str) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID, header.Modality = SOP_CLASSES[modality], modality
    header.PatientID, header.PatientName = patient_id, patient_name
    header.PatientBirthDate, header.PatientSex = "19700101", "O"
    header.StudyInstanceUID, header.SeriesInstanceUID = study_uid, series_uid
    header.StudyID, header.SeriesNumber, header.AccessionNumber, header.ReferringPhysicianName = "1", 1, "A1", ""
    header.StudyDate, header.StudyTime, header.SeriesDescription = "20260101", "101500", f"{modality} phantom"
    header.StudyDescription, header.Manufacturer = "phantom for tests", "MedReview tests"
    header.SamplesPerPixel, header.PixelRepresentation = 1, 0
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 12, 11
    return header


def _apply_extra(header: Dataset, extra: dict[str, Any] | None) -> None:
    for keyword, value in (extra or {}).items():
        if value is None:
            delattr(header, keyword)
        else:
            setattr(header, keyword, value)


def _default_lesion(shape_zyx: Sequence[int], spacing_mm: Sequence[float]) -> Lesion:
    nz, ny, nx = shape_zyx
    radius_mm = max(max(spacing_mm) * 1.2, 0.14 * min(ny * spacing_mm[1], nx * spacing_mm[2]))
    return (nz * 0.65, ny * 0.62, nx * 0.70, radius_mm)


def _only(phantom: Phantom, positions: Sequence[int]) -> Phantom:
    keep = list(positions)
    return replace(
        phantom,
        files=tuple(phantom.files[position] for position in keep),
        sop_uids=tuple(phantom.sop_uids[position] for position in keep),
        volume=phantom.volume[keep],
        stored=phantom.stored[keep],
        masks={name: mask[keep] for name, mask in phantom.masks.items()},
    )


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
