"""Writing demo series as DICOM: one single-frame file per slice, explicit little endian, honestly marked synthetic."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

_UID_NAMESPACE = uuid.UUID("7f9d6a0e-52c1-4f0b-9a35-2b1f0c6de152")
_SOP_CLASSES = {"MR": MRImageStorage, "CT": CTImageStorage}


# Short, since worklists cut it; the whole mark is in Image Comments.
STUDY_DESCRIPTION = {"MR": "Brain T1 (synthetic demo)", "CT": "Chest CT (synthetic demo)"}


@dataclass(frozen=True)
class SeriesHeader:
    """What all files of a series share. `uid_parts` seed the instance UIDs; `extra` are further DICOM keywords."""

    modality: str
    patient_id: str
    patient_name: str
    patient_sex: str
    patient_birth_date: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    accession_number: str
    study_date: str
    study_time: str
    description: str
    mark: str
    uid_parts: tuple[object, ...]
    extra: dict[str, Any] = field(default_factory=dict)


def demo_uid(*parts: object) -> str:
    """A valid UID that depends on `parts` alone: the 2.25 form of a name-based UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(_UID_NAMESPACE, '/'.join(map(str, parts))).int}"


def write_slices(
    folder: Path,
    header: SeriesHeader,
    pixels: NDArray[np.int16],
    affine_lps: NDArray[np.float64],
    *,
    is_reversed: bool = False,
    first_slice: int = 0,
    slice_count: int | None = None,
) -> list[bytes]:
    """Write slices `zyx` int16 of one series; returns the SHA-256 digest of each slice's pixels in position order.

    `affine_lps` maps (column, row, slice) of the whole series to LPS mm. `pixels` may be a part of the series: it
    starts at `first_slice` of `slice_count`. With `is_reversed` instance number 1 is the last slice along the normal.
    """
    total = pixels.shape[0] if slice_count is None else slice_count
    folder.mkdir(parents=True, exist_ok=True)
    dataset = _common(header, affine_lps, rows=pixels.shape[1], columns=pixels.shape[2])
    digests = []
    for offset, plane in enumerate(pixels):
        position = first_slice + offset
        number = total - position if is_reversed else position + 1
        stored = np.ascontiguousarray(plane, dtype="<i2").tobytes()
        digests.append(hashlib.sha256(stored).digest())
        _set_slice(dataset, header, affine_lps, position, number, stored)
        dataset.save_as(folder / f"IM{number:04d}.dcm", enforce_file_format=True)
    return digests


def _set_slice(
    dataset: FileDataset,
    header: SeriesHeader,
    affine_lps: NDArray[np.float64],
    position: int,
    number: int,
    stored: bytes,
) -> None:
    origin = affine_lps[:3, 3] + position * affine_lps[:3, 2]
    normal = affine_lps[:3, 2] / np.linalg.norm(affine_lps[:3, 2])
    dataset.SOPInstanceUID = demo_uid(*header.uid_parts, "instance", position)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber = number
    dataset.ImagePositionPatient = [_decimal(value, 6) for value in origin]
    dataset.SliceLocation = _decimal(float(origin @ normal), 4)
    dataset.PixelData = stored


def _common(header: SeriesHeader, affine_lps: NDArray[np.float64], *, rows: int, columns: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = _SOP_CLASSES[header.modality]
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.PatientID, dataset.PatientName = header.patient_id, header.patient_name
    dataset.PatientSex, dataset.PatientBirthDate = header.patient_sex, header.patient_birth_date
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = header.study_uid, header.series_uid
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = header.frame_of_reference_uid, ""
    dataset.StudyID, dataset.AccessionNumber = header.accession_number, header.accession_number
    dataset.ReferringPhysicianName = ""
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(dataset, keyword, header.study_date)
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        setattr(dataset, keyword, header.study_time)
    dataset.Modality, dataset.SeriesNumber, dataset.AcquisitionNumber = header.modality, 1, 1
    dataset.StudyDescription, dataset.SeriesDescription = STUDY_DESCRIPTION[header.modality], header.description
    dataset.ImageComments = header.mark
    dataset.InstitutionName = "MedReview demo (no real patient)"
    dataset.BurnedInAnnotation = "NO"
    _set_geometry(dataset, affine_lps)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    for keyword, value in header.extra.items():
        setattr(dataset, keyword, value)
    return dataset


def _set_geometry(dataset: FileDataset, affine_lps: NDArray[np.float64]) -> None:
    column_mm, row_mm, slice_mm = np.linalg.norm(affine_lps[:3, :3], axis=0)
    dataset.PatientPosition = "HFS"
    dataset.ImageOrientationPatient = [
        _decimal(value, 10) for value in (*affine_lps[:3, 0] / column_mm, *affine_lps[:3, 1] / row_mm)
    ]
    # (0028,0030): first the distance between rows, then the distance between columns.
    dataset.PixelSpacing = [_decimal(row_mm, 6), _decimal(column_mm, 6)]
    dataset.SliceThickness = _decimal(slice_mm, 6)
    dataset.SpacingBetweenSlices = _decimal(slice_mm, 6)


def _decimal(value: float, digits: int) -> str:
    """A decimal string of at most 16 characters (VR DS) without a negative zero."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
