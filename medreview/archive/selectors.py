"""The only door to archive rows that serve a request. Absent and forbidden raise the same NotFound."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import QuerySet

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access, access_project, access_project_by_slug
from medreview.archive.models import Grid, Import, Instance, Series, Study
from medreview.core.errors import NotFound

_UID = re.compile(r"[0-9.]{1,64}", re.ASCII)


def access_import(*, viewer: User, import_id: int) -> Import:
    """An import, for the managers of its project."""
    found = Import.objects.select_related("project", "created_by").filter(pk=import_id).first()
    if found is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=found.project_id, roles=(Role.MANAGER,))
    return found


def list_imports(*, viewer: User, project_id: int) -> QuerySet[Import]:
    """Imports of a project, newest first, for its managers."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    return Import.objects.filter(project=access.project).order_by("-id")


@dataclass(frozen=True)
class SeriesAccess:
    """A series as one member of its project sees it."""

    series: Series
    access: Access


def access_series(*, viewer: User, slug: str, study_uid: str, series_uid: str) -> SeriesAccess:
    access = access_project_by_slug(viewer=viewer, slug=slug)
    _must_be_uids(study_uid, series_uid)
    series = (
        Series.objects.select_related("study__patient")
        .filter(project=access.project, series_instance_uid=series_uid, study__study_instance_uid=study_uid)
        .first()
    )
    if series is None:
        raise NotFound()
    return SeriesAccess(series, access)


def access_instance(
    *, viewer: User, slug: str, study_uid: str, series_uid: str, instance_uid: str
) -> tuple[Instance, Access]:
    found = access_series(viewer=viewer, slug=slug, study_uid=study_uid, series_uid=series_uid)
    _must_be_uids(instance_uid)
    instance = Instance.objects.filter(series=found.series, sop_instance_uid=instance_uid).first()
    if instance is None:
        raise NotFound()
    return instance, found.access


def list_studies(*, viewer: User, slug: str) -> QuerySet[Study]:
    access = access_project_by_slug(viewer=viewer, slug=slug)
    return Study.objects.filter(project=access.project).select_related("patient").order_by("id")


def access_study(*, viewer: User, slug: str, study_uid: str) -> tuple[Study, Access]:
    access = access_project_by_slug(viewer=viewer, slug=slug)
    _must_be_uids(study_uid)
    study = Study.objects.select_related("patient").filter(project=access.project, study_instance_uid=study_uid).first()
    if study is None:
        raise NotFound()
    return study, access


def grid_of_series(series: Series, grid_id: str = "") -> Grid | None:
    """The stack with this id, or the one that stands for the series: the lowest number."""
    grids = Grid.objects.filter(series=series).order_by("number")
    if grid_id:
        grids = grids.filter(pk=int(grid_id)) if grid_id.isdecimal() and len(grid_id) < 19 else grids.none()
    return grids.first()


def _must_be_uids(*uids: str) -> None:
    """Text that is no UID names nothing; it does not reach the database."""
    if not all(_UID.fullmatch(uid) for uid in uids):
        raise NotFound()
