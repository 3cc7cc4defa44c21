"""Take a labelled data set in: images through the archive like any upload, marks as readings of the one who imports."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from medreview.accounts.models import Project, User
from medreview.archive import staging
from medreview.archive.models import Grid
from medreview.archive.services.imports import ingest_entries
from medreview.archive.services.ingest import Ingested
from medreview.cases.models import Case, Side
from medreview.cli.importing import coco, masks, nifti, voc
from medreview.cli.importing.matching import findings_of, match_labels
from medreview.cli.importing.report import (
    ALREADY,
    IMPORTED,
    MATCHED,
    NO_IMAGE,
    NO_LABEL,
    REFUSED,
    CaseLine,
    ImportReport,
)
from medreview.cli.importing.sources import LabelledImage, LabelledSet, Mark, stem
from medreview.core.errors import Conflict, DomainError, Invalid
from medreview.labels.models import Label
from medreview.labels.selectors import list_labels
from medreview.reading.models import Reading
from medreview.reading.services.external import record_external_reading

READERS: dict[str, Callable[[Path], LabelledSet]] = {
    "coco": coco.read, "voc": voc.read, "masks": masks.read, "nifti": nifti.read,
}  # fmt: skip
AS_STATES = {"approved": "approved", "for-review": "submitted"}
Progress = Callable[[int, int], None]


def import_labelled(
    *,
    project: Project,
    paths: Sequence[Path],
    labels_from: str = "none",
    patient_from: str = "",
    split_file: Path | None = None,
    as_state: str = "for-review",
    dry_run: bool = False,
    actor: User,
    mapping: Mapping[str, str] | None = None,
    modality: str = "",
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import images with labels; every case is accounted for in the report. Nothing is written with `dry_run`.

    `labels_from`: coco, voc, masks, nifti, several with commas (then one folder), or none. `patient_from`: a regular
    expression on the file's path whose first group is the patient, or a CSV or COCO file that says it. `split_file`:
    CSV with `patient,side` or JSON {patient: side}. `mapping`: category to label key. Raises Invalid.
    """
    if as_state not in AS_STATES:
        raise Invalid(f"--as is one of {', '.join(AS_STATES)}, not {as_state!r}.")
    sets = [found for path in paths for found in _read_sets(path.resolve(), labels_from)]
    patients = _patients(sets, patient_from)
    report = ImportReport(dry_run=dry_run, images=len({image.path for found in sets for image in found.images}))
    labels = list_labels(project)
    matched = [match_labels(found, labels, mapping or {}) for found in sets]
    _note_matches(report, sets, matched)
    if dry_run:
        for found, label_of in zip(sets, matched, strict=True):
            report.cases += [_foreseen(image, label_of, patients) for image in found.images]
        return report
    if labels_from != "none" and not any(matched):
        raise Invalid(
            f"None of the categories ({', '.join(report.unmatched) or 'none found'}) fits a label of {project.name}. "
            "Add labels to the project or map them with --map."
        )
    options = {"patients": patients, "modality": modality, "split": read_split(split_file)}
    import_, result = ingest_entries(
        project=project, actor=actor, entries=_entries(sets), options=options, on_progress=on_progress
    )
    report.import_id, report.counts = import_.pk, import_.summary["counts"]
    if labels_from == "none":
        return report
    _record(report, sets, matched, labels, result, actor=actor, state=AS_STATES[as_state])
    return report


def _read_sets(path: Path, labels_from: str) -> list[LabelledSet]:
    if not path.exists():
        raise Invalid(f"{path} does not exist.")
    kinds = [kind.strip() for kind in labels_from.split(",") if kind.strip()]
    if kinds in ([], ["none"]):
        files = staging.files_below([path])
        return [LabelledSet(path, [LabelledImage(file.path, None, None) for file in files], [])]
    unknown = [kind for kind in kinds if kind not in READERS]
    if unknown:
        raise Invalid(f"--labels-from knows {', '.join(READERS)} and none, not {', '.join(unknown)}.")
    if not path.is_dir():
        raise Invalid(f"{path} is not a folder; labels are looked for beside the images of a folder.")
    return [READERS[kind](path) for kind in kinds]


