"""`medreview import`."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medreview.cli.console import console, emit, readable_errors, setup, stop

if TYPE_CHECKING:
    from medreview.accounts.models import Project, User


def import_command(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zips.")],
    project: Annotated[str, typer.Option("--project", help="Slug or name of the project.")],
    labels_from: Annotated[str, typer.Option(help="coco, voc, masks, nifti, several with commas, or none.")] = "none",
    patient_from: Annotated[
        str, typer.Option(help="Regular expression on the path (its group is the patient), or a CSV or COCO file.")
    ] = "",
    split: Annotated[Path | None, typer.Option(help="CSV `patient,side` or JSON: sides to be honoured.")] = None,
    as_state: Annotated[
        str, typer.Option("--as", help="What the labels become: approved or for-review.")
    ] = "for-review",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would match.")] = False,
    map_file: Annotated[Path | None, typer.Option("--map", help="JSON: category or mask value to label key.")] = None,
    modality: Annotated[str, typer.Option(help="Modality of files that do not say it, such as DX or SM.")] = "",
    by: Annotated[str, typer.Option(help="Username of the person the import and its readings belong to.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Bring images in, with the labels that others have made."""
    setup()
    # Pages hear of an import where there are pages: without a running installation the broker is rightly absent.
    logging.getLogger("medreview.core.events").setLevel(logging.ERROR)
    with readable_errors():
        found, actor = _project_and_actor(project, by)
        with console.status("reading files", spinner="line") as status:

            def show(done: int, total: int) -> None:
                status.update(f"{done} of {total} files")

            from medreview.cli.importing.run import import_labelled

            report = import_labelled(
                project=found,
                paths=paths,
                labels_from=labels_from,
                patient_from=patient_from,
                split_file=split,
                as_state=as_state,
                dry_run=dry_run,
                actor=actor,
                mapping=_mapping(map_file),
                modality=modality,
                on_progress=show,
            )
    emit(report.as_json(), as_json=as_json, text=report.text())


def _mapping(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        stop(f"--map {path}: {error}")
    if not isinstance(found, dict):
        stop(f"--map {path} should hold one object: category to label key")
    return {str(key): str(value) for key, value in found.items()}


def _project_and_actor(name: str, username: str) -> tuple[Project, User]:
    """The project and one of its managers (the named one, else the first). Stops when there is none."""
    from django.db.models import Q

    from medreview.accounts.models import Membership, Role
    from medreview.accounts.models import Project as ProjectRow

    project = ProjectRow.objects.filter(Q(slug=name) | Q(name=name)).order_by("id").first()
    if project is None:
        stop(f"there is no project {name!r}; see `medreview project`")
    managers = Membership.objects.filter(project=project, role=Role.MANAGER).select_related("user").order_by("id")
    if username:
        managers = managers.filter(user__username=username)
    membership = managers.first()
    if membership is None:
        stop(f"{username or 'nobody'} is a manager of {name}; say with --by who imports")
    return project, membership.user
