"""DICOM made from images that are not DICOM, so that one display path serves all (PS3.3 A.8, A.4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, SecondaryCaptureImageStorage

from medreview.archive.parsing.uids import uid_from

# Part of every derived UID: raise it when the same bytes would give other pixels or another geometry.
CONVERTER_VERSION = 1
# Image Comments of a volume whose file states no orientation: it is shown without R/L.
ORIENTATION_ASSUMED = "orientation assumed: the file states none"


@dataclass(frozen=True)
class Origin:
    """Where derived instances come from. `part` tells the volumes of one file apart."""

    source_sha256: str
    patient_id: str
    description: str
    modality: str
    part: int = 0

    def uid(self, *what: object) -> str:
        return uid_from(CONVERTER_VERSION, self.source_sha256, *what)


def start(origin: Origin, number: int, *, is_volume: bool) -> Dataset:
    """A data set with identity and file meta, without pixels."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = MRImageStorage if is_volume else SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = origin.uid("instance", origin.part, number)
    dataset.StudyInstanceUID = origin.uid("study")
    dataset.SeriesInstanceUID = origin.uid("series", origin.part)
    dataset.PatientID = origin.patient_id[:64]
    dataset.PatientName = ""
    dataset.StudyDescription = origin.description[:64]
    dataset.SeriesDescription = origin.description[:64]
    dataset.Modality = origin.modality
    dataset.SeriesNumber = origin.part + 1
    dataset.InstanceNumber = number
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "NO"
    dataset.DerivationDescription = "Converted from another file format; the values are those of the file."
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    return dataset


def set_pixels(dataset: Dataset, pixels: NDArray[Any]) -> None:
    """Image pixel module from `(rows, columns)` integers or `(rows, columns, 3)` uint8."""
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    data = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = data + b"\x00" * (len(data) % 2)
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"


def write(dataset: Dataset, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path
