"""DICOM Segmentation (PS3.3 A.51), BINARY: one file per stack, one segment per finding.

A label that was searched and not found has no voxels and is not written. Slices refer to the images they were drawn on,
so the geometry is the source's own, oblique and reversed stacks included.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from medreview import __version__
from medreview.annotations.formats.content import ExportCase, ExportError, ExportGrid, ExportMark

MANUFACTURER = "MedReview"
SERIES_NUMBER = 9001
MAX_MEANING_LENGTH = 64


def write_seg(case: ExportCase, grid: ExportGrid, path: Path) -> int:
    """Write the segments on one stack; returns how many (0: no file). Raises ExportError when DICOM refuses."""
    marks = case.marks_on(grid, "segment")
    if not marks:
        return 0
    try:
        segmentation = _segmentation(case, grid, marks)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ExportError(
            f"Case {case.pseudonym}, stack {grid.id}: its images do not carry what DICOM SEG needs ({error})."
        ) from error
    segmentation.save_as(path)
    return len(marks)


def _segmentation(case: ExportCase, grid: ExportGrid, marks: Sequence[ExportMark]) -> hd.seg.Segmentation:
    images, pixels = _images_and_pixels(grid, marks)
    return hd.seg.Segmentation(
        source_images=images,
        pixel_array=pixels,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(number, mark) for number, mark in enumerate(marks, start=1)],
        series_instance_uid=generate_uid(prefix=None),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number="0",
        content_label="APPROVED",
        content_description=f"Approved reading {case.reading_id}"[:64],
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )


def _images_and_pixels(grid: ExportGrid, marks: Sequence[ExportMark]) -> tuple[list[Dataset], NDArray[np.uint8]]:
    """Source images and the array `(frame, row, column, segment)` that belongs to them.

    Of a stack of single images only those with voxels are taken; of a multi-frame image all frames, in its own order.
    """
    headers = grid.load_headers()
    masks = [mark.load() for mark in marks]
    uids = {frame.sop_instance_uid for frame in grid.frames}
    rows, columns = grid.shape_zyx[1:]
    if len(uids) == 1 and _frame_count(headers, uids) > 1:
        image = _dataset(headers, next(iter(uids)))
        pixels = np.zeros((int(image.NumberOfFrames), rows, columns, len(masks)), dtype=np.uint8)
        for k, frame in enumerate(grid.frames):
            pixels[frame.frame - 1] = np.stack([mask[k] for mask in masks], axis=-1)
        return [image], pixels
    if len(uids) != len(grid.frames):
        raise ExportError(f"Stack {grid.id} mixes frames of several multi-frame images; DICOM SEG cannot refer to it.")
    filled = [k for k in range(grid.shape_zyx[0]) if any(mask[k].any() for mask in masks)]
    images = [_dataset(headers, grid.frames[k].sop_instance_uid) for k in filled]
    pixels = np.stack([np.stack([mask[k] for mask in masks], axis=-1) for k in filled]).astype(np.uint8)
    return images, pixels


def _frame_count(headers: dict[str, dict[str, Any]], uids: set[str]) -> int:
    header = headers.get(next(iter(uids)), {})
    values = header.get("00280008", {}).get("Value") or [1]
    return int(values[0])


def _dataset(headers: dict[str, dict[str, Any]], uid: str) -> Dataset:
    if uid not in headers:
        raise ExportError(f"Image {uid} is no longer in the archive; run `medreview fsck`.")
    dataset = Dataset.from_json(headers[uid])
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber"):
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    return dataset


def _description(number: int, mark: ExportMark) -> hd.seg.SegmentDescription:
    """A finding as a segment. An organ is an anatomical structure, a lesion a morphologically abnormal one."""
    label = mark.label
    category = codes.SCT.AnatomicalStructure if label.findings == "one" else codes.SCT.MorphologicallyAbnormalStructure
    by_model = mark.provenance != "MANUAL"
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=label.name[:64],
        segmented_property_category=category,
        segmented_property_type=hd.sr.CodedConcept(label.value, label.scheme, label.meaning[:MAX_MEANING_LENGTH]),
        algorithm_type=mark.provenance,
        algorithm_identification=_algorithm(mark) if by_model else None,
        tracking_uid=mark.tracking_uid,
        tracking_id=mark.finding_id,
    )


def _algorithm(mark: ExportMark) -> hd.AlgorithmIdentificationSequence:
    return hd.AlgorithmIdentificationSequence(
        name=f"{MANUFACTURER} model", family=codes.DCM.ArtificialIntelligence, version=mark.model_version or "unknown"
    )
