"""`medreview export`: the approved work of a project as a zip or an unpacked folder."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from medreview.cli.console import console, emit, readable_errors, setup, stop


def export(
    out: Annotated[Path, typer.Argument(help="A .zip file to write, or a folder to fill.")],
    project: Annotated[str, typer.Option("--project", help="Slug of the project.")],
    export_format: Annotated[str, typer.Option("--format", help="dicom-seg, nifti or coco.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Write everything approved; each file is read back and compared before it is handed out."""
    setup()
    from medreview.accounts.models import Project
    from medreview.annotations.formats.content import ExportError
    from medreview.core import audit
    from medreview.reading.services.export_files import write_archive
    from medreview.reading.services.exporting import FORMATS

    found = Project.objects.filter(slug=project).first()
    if found is None:
        stop(f"there is no project {project!r}")
    if export_format not in FORMATS:
        stop(f"--format must be one of {', '.join(FORMATS)}, not {export_format!r}")
    if out.exists() and (out.is_file() or any(out.iterdir())):
        stop(f"{out} exists already; name another place")
    with readable_errors(), tempfile.TemporaryDirectory() as scratch, console.status("exporting") as status:
        archive = Path(scratch) / "export.zip"

        def show(done: int, total: int) -> None:
            status.update(f"{done} of {total} readings")

        try:
            files = write_archive(found, export_format, Path(scratch) / "files", archive, show)
        except ExportError as error:
            stop(str(error))
        _hand_over(archive, out)
        audit.record(
            "reading.export", actor_id=None, object_type="accounts.project", object_id=found.pk, scope_id=found.pk,
            format=export_format, files=files,
        )  # fmt: skip
    emit({"files": files, "out": str(out)}, as_json=as_json, text=f"{files} files in {out}, read back and compared")


def _hand_over(archive: Path, out: Path) -> None:
    if out.suffix == ".zip":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(archive.read_bytes())
        return
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as stream:
        stream.extractall(out)