def name_of(root: Path, path: Path) -> str:
    """The name an image is known by in the import: its path from the data set's folder on."""
    return staging.safe_name(str(path.relative_to(root.parent)))


def _entries(sets: Sequence[LabelledSet]) -> list[staging.Entry]:
    found = {
        image.path: staging.Entry(image.path, name_of(one.root, image.path), image.path.stat().st_size)
        for one in sets
        for image in one.images
    }
    return list(found.values())


def _patients(sets: Sequence[LabelledSet], patient_from: str) -> dict[str, str]:
    """Image name to patient id, for images that are not DICOM. Raises Invalid when the rule fits no image."""
    images = [(name_of(one.root, image.path), image) for one in sets for image in one.images]
    found = {name: image.patient_id for name, image in images if image.patient_id is not None}
    if not patient_from:
        return found
    path = Path(patient_from)
    if path.suffix in (".csv", ".json") and path.exists():
        table = coco.patients_of(path) if path.suffix == ".json" else _patient_table(path)
        told = {name: table.get(image.path.name, table.get(stem(image.path))) for name, image in images}
    else:
        pattern = _pattern(patient_from)
        told = {name: _group(pattern.search(name)) for name, _ in images}
    named = {name: patient for name, patient in told.items() if patient}
    if not named:
        raise Invalid(f"--patient-from {patient_from!r} names no patient for any of the {len(images)} images.")
    return found | named


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise Invalid(f"--patient-from {text!r} is neither a file nor a regular expression ({error}).") from error
    if not pattern.groups:
        raise Invalid(f"--patient-from {text!r} needs a group in parentheses: the part that is the patient.")
    return pattern


def _group(match: re.Match[str] | None) -> str | None:
    return next((group for group in match.groups() if group), None) if match else None


