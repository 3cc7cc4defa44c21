"""One parsed series into rows: identity first, then stacks, then one transaction. The first copy of a UID wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError

from medreview.accounts.models import Project
from medreview.archive import headers, hooks, identity, pixels, windows
from medreview.archive.models import Grid, Import, Instance, Patient, Series, Study
from medreview.archive.parsing.contents import is_date
from medreview.archive.services.parse_files import ParsedInstance, StoredBytes
from medreview.archive.slices import Slice, slices_of
from medreview.archive.stacks import Stack, build_stacks
from medreview.core import blobs
from medreview.core.models import Blob

Guard = Callable[[], AbstractContextManager[Any]]
_SAMPLED_SLICES = 7
_BATCH = 200


@dataclass
class Verdicts:
    """What became of the instances of one series. `refused` are (instance, rule, reason) for the quarantine."""

    series: Series | None = None
    patient: Patient | None = None
    is_new_patient: bool = False
    accepted: list[ParsedInstance] = field(default_factory=list)
    duplicates: list[ParsedInstance] = field(default_factory=list)
    quarantined: list[tuple[ParsedInstance, str, str]] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _PlannedGrid:
    grid: Grid
    thumbnail: StoredBytes


def store_series(import_: Import, parsed: Sequence[ParsedInstance], guard: Guard) -> Verdicts:
    """Store the instances of one series UID; `guard` opens the transaction that may write.

    Someone else may store the same instances meanwhile: then the identities are looked at once more.
    """
    try:
        return _store(import_, parsed, guard)
    except IntegrityError:
        return _store(import_, parsed, guard)


def _store(import_: Import, parsed: Sequence[ParsedInstance], guard: Guard) -> Verdicts:
    project = import_.project
    verdicts = _identify(import_, parsed)
    if not verdicts.accepted:
        verdicts.series = verdicts.series or _series_of_duplicates(project, verdicts.duplicates)
        _know_patient(verdicts)
        return verdicts
    rows = [_instance_row(import_, piece) for piece in verdicts.accepted]
    stored = list(Instance.objects.filter(project=project, series__series_instance_uid=_uid(parsed, "Series")))
    planned = _plan_grids(project, [*stored, *rows])
    with guard():
        _write_rows(project, verdicts, rows, planned)
    verdicts.warnings = distinct_warnings(verdicts.grids, verdicts.accepted)
    return verdicts


def _uid(parsed: Sequence[ParsedInstance], level: str) -> str:
    return headers.text(parsed[0].header, f"{level}InstanceUID", 64)


def _identify(import_: Import, parsed: Sequence[ParsedInstance]) -> Verdicts:
    """Sort instances into new, already here, and other bytes under a known UID (PS3.5 9: a UID names one thing)."""
    project, verdicts = import_.project, Verdicts()
    uids = [headers.text(piece.header, "SOPInstanceUID", 64) for piece in parsed]
    known = _known_instances(project, uids)
    blocked = _level_conflict(project, parsed)
    seen: dict[str, set[str]] = {}
    for uid, piece in zip(uids, parsed, strict=True):
        before = _hashes(known[uid]) if uid in known else seen.get(uid)
        own = {piece.source_sha256, piece.stored.sha256, piece.dataset_sha256}
        if before is not None:
            if own & before:
                verdicts.duplicates.append(piece)
            else:
                reason = "This instance UID exists with other content. First copy kept."
                verdicts.quarantined.append((piece, "uid.second_copy_differs", reason))
        elif blocked:
            verdicts.quarantined.append((piece, *blocked))
        else:
            seen[uid] = own
            verdicts.accepted.append(piece)
    return verdicts


def _hashes(row: Instance) -> set[str]:
    """What tells that the same object has come again; the data set's own hash is blank in old rows."""
    return {row.source_sha256, row.stored_id, row.dataset_sha256} - {""}


def _known_instances(project: Project, uids: Sequence[str]) -> dict[str, Instance]:
    known: dict[str, Instance] = {}
    for at in range(0, len(uids), _BATCH):
        rows = Instance.objects.filter(project=project, sop_instance_uid__in=uids[at : at + _BATCH])
        known.update({row.sop_instance_uid: row for row in rows.defer("header")})
    return known


def _level_conflict(project: Project, parsed: Sequence[ParsedInstance]) -> tuple[str, str] | None:
    """A study of another patient, or a series of another study, under the same UID."""
    patient_id, issuer = patient_identity(parsed[0].header)
    study = Study.objects.filter(project=project, study_instance_uid=_uid(parsed, "Study")).select_related("patient")
    for row in study:
        if (row.patient.patient_id, row.patient.issuer_of_patient_id) != (patient_id, issuer):
            return "uid.study_of_two_patients", "This study is already here under another patient. First copy kept."
    series = Series.objects.filter(project=project, series_instance_uid=_uid(parsed, "Series")).select_related("study")
    for found in series:
        if found.study.study_instance_uid != _uid(parsed, "Study"):
            return "uid.series_of_two_studies", "This series is already here in another study. First copy kept."
    return None


