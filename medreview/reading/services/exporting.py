"""Asking for an export of everything approved. The job that writes it is in `export_files`."""

from __future__ import annotations

from django.db import transaction

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import access_project
from medreview.core import audit, events, jobs
from medreview.core.errors import Conflict, Invalid
from medreview.reading.models import Export
from medreview.reading.selectors.frozen import approved_readings

FORMATS = ("dicom-seg", "nifti", "coco")


def request_export(*, viewer: User, project_id: int, export_format: str) -> Export:
    """Queue an export. Raises Invalid for an unknown format, Conflict when nothing has been approved yet."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.MANAGER,))
    if export_format not in FORMATS:
        raise Invalid(f"format is one of {', '.join(FORMATS)}.", fields={"format": "unknown"})
    if not approved_readings(access.project).exists():
        raise Conflict(f"Nothing in {access.project.name} is approved yet, so there is nothing to export.")
    with transaction.atomic():
        export = Export.objects.create(project=access.project, format=export_format, created_by=viewer)
        jobs.enqueue("reading.export", queue="light", target_id=export.pk, scope_id=access.project.pk)
        audit.record(
            "reading.request_export", actor_id=viewer.pk, object_type="reading.export", object_id=export.pk,
            scope_id=access.project.pk, format=export_format,
        )  # fmt: skip
        events.publish_on_commit(access.project.pk, "export", export.pk)
    return export
