"""The rows of one patient, deleted in one transaction; what must follow on disk is returned as `Erased`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from medreview.accounts.models import Project
from medreview.annotations.models import Annotation, SegmentSlice, SliceMask
from medreview.archive import headers, staging
from medreview.archive.models import Grid, Import, ImportItem, InboxInstance, Instance, Patient, Quarantined, Study
from medreview.archive.states import ImportState
from medreview.cases.models import Case
from medreview.cli.operations import references
from medreview.cli.operations.frozen import deletion_allowed
from medreview.cli.operations.kept_files import names_patient
from medreview.core import audit
from medreview.core.errors import Conflict, NotFound
from medreview.core.models import OPEN_JOB_STATES, Blob, Job, StatusChange
from medreview.learning.models import DatasetSnapshot, TrainingRun
from medreview.reading.models import Adjudication, Export, Reading
from medreview.registry.models import ModelVersion
from medreview.suggestions.models import CasePrediction, Suggestion, SuggestionSlice

ERASED = "(erased)"
_USES = {"train": "trained on", "val": "tuned on", "test": "tested on"}


@dataclass
class Erased:
    """What one erasure removes. `tokens` are the patient's own words, to be looked for on disk afterwards."""

    patient_pk: int
    project_pk: int
    case_ids: list[int]
    tokens: set[str]
    rows: Counter[str] = field(default_factory=Counter)
    freed: set[str] = field(default_factory=set)
    models: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "patient": self.patient_pk,
            "rows": dict(self.rows),
            "blobs": len(self.freed),
            "models": self.models,
            "notes": self.notes,
        }


def find_patient(slug: str, patient_id: str, issuer: str | None) -> Patient:
    """The patient with exactly this id. Raises NotFound, or Conflict when only the issuer tells several apart."""
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise NotFound(f"There is no project {slug!r}.")
    found = Patient.objects.filter(project=project, patient_id=patient_id)
    if issuer is not None:
        found = found.filter(issuer_of_patient_id=issuer)
    patients = list(found.select_related("project")[:2])
    if not patients:
        raise NotFound(
            f"Project {slug} has no patient with this PatientID; it must be spelled exactly as in the files."
        )
    if len(patients) > 1:
        raise Conflict(
            "Several patients have this PatientID; name the right one's --issuer (may be empty: --issuer '')."
        )
    return patients[0]


def erase_rows(patient: Patient, *, really: bool) -> Erased:
    """Delete the patient's rows; with `really=False` everything is rolled back and only the counts are true.

    Raises Conflict while jobs of the project are open: they may be using the patient's images right now.
    """
    with transaction.atomic():
        _refuse_open_jobs(patient)
        erased = _describe(patient)
        candidates = _blobs_of(patient, erased)
        with deletion_allowed():
            _delete_work(erased)
        _delete_images(patient, erased)
        _scrub_imports(patient, erased)
        _drop_exports(patient, erased)
        if kept := kept_imports(patient.project_id):
            erased.rows["failed imports emptied"] += len(kept)
        _free(candidates, erased)
        if really:
            audit.record(
                "archive.erase_patient", actor_id=None, object_type="archive.patient", object_id=erased.patient_pk,
                scope_id=erased.project_pk, rows=dict(erased.rows), blobs=len(erased.freed),
                models=[row["version"] for row in erased.models],
            )  # fmt: skip
        else:
            transaction.set_rollback(True)
    return erased


def _refuse_open_jobs(patient: Patient) -> None:
    kinds = Job.objects.filter(scope_id=patient.project_id, state__in=OPEN_JOB_STATES).values_list("kind", flat=True)
    if kinds:
        raise Conflict(
            f"Project {patient.project.slug} has {len(kinds)} open jobs ({', '.join(sorted(set(kinds)))}) that may use "
            "this patient's images; wait for them or cancel them, then try again."
        )


