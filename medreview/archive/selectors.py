"""The only door to archive rows that serve a request. Absent and forbidden raise the same NotFound."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from medreview.accounts.models import Membership, Role, User
from medreview.accounts.selectors import Access, access_project, access_project_by_slug
from medreview.archive import qido
from medreview.archive.models import AeRoute, Grid, Import, InboxInstance, Instance, Quarantined, Series, Study
from medreview.archive.qido import Query
from medreview.core.errors import NotAllowed, NotFound

Parameters = Mapping[str, Sequence[str]]
MAX_INBOX_STUDIES = 500
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


@dataclass(frozen=True)
class Found:
    """One page of a search, and whether there is more behind it."""

    rows: list[Any]
    access: Access
    query: Query
    has_more: bool


def search_studies(*, viewer: User, slug: str, parameters: Parameters) -> Found:
    access = access_project_by_slug(viewer=viewer, slug=slug)
    rows = Study.objects.filter(project=access.project).select_related("patient")
    rows = rows.annotate(
        series_count=_counted(Series.objects.filter(study=OuterRef("pk")), "study"),
        instance_count=_counted(Instance.objects.filter(series__study=OuterRef("pk")), "series__study"),
    )
    return _found(rows, access, parameters, "study")


def search_series(*, viewer: User, slug: str, parameters: Parameters, study_uid: str = "") -> Found:
    """Series of one study, or of the whole project."""
    if study_uid:
        study, access = access_study(viewer=viewer, slug=slug, study_uid=study_uid)
        rows = Series.objects.filter(study=study)
    else:
        access = access_project_by_slug(viewer=viewer, slug=slug)
        rows = Series.objects.filter(project=access.project)
    rows = rows.select_related("study__patient").annotate(
        instance_count=_counted(Instance.objects.filter(series=OuterRef("pk")), "series")
    )
    return _found(rows, access, parameters, "series")


def search_instances(
    *, viewer: User, slug: str, parameters: Parameters, study_uid: str = "", series_uid: str = ""
) -> Found:
    """Instances of one series, of one study, or of the whole project. Headers are loaded where they are asked for."""
    if series_uid:
        found = access_series(viewer=viewer, slug=slug, study_uid=study_uid, series_uid=series_uid)
        access, rows = found.access, Instance.objects.filter(series=found.series)
    elif study_uid:
        study, access = access_study(viewer=viewer, slug=slug, study_uid=study_uid)
        rows = Instance.objects.filter(series__study=study)
    else:
        access = access_project_by_slug(viewer=viewer, slug=slug)
        rows = Instance.objects.filter(project=access.project)
    wants_header = bool(parameters.get("includefield"))
    rows = rows.select_related("series__study__patient").defer("frames", *([] if wants_header else ["header"]))
    return _found(rows, access, parameters, "instance")


def modalities_of(studies: Iterable[Study]) -> dict[int, list[str]]:
    """Study id to the modalities of its series."""
    pairs = Series.objects.filter(study__in=list(studies)).values_list("study_id", "modality").distinct()
    found: dict[int, list[str]] = {}
    for study_id, modality in pairs.order_by("modality"):
        found.setdefault(study_id, []).append(modality)
    return found


def first_instances(rows: Iterable[Study | Series]) -> dict[int, Instance]:
    """Study or series id to the instance that was stored first: its header stands for the level above."""
    rows = list(rows)
    level = "series__study" if rows and isinstance(rows[0], Study) else "series"
    ids = Instance.objects.filter(**{f"{level}__in": rows}).values(level).annotate(first=Min("pk"))
    first = {found["first"]: found[level] for found in ids}
    return {first[pk]: row for pk, row in Instance.objects.in_bulk(list(first)).items()}


def _found(rows: QuerySet[Any], access: Access, parameters: Parameters, level: str) -> Found:
    query = qido.parse(parameters, level, is_manager=access.has(Role.MANAGER))
    page = list(rows.filter(query.condition).order_by("id")[query.offset : query.offset + query.limit + 1])
    return Found(page[: query.limit], access, query, len(page) > query.limit)


def _counted(rows: QuerySet[Any], by: str) -> Coalesce:
    counts = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0, output_field=IntegerField())


def route_of(called_ae_title: str) -> AeRoute | None:
    """Where objects sent to an AE title go; None: the inbox. Serves the network, which nobody has signed in to."""
    return AeRoute.objects.select_related("project").filter(ae_title=called_ae_title).first()


def allows(route: AeRoute, calling_ae_title: str, peer_address: str) -> bool:
    """Whether the route takes objects from this caller; empty lists take anyone's."""
    if route.calling_ae_titles and calling_ae_title not in route.calling_ae_titles:
        return False
    if not route.peer_addresses:
        return True
    try:
        peer = ipaddress.ip_address(peer_address)
    except ValueError:
        return False
    return any(peer in ipaddress.ip_network(network) for network in route.peer_addresses)


def list_quarantined(*, viewer: User, project_id: int, state: str = "") -> QuerySet[Quarantined]:
    """Files in quarantine of a project, newest first, for its managers."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    rows = Quarantined.objects.filter(project=access.project, **({"state": state} if state else {}))
    return rows.select_related("first_copy", "resolved_by").defer("first_copy__header").order_by("-id")


def access_quarantined(*, viewer: User, quarantined_id: int) -> Quarantined:
    row = Quarantined.objects.select_related("project", "first_copy").filter(pk=quarantined_id).first()
    if row is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=row.project_id, roles=(Role.MANAGER,))
    return row


def list_ae_routes(*, viewer: User, project_id: int) -> QuerySet[AeRoute]:
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    return AeRoute.objects.filter(project=access.project).order_by("ae_title")


def access_ae_route(*, viewer: User, route_id: int) -> AeRoute:
    row = AeRoute.objects.filter(pk=route_id).first()
    if row is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=row.project_id, roles=(Role.MANAGER,))
    return row


def list_inbox(*, viewer: User) -> list[dict[str, Any]]:
    """Studies that belong to no project yet, for whoever manages one. Without anything that names a patient: the inbox
    is shared by all projects."""
    require_manager_somewhere(viewer)
    rows = InboxInstance.objects.values("study_instance_uid").annotate(
        instances=Count("pk"),
        bytes=Sum("size"),
        first_at=Min("received_at"),
        last_at=Max("received_at"),
        first=Min("pk"),
    )
    found = list(rows.order_by("-last_at")[:MAX_INBOX_STUDIES])
    firsts = InboxInstance.objects.in_bulk([row["first"] for row in found])
    studies = [row["study_instance_uid"] for row in found]
    modalities: dict[str, list[str]] = {}
    pairs = InboxInstance.objects.filter(study_instance_uid__in=studies).order_by("modality")
    for uid, modality in pairs.values_list("study_instance_uid", "modality").distinct():
        modalities.setdefault(uid, []).append(modality)
    names = ("called_ae_title", "calling_ae_title", "peer_address")
    return [
        {
            **row,
            **{name: getattr(firsts[row["first"]], name) for name in names},
            "modalities": modalities[row["study_instance_uid"]],
        }
        for row in found
    ]


def require_manager_somewhere(viewer: User) -> None:
    """The inbox belongs to nobody: managing any project is enough to see it. Raises NotAllowed."""
    is_narrowed = viewer.only_project_id is not None or Role.MANAGER in viewer.withheld_roles  # by a token
    if is_narrowed or not Membership.objects.filter(user=viewer, role=Role.MANAGER).exists():
        raise NotAllowed("The inbox is for managers of a project.")
