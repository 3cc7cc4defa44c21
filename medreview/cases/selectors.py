"""The only door to a case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from medreview.accounts.models import Project, Role, User
from medreview.accounts.selectors import access_project
from medreview.cases.models import REFERENCE_SIDES, Case, Side
from medreview.core.errors import NotFound

# Given case ids, columns of the managers' list that only apps above know (status, entropy, suggestions).
CaseColumns = Callable[[Sequence[int]], dict[int, dict[str, Any]]]
_columns: list[CaseColumns] = []


def provide_columns(provider: CaseColumns) -> None:
    """Let an app above fill columns of the managers' case list (called from its AppConfig.ready)."""
    _columns.append(provider)


def columns_of(case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {pk: {} for pk in case_ids}
    for provider in _columns:
        for pk, values in provider(case_ids).items():
            found[pk].update(values)
    return found


def access_case(*, viewer: User, case_id: int, roles: tuple[str, ...] = ()) -> Case:
    """The case if `viewer` is a member of its project (NotFound otherwise) with one of `roles` (NotAllowed)."""
    case = Case.objects.select_related("project", "patient", "study", "split").filter(pk=case_id).first()
    if case is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=case.project_id, roles=roles)
    return case


def list_cases(*, viewer: User, project_id: int, query: str = "", side: str = "") -> QuerySet[Case]:
    """Cases of a project for its managers, oldest first, by pseudonym or description and by lane."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    cases = Case.objects.filter(project=access.project).select_related("patient", "study", "split").order_by("id")
    if query:
        cases = cases.filter(
            Q(pseudonym__icontains=query)
            | Q(description__icontains=query)
            | Q(modality__iexact=query)
            | Q(patient__patient_id__icontains=query)
        )
    if side == "reference":
        cases = cases.filter(split__side__in=REFERENCE_SIDES)
    elif side:
        cases = cases.filter(split__side=Side.TRAIN if side == "learning" else side)
    return cases


def learning_cases(project: Project) -> QuerySet[Case]:
    """Cases that may train: the train side, not excluded, main stack usable."""
    return _usable(project).filter(split__side=Side.TRAIN)


def reference_cases(project: Project) -> QuerySet[Case]:
    """Cases that are read blind and score models: the val and test sides, not excluded, main stack usable."""
    return _usable(project).filter(split__side__in=REFERENCE_SIDES)


def _usable(project: Project) -> QuerySet[Case]:
    cases = Case.objects.filter(project=project, excluded_reason="").select_related("patient", "study", "split")
    return cases.exclude(stacks__position=0, stacks__grid__blocks_training=True).order_by("id")


def cases_of_series(series_ids: Collection[int]) -> dict[int, int]:
    """Series id to the id of the case that shows it."""
    pairs = Case.objects.filter(study__series__in=list(series_ids)).values_list("study__series__id", "id")
    return {series_id: case_id for series_id, case_id in pairs if series_id in set(series_ids)}