def _describe(patient: Patient) -> Erased:
    cases = list(Case.objects.filter(patient=patient).values_list("pk", flat=True))
    erased = Erased(patient.pk, patient.project_id, cases, {patient.patient_id} | _names(patient))
    erased.models = _models_that_saw(patient, set(cases))
    others = Patient.objects.exclude(pk=patient.pk)
    aliases = others.filter(project=patient.project, split_key=patient.split_key).count()
    if aliases:
        erased.notes.append(f"{aliases} other patients of the project have a like PatientID; they stay")
    same = others.exclude(project=patient.project).filter(patient_id=patient.patient_id)
    for slug in same.values_list("project__slug", flat=True).distinct():
        erased.notes.append(f"project {slug} has a patient with this PatientID too; it stays")
    inbox = InboxInstance.objects.values_list("kept_id", flat=True)
    waiting = sum(names_patient(sha256, patient.patient_id) for sha256 in inbox)
    if waiting:
        erased.notes.append(f"{waiting} files of this PatientID wait in the inbox of unknown AE titles; discard them")
    return erased


def _names(patient: Patient) -> set[str]:
    """Every PatientName that the patient's files carry."""
    rows = Instance.objects.filter(series__study__patient=patient).values_list("header", flat=True)
    return {name for header in rows.iterator(chunk_size=100) if (name := headers.text(header, "PatientName"))}


def _models_that_saw(patient: Patient, cases: set[int]) -> list[dict[str, Any]]:
    """The model versions whose snapshot holds one of the cases, and on which side it was."""
    found = []
    for snapshot in DatasetSnapshot.objects.filter(project=patient.project).iterator():
        sides = {row["side"] for row in snapshot.manifest["readings"] if row["case_id"] in cases}
        if not sides:
            continue
        runs = TrainingRun.objects.filter(snapshot=snapshot).values_list("pk", flat=True)
        models = ModelVersion.objects.filter(project=patient.project)
        for model in models.filter(training_run_id__in=list(runs)) | models.filter(snapshot_sha256=snapshot.sha256):
            use = ", ".join(_USES.get(side, side) for side in sorted(sides))
            found.append({"version": model.version, "task": model.task, "state": model.state, "use": use})
    return sorted(found, key=lambda row: int(row["version"]))


def _blobs_of(patient: Patient, erased: Erased) -> set[str]:
    """Every blob that a row of the patient names, files in quarantine that carry the PatientID, and all exports."""
    instances = Instance.objects.filter(series__study__patient=patient)
    found: set[str | None] = set(instances.values_list("stored_id", flat=True))
    found |= set(instances.values_list("frames_blob_id", flat=True))
    found |= set(Grid.objects.filter(series__study__patient=patient).values_list("thumbnail_id", flat=True))
    found |= set(_items_of(patient).values_list("kept_id", flat=True))
    studies = list(Study.objects.filter(patient=patient).values_list("study_instance_uid", flat=True))
    for kept in Quarantined.objects.filter(project=patient.project).select_related("first_copy"):
        if kept.study_instance_uid in studies or (kept.kept_id and names_patient(kept.kept_id, patient.patient_id)):
            found.add(kept.kept_id)
            _count(erased, kept.delete())
    found |= set(Export.objects.filter(project=patient.project).values_list("blob_id", flat=True))
    return {sha256 for sha256 in found if sha256}


def _items_of(patient: Patient) -> QuerySet[ImportItem]:
    """Outcome lines about the patient, and quarantined files that carry the PatientID."""
    kept = ImportItem.objects.filter(batch__project=patient.project).exclude(kept=None)
    named = [pk for pk, sha256 in kept.values_list("pk", "kept_id") if names_patient(str(sha256), patient.patient_id)]
    lines = ImportItem.objects.filter(batch__project=patient.project)
    return (
        lines.filter(patient=patient) | lines.filter(series__study__patient=patient) | lines.filter(pk__in=named)
    ).distinct()