def _patient_table(path: Path) -> dict[str, str]:
    """File name (or its stem) to patient: the columns called patient, and file, image or name; else the first two."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or len(rows[0]) < 2:
        raise Invalid(f"{path.name} needs a header and two columns: file and patient.")
    columns = list(rows[0])
    file = next((c for c in columns if c.strip().lower() in ("file", "image", "name", "filename")), columns[0])
    patient = next((c for c in columns if c.strip().lower().startswith("patient")), columns[1])
    return {str(row[file]).rsplit("/", 1)[-1].strip(): str(row[patient]).strip() for row in rows if row[patient]}


def read_split(path: Path | None) -> dict[str, str]:
    """Patient id to side, from CSV (`patient,side`) or JSON. Raises Invalid naming the first line that cannot be."""
    if path is None:
        return {}
    if not path.exists():
        raise Invalid(f"The split file {path} does not exist.")
    try:
        if path.suffix == ".json":
            pairs = [(str(k), str(v)) for k, v in json.loads(path.read_text(encoding="utf-8")).items()]
        else:
            with path.open(newline="", encoding="utf-8-sig") as stream:
                pairs = [(row[0].strip(), row[1].strip()) for row in csv.reader(stream) if len(row) > 1]
    except (ValueError, AttributeError) as error:
        raise Invalid(f"The split file {path.name} cannot be read ({error}).") from error
    if pairs and pairs[0][1].lower() not in Side.values:
        pairs = pairs[1:] if path.suffix != ".json" else pairs
    for patient, side in pairs:
        if side.lower() not in Side.values:
            raise Invalid(f"The split file gives {patient} the side {side!r}; sides are {', '.join(Side.values)}.")
    return {patient: side.lower() for patient, side in pairs}


def _note_matches(report: ImportReport, sets: Sequence[LabelledSet], matched: Sequence[Mapping[str, Label]]) -> None:
    for found, label_of in zip(sets, matched, strict=True):
        for category in found.categories:
            name = found.names.get(category, category)
            if category in label_of:
                report.label_of[name] = label_of[category].key
            elif name not in report.unmatched:
                report.unmatched.append(name)


def _foreseen(image: LabelledImage, label_of: Mapping[str, Label], patients: Mapping[str, str]) -> CaseLine:
    """What a real run would find for one image."""
    patient = next((p for name, p in patients.items() if name.endswith("/" + image.path.name)), stem(image.path))
    line = CaseLine(image.path.name, patient, NO_LABEL if image.read_marks is None else MATCHED)
    if image.read_marks is not None:
        for mark in image.read_marks():
            if mark.category in label_of:
                key = label_of[mark.category].key
                line.matched[key] = line.matched.get(key, 0) + 1
    return line


def _record(
    report: ImportReport, sets: Sequence[LabelledSet], matched: Sequence[dict[str, Label]], labels: Sequence[Label],
    result: Ingested, *, actor: User, state: str,
) -> None:  # fmt: skip
    """One reading per labelled image that became a case; images of several sets are read together."""
    found: dict[Path, list[tuple[LabelledImage, dict[str, Label]]]] = {}
    names: dict[Path, str] = {}
    for one, label_of in zip(sets, matched, strict=True):
        for image in one.images:
            found.setdefault(image.path, []).append((image, label_of))
            names[image.path] = name_of(one.root, image.path)
    for path, parts in found.items():
        line = _record_one(path, names[path], parts, labels, result, actor=actor, state=state)
        report.cases.append(line)


def _record_one(
    path: Path, name: str, parts: Sequence[tuple[LabelledImage, dict[str, Label]]], labels: Sequence[Label],
    result: Ingested, *, actor: User, state: str,
) -> CaseLine:  # fmt: skip
    line = CaseLine(name, "", NO_IMAGE)
    grid, case = _place(result, name)
    if grid is None or case is None:
        return line
    line.case, line.patient_id = case.pseudonym, case.patient.patient_id
    if all(image.read_marks is None for image, _ in parts):
        line.outcome = NO_LABEL
        return line
    if Reading.objects.filter(case=case).exists():
        line.outcome = ALREADY
        return line
    try:
        line.matched = _read_case(case, grid, parts, labels, actor=actor, state=state)
        line.outcome = IMPORTED
    except Conflict as error:
        line.outcome, line.detail = ALREADY, error.message
    except DomainError as error:
        line.outcome, line.detail = REFUSED, error.message
    return line


def _place(result: Ingested, name: str) -> tuple[Grid | None, Case | None]:
    series_ids = result.series_of_name.get(name, set())
    grid = Grid.objects.filter(series__in=series_ids).order_by("series_id", "number").first()
    if grid is None:
        return None, None
    case = Case.objects.select_related("project", "patient", "study", "split").filter(stacks__grid=grid).first()
    return grid, case


def _read_case(
    case: Case, grid: Grid, parts: Sequence[tuple[LabelledImage, dict[str, Label]]], labels: Sequence[Label], *,
    actor: User, state: str,
) -> dict[str, int]:  # fmt: skip
    """Findings by label key. A label whose category the set knows, but not on this image, was searched and is none."""
    findings = []
    searched: set[str] = set()
    for image, label_of in parts:
        if image.read_marks is None:
            continue
        marks: list[Mark] = image.read_marks()
        findings += findings_of(marks, label_of, grid)
        searched |= {label.key for label in label_of.values()}
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.label_key] = counts.get(finding.label_key, 0) + 1
    statements = {
        label.key: "searched_none" if label.key in searched else "not_assessed"
        for label in labels
        if label.key not in counts and label.kind != "tag"
    }
    record_external_reading(
        case=case, reader=actor, findings=findings, statements=statements, state=state, actor=actor,
        from_known_truth=state == "approved",
    )  # fmt: skip
    return counts