def patient_identity(header: headers.Header) -> tuple[str, str]:
    """(PatientID, issuer). Without an id each study is its own patient, so that strangers are never joined."""
    patient_id = headers.text(header, "PatientID")
    if not patient_id:
        return "no id: " + headers.text(header, "StudyInstanceUID", 64), ""
    return patient_id, headers.text(header, "IssuerOfPatientID")


def _series_of_duplicates(project: Project, duplicates: Sequence[ParsedInstance]) -> Series | None:
    if not duplicates:
        return None
    uid = headers.text(duplicates[0].header, "SOPInstanceUID", 64)
    found = Instance.objects.filter(project=project, sop_instance_uid=uid).select_related("series__study__patient")
    first = found.first()
    return first.series if first else None


def _know_patient(verdicts: Verdicts) -> None:
    if verdicts.series is not None:
        verdicts.patient = verdicts.series.study.patient
        verdicts.grids = list(Grid.objects.filter(series=verdicts.series))


def _instance_row(import_: Import, piece: ParsedInstance) -> Instance:
    header = piece.header
    return Instance(
        project=import_.project,
        source=import_,
        name=piece.entry.name,
        sop_instance_uid=headers.text(header, "SOPInstanceUID", 64),
        sop_class_uid=headers.text(header, "SOPClassUID", 64),
        transfer_syntax_uid=piece.transfer_syntax_uid,
        instance_number=headers.integer(header, "InstanceNumber"),
        rows=headers.integer(header, "Rows") or 0,
        columns=headers.integer(header, "Columns") or 0,
        bits_allocated=headers.integer(header, "BitsAllocated") or 0,
        number_of_frames=len(piece.frames),
        source_sha256=piece.source_sha256,
        dataset_sha256=piece.dataset_sha256,
        stored_id=piece.stored.sha256,
        frames_blob_id=piece.frames_blob.sha256,
        frames=piece.frames,
        frame_transfer_syntax_uid=piece.frame_transfer_syntax_uid,
        pixel_sha256=piece.pixel_sha256,
        header=header,
    )


def _plan_grids(project: Project, instances: Sequence[Instance]) -> list[_PlannedGrid]:
    """Stacks of the whole series with their presets and thumbnails; decodes a few stored frames, writes no row."""
    by_uid = {row.sop_instance_uid: row for row in instances}
    slices: list[Slice] = []
    for row in sorted(instances, key=lambda row: (row.instance_number or 0, row.name)):
        name = row.name.rsplit("/", 1)[-1]
        slices += slices_of(row.header, name=name, pixel_sha256=row.pixel_sha256, frame_count=len(row.frames))
    return [_plan_grid(project, stack, by_uid) for stack in build_stacks(slices)]