def _delete_work(erased: Erased) -> None:
    """Readings with their drafts, suggestions, annotations; then the masks that nothing else uses."""
    cases = erased.case_ids
    readings = Reading.objects.filter(case__in=cases)
    of_readings = StatusChange.objects.filter(object_type="reading.reading", object_id__in=readings.values("pk"))
    of_readings.exclude(reason="").update(reason="")
    masks = set(
        SegmentSlice.objects.filter(segment__version__annotation__case__in=cases).values_list("mask_id", flat=True)
    ) | set(SuggestionSlice.objects.filter(suggestion__case__in=cases).values_list("mask_id", flat=True))
    for rows in (
        Adjudication.objects.filter(case__in=cases),
        readings,
        Suggestion.objects.filter(case__in=cases),
        CasePrediction.objects.filter(case__in=cases),
        Annotation.objects.filter(case__in=cases),
        Case.objects.filter(pk__in=cases),
    ):
        _count(erased, rows.delete())
    for digest in sorted(masks):
        uses = SegmentSlice.objects.filter(mask=digest).exists() or SuggestionSlice.objects.filter(mask=digest).exists()
        if not uses:
            _count(erased, SliceMask.objects.filter(pk=digest).delete())


def _delete_images(patient: Patient, erased: Erased) -> None:
    lines = list(_items_of(patient).values_list("pk", flat=True))
    ImportItem.objects.filter(pk__in=lines).update(name=ERASED, reason="", patient=None, series=None, kept=None)
    erased.rows["import lines emptied"] += len(lines)
    _count(erased, Patient.objects.filter(pk=patient.pk).delete())


def _scrub_imports(patient: Patient, erased: Erased) -> None:
    """Options of imports may name the patient: id by file, side by id, a note."""
    for import_ in Import.objects.filter(project=patient.project).exclude(options={}):
        kept = _without(import_.options, erased.tokens)
        if kept != import_.options:
            Import.objects.filter(pk=import_.pk).update(options=kept)
            erased.rows["import options emptied"] += 1


def _without(value: Any, tokens: set[str]) -> Any:
    """The JSON value without the entries and texts that hold one of the tokens."""
    if isinstance(value, dict):
        return {k: _without(v, tokens) for k, v in value.items() if not (_holds(k, tokens) or _is_one(v, tokens))}
    if isinstance(value, list):
        return [_without(item, tokens) for item in value if not _is_one(item, tokens)]
    return "" if isinstance(value, str) and _holds(value, tokens) else value


def _is_one(value: Any, tokens: set[str]) -> bool:
    return isinstance(value, str) and value in tokens


def _holds(text: str, tokens: Iterable[str]) -> bool:
    """Whole tokens only: the id "1" is not in "12"."""
    return any(text == token or (len(token) > 3 and token in text) for token in tokens)


def kept_imports(project_id: int) -> list[int]:
    """Imports of the project that failed and whose files are kept for another try: whose they are, nobody has read."""
    failed = Import.objects.filter(project=project_id, state=ImportState.FAILED).values_list("pk", flat=True)
    return [pk for pk in failed if staging.folder_of(pk).exists()]


def _drop_exports(patient: Patient, erased: Erased) -> None:
    """Archives are compressed, so whether one holds the patient cannot be seen; each can be made again."""
    dropped = Export.objects.filter(project=patient.project).exclude(blob=None).update(
        blob=None, bytes=0, verified=False, error="Removed when a patient was erased; make the export again."
    )  # fmt: skip
    if dropped:
        erased.rows["exports emptied"] += dropped


def _free(candidates: set[str], erased: Erased) -> None:
    """Blob rows that nothing uses any more; their files go once this is committed."""
    erased.freed = candidates - references.used(candidates)
    Blob.objects.filter(pk__in=erased.freed).delete()


def _count(erased: Erased, deleted: tuple[int, dict[str, int]]) -> None:
    for label, number in deleted[1].items():
        erased.rows[label] += number
