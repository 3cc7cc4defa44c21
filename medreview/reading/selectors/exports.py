"""Exports of a project, for its managers."""

from __future__ import annotations

from django.db.models import QuerySet

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import access_project
from medreview.core.errors import NotFound
from medreview.reading.models import Export

EXPORTS_SHOWN = 200


def list_exports(*, viewer: User, project_id: int) -> QuerySet[Export]:
    """The project's newest exports first."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    return Export.objects.filter(project=access.project).order_by("-id")[:EXPORTS_SHOWN]


def access_export(*, viewer: User, export_id: int) -> Export:
    """One export. Absent and foreign look the same (NotFound)."""
    export = Export.objects.select_related("project").filter(pk=export_id).first()
    if export is None:
        raise NotFound()
    access_project(viewer=viewer, project_id=export.project_id, roles=(Role.MANAGER,))
    return export


def access_finished_export(*, viewer: User, export_id: int) -> Export:
    """An export whose file was read back and compared. Raises NotFound while there is none to hand out."""
    export = access_export(viewer=viewer, export_id=export_id)
    if export.blob_id is None or not export.verified:
        raise NotFound(f"Export {export.pk} is {export.state}; its file can be fetched once it is done.")
    return export
