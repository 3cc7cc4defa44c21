"""Received files to rows and outcomes: the one path for the page, the command line and the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medreview.archive import headers, hooks, staging
from medreview.archive.models import Import, ImportItem, Instance, Series
from medreview.archive.parsing.refusal import RefusedError
from medreview.archive.parsing.work import kind_of
from medreview.archive.services.outcomes import FileOutcome, OutcomeList, identity_of_header
from medreview.archive.services.parse_files import Described, ParsedFile, ParsedInstance, digests, parse_files
from medreview.archive.services.store_series import Guard, Verdicts, store_series
from medreview.archive.staging import Entry
from medreview.core import audit

Progress = Callable[[int, int], None]
_BATCH = 200


@dataclass
class Ingested:
    """What an import did: the series each file name led to, how many patients were new, what became of each file."""

    series_of_name: dict[str, set[int]] = field(default_factory=dict)
    patients_new: set[int] = field(default_factory=set)
    patients: set[int] = field(default_factory=set)
    files: Sequence[FileOutcome] = ()

    def saw(self, names: Iterable[str], series_id: int) -> None:
        for name in names:
            self.series_of_name.setdefault(name, set()).add(series_id)


def ingest(import_: Import, entries: Sequence[Entry], folder: Path, guard: Guard, on_progress: Progress) -> Ingested:
    """Take `entries` in; scratch files go to `folder`. Outcomes become ImportItem rows, the rest `import_.summary`."""
    result, outcomes = Ingested(), OutcomeList(import_)
    ImportItem.objects.filter(batch=import_).delete()
    files = _expanded(entries, folder, outcomes)
    total = len(files) + outcomes.count
    on_progress(outcomes.count, total)
    fresh = _without_known(import_, files, result, outcomes)
    on_progress(outcomes.count, total)
    done = outcomes.count
    groups: dict[str, list[ParsedInstance]] = {}
    describe = _describer(import_.options)
    for batch in parse_files(fresh, folder, describe):
        for parsed in batch:
            _sort_in(parsed, groups, outcomes)
        done += len(batch)
        on_progress(min(done, total - 1) if groups else done, total)
    for parsed_series in groups.values():
        verdicts = store_series(import_, parsed_series, guard)
        _note_series(verdicts, result, outcomes)
    with guard():
        outcomes.write()
        audit.record(
            "import.ingested",
            actor_id=import_.created_by_id,
            object_type="import",
            object_id=import_.pk,
            scope_id=import_.project_id,
            counts=outcomes.counts(),
            rules=outcomes.rules(),
            sanitised=outcomes.sanitised,
        )
    result.files = outcomes.files
    _finish(import_, result, outcomes, guard)
    on_progress(total, total)
    return result


def _expanded(entries: Sequence[Entry], folder: Path, outcomes: OutcomeList) -> list[Entry]:
    """Zips replaced by their files; archives inside archives are refused."""
    files: list[Entry] = []
    is_dicom_only = bool(outcomes.import_.options.get("dicom_only"))
    for entry in entries:
        kind = kind_of(entry.path)
        if is_dicom_only and kind != "dicom":
            outcomes.refuse(entry, "type.not_dicom", "It does not begin like a DICOM file (PS3.10 7.1).")
            continue
        if kind != "archive":
            files.append(entry)
            continue
        try:
            inside = staging.expand_archive(entry, folder / "archives")
        except RefusedError as refused:
            outcomes.refuse(entry, refused.rule, refused.reason)
            continue
        for file in inside:
            if kind_of(file.path) == "archive":
                outcomes.refuse(file, "archive.nested", "A zip inside a zip is not opened.")
            else:
                files.append(file)
    return files


def _without_known(
    import_: Import, files: Sequence[Entry], result: Ingested, outcomes: OutcomeList
) -> list[tuple[Entry, str]]:
    """Files whose very bytes are not in the project yet; the others are noted as duplicates without being parsed."""
    pairs = list(zip(files, digests(files), strict=True))
    series_of = _series_by_digest(import_, [sha256 for _, sha256 in pairs])
    fresh, seen = [], set()
    known: dict[tuple[int, bool], list[tuple[Entry, dict[str, str]]]] = {}
    for entry, sha256 in pairs:
        if sha256 in series_of:
            series_id, is_own, identity = series_of[sha256]
            result.saw([entry.name], series_id)
            known.setdefault((series_id, is_own), []).append((entry, identity))
        elif sha256 in seen:
            outcomes.duplicate([entry], None, "The same bytes are in this import twice.")
        else:
            seen.add(sha256)
            fresh.append((entry, sha256))
    for (series_id, is_own), same in known.items():
        series = Series.objects.select_related("study__patient").get(pk=series_id)
        result.patients.add(series.study.patient_id)
        note = outcomes.stored_before if is_own else outcomes.known
        note([entry for entry, _ in same], series, [identity for _, identity in same])
    return fresh


def _series_by_digest(import_: Import, digests_: Sequence[str]) -> dict[str, tuple[int, bool, dict[str, str]]]:
    """sha256 of received bytes to (series, whether this import stored it in an earlier attempt, identity)."""
    found: dict[str, tuple[int, bool, dict[str, str]]] = {}
    for at in range(0, len(digests_), _BATCH):
        rows = Instance.objects.filter(project=import_.project, source_sha256__in=digests_[at : at + _BATCH])
        for row in rows.select_related("series__study").defer("header", "frames"):
            identity = {
                "SOPClassUID": row.sop_class_uid,
                "SOPInstanceUID": row.sop_instance_uid,
                "SeriesInstanceUID": row.series.series_instance_uid,
                "StudyInstanceUID": row.series.study.study_instance_uid,
            }
            found[row.source_sha256] = (row.series_id, row.source_id == import_.pk, identity)
    return found


def _describer(options: dict[str, Any]) -> Callable[[Entry], Described]:
    patients: dict[str, str] = options.get("patients", {})
    descriptions: dict[str, str] = options.get("descriptions", {})
    modality = str(options.get("modality", ""))
    released = tuple(str(rule) for rule in options.get("released", ()))

    def describe(entry: Entry) -> Described:
        last = entry.name.rsplit("/", 1)[-1]
        is_volume = last.lower().endswith((".nii", ".nii.gz"))
        stem = last.removesuffix(".gz").rsplit(".", 1)[0]
        return Described(
            patient_id=patients.get(entry.name, stem),
            description=descriptions.get(entry.name, stem),
            modality=modality or ("MR" if is_volume else "OT"),
            released=released,
        )

    return describe


def _sort_in(parsed: ParsedFile, groups: dict[str, list[ParsedInstance]], outcomes: OutcomeList) -> None:
    if parsed.rule:
        outcomes.refuse(parsed.entry, parsed.rule, parsed.reason, parsed.identity, parsed.source_sha256)
    wanted = str(outcomes.import_.options.get("study_instance_uid", ""))
    for piece in parsed.instances:
        if wanted and headers.text(piece.header, "StudyInstanceUID", 64) != wanted:
            identity, reason = identity_of_header(piece.header), "It belongs to another study than the address names."
            outcomes.refuse(parsed.entry, "uid.other_study", reason, identity)
            continue
        study, series = (headers.text(piece.header, f"{level}InstanceUID", 64) for level in ("Study", "Series"))
        patient = headers.text(piece.header, "PatientID")
        groups.setdefault(f"{study}/{series}/{patient}", []).append(piece)


def _note_series(verdicts: Verdicts, result: Ingested, outcomes: OutcomeList) -> None:
    outcomes.series(verdicts)
    if verdicts.series is None or verdicts.patient is None:
        return
    result.saw((p.entry.name for p in (*verdicts.accepted, *verdicts.duplicates)), verdicts.series.pk)
    result.patients.add(verdicts.patient.pk)
    if verdicts.is_new_patient:
        result.patients_new.add(verdicts.patient.pk)


def _finish(import_: Import, result: Ingested, outcomes: OutcomeList, guard: Guard) -> None:
    """Cases are made by whoever registered for it, then the summary is complete."""
    series_ids = sorted({series_id for found in result.series_of_name.values() for series_id in found})
    summary: dict[str, Any] = {
        "counts": outcomes.counts(),
        "patients_new": len(result.patients_new),
        "patients_known": len(result.patients - result.patients_new),
        **hooks.tell_series_stored(import_, series_ids),
    }
    with guard():
        Import.objects.filter(pk=import_.pk).update(summary=summary)
    import_.summary = summary
