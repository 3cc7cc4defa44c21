"""Making cases out of stored series, and giving each patient a side once and for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from django.db import transaction
from django.db.models import Max

from medreview.accounts.models import Project
from medreview.archive.models import Grid, Import, Study
from medreview.cases.models import REFERENCE_SIDES, Case, CaseStack, Side, SplitAssignment
from medreview.cases.split import side_of_position
from medreview.core import audit
from medreview.core.errors import Conflict


class CasesMade(Protocol):
    """What apps above want to be told, in the transaction that makes the cases."""

    def __call__(self, *, project: Project, case_ids: Sequence[int]) -> object: ...


ON_CASES_MADE: list[CasesMade] = []
_MAX_STUDIES_PER_PATIENT = 10_000


def assign_split(*, project: Project, split_key: str, side: str | None = None) -> SplitAssignment:
    """The side of one split key, written now if it was never seen. `side` comes from an imported split file."""
    return assign_splits(project=project, split_keys=[split_key], sides={split_key: side} if side else {})[split_key]


@transaction.atomic
def assign_splits(
    *, project: Project, split_keys: Iterable[str], sides: Mapping[str, str] | None = None
) -> dict[str, SplitAssignment]:
    """Sides of many keys. Keys seen before keep theirs: an imported side that differs raises Conflict."""
    Project.objects.select_for_update().get(pk=project.pk)  # positions are counted: one writer at a time
    wanted, imported = sorted(set(split_keys)), sides or {}
    found = {row.split_key: row for row in SplitAssignment.objects.filter(project=project, split_key__in=wanted)}
    for key, side in imported.items():
        if key in found and found[key].side != side:
            raise Conflict(
                f"A patient of the split file is already on side {found[key].side}; the file says {side}. "
                "A side is written once: leave the patient out of the file or use another project."
            )
    position = SplitAssignment.objects.filter(project=project, imported=False).count()
    for key in wanted:
        if key in found:
            continue
        if key in imported:
            side, block = Side(imported[key]).value, 0
        else:
            side, block = side_of_position(project.salt, project.split_ratio, position)
            position += 1
        found[key] = SplitAssignment.objects.create(
            project=project, split_key=key, side=side, block=block, imported=key in imported
        )
    return found


@transaction.atomic
def make_cases(*, import_: Import | None, series_ids: Sequence[int]) -> list[Case]:
    """One case per study of the series; patients get their side at first sight. Returns the cases that are new.

    A study that has a case already gets its new stacks added after the old ones: open readings stay as they are.
    """
    studies = list(
        Study.objects.filter(series__in=list(series_ids)).select_related("project", "patient").distinct().order_by("id")
    )
    if not studies:
        return []
    project = studies[0].project
    splits = assign_splits(
        project=project,
        split_keys=[study.patient.split_key for study in studies],
        sides=_imported_sides(import_, studies),
    )
    made = []
    for study in studies:
        case = Case.objects.filter(project=project, study=study).first()
        if case is None:
            case = _make_case(study, splits[study.patient.split_key], import_)
            made.append(case)
        _add_stacks(case)
        _exclude_if_seen_on_other_side(case)
    if made:
        audit.record(
            "cases.made",
            actor_id=import_.created_by_id if import_ else None,
            object_type="project",
            object_id=project.pk,
            scope_id=project.pk,
            cases=[case.pk for case in made],
        )
        for hook in ON_CASES_MADE:
            hook(project=project, case_ids=[case.pk for case in made])
    return made


def _imported_sides(import_: Import | None, studies: Sequence[Study]) -> dict[str, str]:
    """Sides that the import's split file gives, by split key. The file names patients by their id."""
    given: Mapping[str, str] = import_.options.get("split", {}) if import_ else {}
    by_id = {study.patient.patient_id: study.patient.split_key for study in studies}
    return {by_id[patient_id]: side for patient_id, side in given.items() if patient_id in by_id}


def _make_case(study: Study, split: SplitAssignment, import_: Import | None) -> Case:
    return Case.objects.create(
        project=study.project,
        patient=study.patient,
        study=study,
        split=split,
        source=import_,
        pseudonym=_free_pseudonym(study),
        modality="",
        description=study.study_description,
    )


def _free_pseudonym(study: Study) -> str:
    """The patient's for the first study, then with "-2", "-3" and so on."""
    base = study.patient.pseudonym
    taken = set(
        Case.objects.filter(project=study.project, pseudonym__startswith=base).values_list("pseudonym", flat=True)
    )
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, _MAX_STUDIES_PER_PATIENT))
    return next(name for name in names if name not in taken)


def _add_stacks(case: Case) -> None:
    held = set(CaseStack.objects.filter(case=case).values_list("grid_id", flat=True))
    fresh = [
        grid
        for grid in Grid.objects.filter(series__study=case.study_id).select_related("series")
        if grid.pk not in held
    ]
    last = CaseStack.objects.filter(case=case).aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    for position, grid in enumerate(sorted(fresh, key=_prominence), start=start):
        CaseStack.objects.create(case=case, grid=grid, position=position)
    if start == 0 and fresh:
        main = min(fresh, key=_prominence)
        case.modality = main.series.modality
        case.description = case.description or main.series.series_description
        case.save(update_fields=["modality", "description"])


def _prominence(grid: Grid) -> tuple[bool, int, int, int]:
    """What is shown and learned first: usable geometry, first time point, most voxels, earliest series."""
    voxels = 1
    for size in grid.shape_zyx:
        voxels *= size
    return grid.blocks_training, grid.time_index, -voxels, grid.pk


def _exclude_if_seen_on_other_side(case: Case) -> None:
    """Equal pixels on two sides would leak: the later case is kept out, no patient is moved."""
    if case.excluded_reason:
        return
    hashes = list(Grid.objects.filter(casestack__case=case).values_list("pixel_sha256", flat=True))
    other = (
        Case.objects.filter(project=case.project_id, grids__pixel_sha256__in=hashes, excluded_reason="")
        .exclude(pk=case.pk)
        .exclude(split__side=case.split.side)
        .order_by("id")
        .first()
    )
    if other is not None:
        case.excluded_reason = f"The same pixels are in case {other.pseudonym}, on another side of the split."
        case.save(update_fields=["excluded_reason"])


def cases_of_import(import_: Import, series_ids: Sequence[int]) -> dict[str, int]:
    """The archive's hook: make the cases of an import and count its patients by lane."""
    made = make_cases(import_=import_, series_ids=series_ids)
    sides = dict(
        Case.objects.filter(project=import_.project_id, study__series__in=list(series_ids)).values_list(
            "patient_id", "split__side"
        )
    )
    reference = sum(side in REFERENCE_SIDES for side in sides.values())
    return {
        "cases_made": len(made),
        "reference_patients": reference,
        "learning_patients": len(sides) - reference,
        "cases_excluded": sum(bool(case.excluded_reason) for case in made),
    }