def _plan_grid(project: Project, stack: Stack, by_uid: dict[str, Instance]) -> _PlannedGrid:
    middle = stack.slices[len(stack.slices) // 2]
    header = by_uid[middle.sop_instance_uid].header
    hu = windows.is_hu(header) and not any(notice.rule == "values.rescale_unusable" for notice in stack.warnings)
    found = windows.presets(
        header, pixels.sample([(by_uid[s.sop_instance_uid], s.frame) for s in stack.slices], _SAMPLED_SLICES), hu=hu
    )
    plane = pixels.modality_values(by_uid[middle.sop_instance_uid], middle.frame, mirrored=False)
    picture = windows.thumbnail(
        plane, found, aspect=stack.spacing_mm[1] / stack.spacing_mm[2], is_inverted=middle.photometric == "MONOCHROME1"
    )
    grid = Grid(
        project=project,
        frame_of_reference_uid=middle.frame_of_reference_uid,
        shape_zyx=stack.shape_zyx,
        affine_lps=stack.affine_lps,
        spacing_mm=list(stack.spacing_mm),
        time_index=stack.time_index,
        spacing_known=stack.spacing_known,
        orientation_known=stack.orientation_known,
        photometric_interpretation=middle.photometric,
        rescale_is_hu=hu,
        window_presets=found,
        slices=[{"sop_instance_uid": s.sop_instance_uid, "frame": s.frame} for s in stack.slices],
        warnings=[notice.as_json() for notice in stack.warnings],
        blocks_training=stack.blocks_training,
        pixel_sha256=stack.pixel_sha256,
    )
    return _PlannedGrid(grid, StoredBytes(*blobs.write_chunks([picture])))


def _write_rows(
    project: Project, verdicts: Verdicts, rows: Sequence[Instance], planned: Sequence[_PlannedGrid]
) -> None:
    header = verdicts.accepted[0].header
    patient, verdicts.is_new_patient = _patient_row(project, header)
    study, _ = Study.objects.get_or_create(
        project=project,
        study_instance_uid=headers.text(header, "StudyInstanceUID", 64),
        defaults={
            "patient": patient,
            "study_date": _known_date(headers.text(header, "StudyDate", 16)),
            "study_time": headers.text(header, "StudyTime", 32),
            "study_description": headers.text(header, "StudyDescription"),
            "study_id": headers.text(header, "StudyID", 32),
            "accession_number": headers.text(header, "AccessionNumber", 64),
            "patient_name": headers.text(header, "PatientName"),
            "referring_physician_name": headers.text(header, "ReferringPhysicianName"),
        },
    )
    series, _ = Series.objects.get_or_create(
        project=project,
        series_instance_uid=headers.text(header, "SeriesInstanceUID", 64),
        defaults={
            "study": study,
            "modality": headers.text(header, "Modality", 16) or "OT",
            "series_number": headers.integer(header, "SeriesNumber"),
            "series_description": headers.text(header, "SeriesDescription"),
            "body_part_examined": headers.text(header, "BodyPartExamined", 64),
            "manufacturer": headers.text(header, "Manufacturer", 120),
            "manufacturer_model_name": headers.text(header, "ManufacturerModelName", 120),
        },
    )
    stored = [b for piece in verdicts.accepted for b in (piece.stored, piece.frames_blob)]
    _blob_rows([*stored, *(plan.thumbnail for plan in planned)])
    for row in rows:
        row.series = series
    Instance.objects.bulk_create(rows, batch_size=_BATCH)
    verdicts.series, verdicts.patient = series, patient
    verdicts.grids = _grid_rows(series, planned)


def _known_date(text: str) -> str:
    """A day that does not exist is an unknown day; the header keeps what was sent."""
    return text if is_date(text) else ""


def _blob_rows(stored: Sequence[StoredBytes]) -> None:
    distinct = {piece.sha256: piece.size for piece in stored}
    rows = [Blob(sha256=sha256, size=size) for sha256, size in distinct.items()]
    Blob.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_BATCH)


def _patient_row(project: Project, header: headers.Header) -> tuple[Patient, bool]:
    patient_id, issuer = patient_identity(header)
    found = Patient.objects.filter(project=project, patient_id=patient_id, issuer_of_patient_id=issuer).first()
    if found is not None:
        return found, False
    name = next(
        candidate
        for candidate in (identity.pseudonym(project, patient_id, issuer, length) for length in (6, 8, 10, 14))
        if not Patient.objects.filter(project=project, pseudonym=candidate).exists()
    )
    made = Patient.objects.create(
        project=project,
        patient_id=patient_id,
        issuer_of_patient_id=issuer,
        pseudonym=name,
        split_key=identity.split_key(project, patient_id, issuer),
        sex=headers.text(header, "PatientSex", 16),
        birth_date=headers.text(header, "PatientBirthDate", 16),
    )
    return made, True


def _grid_rows(series: Series, planned: Sequence[_PlannedGrid]) -> list[Grid]:
    """Grids that marks refer to are never changed: a stack that has grown becomes a further grid. While nothing refers
    to it, the grid itself grows, so that a series that comes in pieces ends as one stack."""
    known = list(Grid.objects.filter(series=series).order_by("number"))
    in_use = hooks.grids_in_use([grid.pk for grid in known]) if known else set()
    number = max((grid.number for grid in known), default=-1) + 1
    found = []
    for plan in planned:
        same = next((grid for grid in known if grid.slices == plan.grid.slices), None)
        if same is None:
            part = next((grid for grid in known if grid.pk not in in_use and _is_part(grid, plan.grid)), None)
            same = plan.grid
            same.series, same.thumbnail_id = series, plan.thumbnail.sha256
            if part is None:
                same.number, number = number, number + 1
                same.save(force_insert=True)
            else:
                known.remove(part)
                same.pk, same.number, same.created_at = part.pk, part.number, part.created_at
                same.save(force_update=True)
        found.append(same)
    return found


def _is_part(grid: Grid, whole: Grid) -> bool:
    """Whether every slice of `grid` is in `whole`."""
    inside = {(piece["sop_instance_uid"], piece["frame"]) for piece in whole.slices}
    return all((piece["sop_instance_uid"], piece["frame"]) in inside for piece in grid.slices)


def distinct_warnings(grids: Sequence[Grid], pieces: Sequence[ParsedInstance] = ()) -> list[dict[str, Any]]:
    """Warnings of the grids, one of each rule, worst first, then those of single files."""
    found = {warning["rule"]: warning for grid in grids for warning in grid.warnings}
    for piece in pieces:
        for rule, text in piece.warnings:
            found.setdefault(rule, {"rule": rule, "text": text, "blocks_training": False})
    return sorted(found.values(), key=lambda warning: not warning["blocks_training"])
