"""One demo MR patient from beginning to end: head, lesions, one or two scans, files and truth."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medreview.demo.acquisition import SCANNERS, Pose, ScanGrid, Scanner, draw_grid, draw_pose
from medreview.demo.deform import Deformation, draw_deformation
from medreview.demo.lesions import Lesion, draw_lesions, grow_lesions
from medreview.demo.manifest import GENERATOR_VERSION, MR_MARK, DemoStudy, hash_file, hash_slices
from medreview.demo.mr import MrScan, scan_head
from medreview.demo.template import load_template
from medreview.demo.write import SeriesHeader, demo_uid, write_slices

# By the patient's number, so that a cohort of any size holds heads with none, one and many.
_LESION_COUNT_CYCLE = (2, 3, 1, 0, 4)
_FOLLOW_UP_EVERY = 7
_FIRST_DAY = datetime.date(2026, 1, 5)


@dataclass(frozen=True)
class _Visit:
    """One study of one patient, before it is scanned. `index` counts the patient's studies from 1."""

    number: int
    index: int
    date: datetime.date
    birth_date: datetime.date
    sex: str
    lesions: tuple[Lesion, ...]
    pose: Pose
    grid: ScanGrid
    scanner: Scanner

    @property
    def patient_id(self) -> str:
        return f"DEMO-{self.number + 1:03d}"

    @property
    def key(self) -> str:
        return f"{self.patient_id}-{self.index}"


def has_follow_up(number: int) -> bool:
    """Whether patient `number` (from 0) comes a second time: 6 of 40, the first among any two."""
    return number % _FOLLOW_UP_EVERY == 1


def write_patient(folder: Path, *, seed: int, number: int) -> tuple[DemoStudy, ...]:
    """Generate patient `number` (from 0) of cohort `seed` under `folder`; the same arguments write the same bytes.

    Files go to `dicom/<patient>/<study>/`, truth to `truth/<study>.npz`.
    Raises TemplateMissingError when nilearn is not installed.
    """
    template = load_template()
    rng = np.random.default_rng([seed, number])
    deformation = draw_deformation(rng)
    count = _LESION_COUNT_CYCLE[number % len(_LESION_COUNT_CYCLE)]
    if has_follow_up(number):
        count = max(count, 1)  # a follow-up without anything to follow would show nothing
    lesions = draw_lesions(rng, count, deformation, template)
    pose = draw_pose(rng)
    first = _Visit(
        number=number,
        index=1,
        date=_FIRST_DAY + datetime.timedelta(days=int(rng.integers(0, 120))),
        birth_date=datetime.date(int(rng.integers(1940, 2000)), int(rng.integers(1, 13)), int(rng.integers(1, 29))),
        sex="FM"[int(rng.integers(0, 2))],
        lesions=lesions,
        pose=pose,
        grid=draw_grid(rng, number, pose),
        scanner=SCANNERS[number % len(SCANNERS)],
    )
    studies = [_write_visit(folder, seed, first, deformation, follow_up_of=None)]
    if has_follow_up(number):
        again = np.random.default_rng([seed, number, 2])
        pose = draw_pose(again)
        second = _Visit(
            number=number,
            index=2,
            date=first.date + datetime.timedelta(days=int(again.integers(90, 181))),
            birth_date=first.birth_date,
            sex=first.sex,
            lesions=grow_lesions(again, lesions),
            pose=pose,
            grid=draw_grid(again, number, pose),
            scanner=first.scanner,
        )
        studies.append(_write_visit(folder, seed, second, deformation, follow_up_of=studies[0].key))
    return tuple(studies)


def _write_visit(
    folder: Path, seed: int, visit: _Visit, deformation: Deformation, *, follow_up_of: str | None
) -> DemoStudy:
    rng = np.random.default_rng([seed, visit.number, visit.index, 3])
    scan = scan_head(
        rng,
        template=load_template(),
        deformation=deformation,
        lesions=visit.lesions,
        pose=visit.pose,
        grid=visit.grid,
        scanner=visit.scanner,
    )
    files = Path("dicom") / visit.patient_id / visit.key
    header = _header(seed, visit, scan)
    digests = write_slices(
        folder / files, header, scan.pixels, visit.grid.affine_lps, is_reversed=visit.grid.is_reversed
    )
    truth = Path("truth") / f"{visit.key}.npz"
    (folder / truth).parent.mkdir(parents=True, exist_ok=True)
    boxes = np.array(scan.lesion_boxes, dtype=np.int32).reshape(-1, 6)
    np.savez_compressed(folder / truth, white_matter=scan.white_matter, lesion=scan.lesion, lesion_boxes=boxes)
    return DemoStudy(
        key=visit.key,
        patient_id=visit.patient_id,
        modality="MR",
        study_date=visit.date.isoformat(),
        description=header.description,
        scanner=f"{visit.scanner.manufacturer} {visit.scanner.model}",
        orientation=visit.grid.orientation,
        is_reversed=visit.grid.is_reversed,
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        frame_of_reference_uid=header.frame_of_reference_uid,
        files=files.as_posix(),
        file_count=len(digests),
        shape_zyx=visit.grid.shape_zyx,
        spacing_mm=visit.grid.spacing_mm,
        affine_lps=tuple(tuple(float(value) for value in row) for row in visit.grid.affine_lps),
        lesion_count=len(scan.lesion_boxes),
        lesion_boxes=scan.lesion_boxes,
        truth=truth.as_posix(),
        truth_labels=("white_matter", "lesion"),
        truth_sha256=hash_file(folder / truth),
        pixels_sha256=hash_slices(digests),
        follow_up_of=follow_up_of,
    )


def _header(seed: int, visit: _Visit, scan: MrScan) -> SeriesHeader:
    parts = (GENERATOR_VERSION, seed, visit.key)
    scanner = visit.scanner
    top = int(1.08 * np.percentile(scan.pixels, 99.9))  # a little over the brightest lesion
    age = (visit.date - visit.birth_date).days // 365
    return SeriesHeader(
        modality="MR",
        patient_id=visit.patient_id,
        patient_name=f"Demo^{visit.number + 1:03d}",
        patient_sex=visit.sex,
        patient_birth_date=visit.birth_date.strftime("%Y%m%d"),
        study_uid=demo_uid(*parts, "study"),
        series_uid=demo_uid(*parts, "series"),
        frame_of_reference_uid=demo_uid(*parts, "frame of reference"),
        accession_number=visit.key,
        study_date=visit.date.strftime("%Y%m%d"),
        study_time=f"{8 + visit.number % 10:02d}{(visit.number * 7) % 60:02d}00",
        description=f"T1 {visit.grid.orientation.replace('_', ' ')} (synthetic)",
        mark=MR_MARK,
        uid_parts=parts,
        extra={
            "PatientAge": f"{age:03d}Y",
            "Manufacturer": scanner.manufacturer,
            "ManufacturerModelName": scanner.model,
            "StationName": scanner.station,
            "MagneticFieldStrength": str(scanner.field_tesla),
            "BodyPartExamined": "BRAIN",
            "ProtocolName": "T1 3D GRE (synthetic)",
            "ImageType": ["DERIVED", "PRIMARY", "OTHER"],
            "ScanningSequence": "GR",
            "SequenceVariant": "SP",
            "ScanOptions": "",
            "MRAcquisitionType": "3D",
            "RepetitionTime": "25",
            "EchoTime": "3",
            "FlipAngle": "30",
            "EchoTrainLength": 1,
            "WindowCenter": str(top // 2),
            "WindowWidth": str(max(top, 2)),
        },
    )
