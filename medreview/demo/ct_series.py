"""The demo CT as a DICOM study: `ct` computes it, this writes it in chunks and describes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medreview.demo import ct
from medreview.demo.manifest import CT_MARK, GENERATOR_VERSION, DemoStudy, hash_file, hash_slices
from medreview.demo.write import SeriesHeader, demo_uid, write_slices

_CT_KEY, _CT_PATIENT = "DEMO-CT-1", "DEMO-CT"
_INTERCEPT_HU = -1024


def write_ct_slices(folder: Path, *, seed: int, first: int, last: int, ct_slices: int) -> list[bytes]:
    """Write slices `first` to `last` (exclusive) of `ct_slices` under `folder`; returns the digest of each."""
    positions = ct.slice_positions_mm(ct_slices)[first:last]
    hu = np.stack([ct.thorax_slice(float(z_mm), seed) for z_mm in positions])
    return write_slices(
        folder / "dicom" / _CT_PATIENT / _CT_KEY,
        _header(seed, ct_slices),
        hu - np.int16(_INTERCEPT_HU),
        ct.affine_lps(ct_slices),
        first_slice=first,
        slice_count=ct_slices,
    )


def write_ct_truth(folder: Path, *, seed: int, ct_slices: int, digests: list[bytes]) -> DemoStudy:
    """Write `truth/DEMO-CT-1.npz` and describe the study; `digests` are those of all slices in position order."""
    mask, boxes = ct.nodule_truth(ct_slices)
    truth = Path("truth") / f"{_CT_KEY}.npz"
    (folder / truth).parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / truth, lesion=mask, lesion_boxes=np.array(boxes, dtype=np.int32).reshape(-1, 6))
    header = _header(seed, ct_slices)
    affine = ct.affine_lps(ct_slices)
    return DemoStudy(
        key=_CT_KEY,
        patient_id=_CT_PATIENT,
        modality="CT",
        study_date="2026-03-02",
        description=header.description,
        scanner="Phantom Works Oak CT",
        orientation="axial",
        is_reversed=False,
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
        files=f"dicom/{_CT_PATIENT}/{_CT_KEY}",
        file_count=ct_slices,
        shape_zyx=(ct_slices, ct.MATRIX, ct.MATRIX),
        spacing_mm=(ct.HEIGHT_MM / ct_slices, ct.PIXEL_MM, ct.PIXEL_MM),
        affine_lps=tuple(tuple(float(value) for value in row) for row in affine),
        lesion_count=len(boxes),
        lesion_boxes=boxes,
        truth=truth.as_posix(),
        truth_labels=("lesion",),
        truth_sha256=hash_file(folder / truth),
        pixels_sha256=hash_slices(digests),
    )


def _header(seed: int, ct_slices: int) -> SeriesHeader:
    parts = (GENERATOR_VERSION, seed, _CT_KEY, ct_slices)
    return SeriesHeader(
        modality="CT",
        patient_id=_CT_PATIENT,
        patient_name="Demo^Thorax",
        patient_sex="O",
        patient_birth_date="19600101",
        study_uid=demo_uid(*parts, "study"),
        series_uid=demo_uid(*parts, "series"),
        frame_of_reference_uid=demo_uid(*parts, "frame of reference"),
        accession_number=_CT_KEY,
        study_date="20260302",
        study_time="093000",
        description="Thorax with contrast (synthetic)",
        mark=CT_MARK,
        uid_parts=parts,
        extra={
            "PatientAge": "066Y",
            "Manufacturer": "Phantom Works",
            "ManufacturerModelName": "Oak CT",
            "StationName": "CT-1",
            "BodyPartExamined": "CHEST",
            "ProtocolName": "Thorax (synthetic)",
            "ImageType": ["DERIVED", "PRIMARY", "AXIAL"],
            "KVP": "120",
            "RescaleIntercept": str(_INTERCEPT_HU),
            "RescaleSlope": "1",
            "RescaleType": "HU",
            "WindowCenter": ["40", "-600"],
            "WindowWidth": ["400", "1500"],
            "WindowCenterWidthExplanation": ["soft tissue", "lung"],
        },
    )
