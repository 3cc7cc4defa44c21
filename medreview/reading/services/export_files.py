"""The export job: write each approved reading, read it back, compare, and only then put it into the archive.

Not imported by web processes: the format libraries are heavy.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from medreview import __version__
from medreview.accounts.models import Project
from medreview.annotations.formats.coco import FILE_NAME, CocoDocument
from medreview.annotations.formats.content import ExportCase, ExportError, WrittenFile
from medreview.annotations.formats.gather import gather_case
from medreview.annotations.formats.nifti import write_nifti
from medreview.annotations.formats.readback import CocoReader, check_nifti, check_seg
from medreview.annotations.formats.seg import write_seg
from medreview.core import audit, blobs, transitions
from medreview.core.errors import JobFailed
from medreview.core.jobs import JobContext
from medreview.core.models import Blob
from medreview.core.transitions import SYSTEM
from medreview.reading.models import Export, LabelStatement
from medreview.reading.selectors.frozen import approved_readings

MEDIA_TYPE = "application/zip"
# A fixed date keeps two exports of the same work alike.
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)

OnCase = Callable[[int, int], None]


def run_export(context: JobContext) -> None:
    """Do one export job. Raises JobFailed when a file cannot be written or does not say what was approved."""
    export = Export.objects.select_related("project").get(pk=context.job.target_id)
    transitions.apply(export, "start", actor_id=None, roles={SYSTEM}, error="")

    def on_case(done: int, total: int) -> None:
        if context.stop_reason():
            raise JobFailed(f"Stopped: {context.stop_reason()}.")
        context.progress({"done": done, "total": total})

    exports_dir = Path(settings.EXPORTS_DIR)
    exports_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"export-{export.pk}-", dir=exports_dir))
    try:
        archive = folder / "export.zip"
        files = write_archive(export.project, export.format, folder / "files", archive, on_case)
        size = archive.stat().st_size
        sha256, _ = blobs.write_chunks(_chunks(archive))
        with context.writing_result():
            blob, _ = Blob.objects.get_or_create(sha256=sha256, defaults={"size": size, "media_type": MEDIA_TYPE})
            transitions.apply(
                export, "complete", actor_id=None, roles={SYSTEM}, files=files, bytes=size, verified=True, blob=blob
            )
            audit.record(
                "reading.export", actor_id=export.created_by_id, object_type="reading.export", object_id=export.pk,
                scope_id=export.project_id, format=export.format, files=files, sha256=sha256,
            )  # fmt: skip
    except ExportError as error:
        raise JobFailed(str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_archive(project: Project, export_format: str, folder: Path, archive: Path, on_case: OnCase) -> int:
    """Write the zip of a project's approved work; returns the number of files in it.

    Each file was read back and compared before it is taken in. Raises ExportError.
    """
    folder.mkdir(parents=True)
    total = approved_readings(project).count()
    entries: list[dict[str, Any]] = []
    count = 0
    with zipfile.ZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED) as stream:
        if export_format == "coco":
            files = _write_coco(project, folder, entries, lambda done: on_case(done, total))
            count += _take(stream, files)
        else:
            for done, case in enumerate(_cases(project), start=1):
                files = _WRITERS[export_format](case, folder)
                entries.append(_manifest_entry(case, [file.name for file in files]))
                count += _take(stream, files)
                on_case(done, total)
        stream.writestr(_entry("manifest.json"), json.dumps(_manifest(project, export_format, entries), indent=2))
    return count + 1


def _cases(project: Project) -> Iterator[ExportCase]:
    for reading in approved_readings(project).select_related("label_set", "case"):
        statements = LabelStatement.objects.filter(reading=reading).values_list("label_key", "status")
        yield gather_case(
            case=reading.case,
            reading_id=reading.pk,
            freeze=reading.freezes,
            label_set=reading.label_set,
            label_status=dict(statements),
        )


def _write_seg(case: ExportCase, folder: Path) -> list[WrittenFile]:
    files = []
    for grid in case.grids:
        path = folder / f"seg-{case.reading_id}-{grid.id}.dcm"
        if write_seg(case, grid, path):
            check_seg(path, case, grid)
            files.append(WrittenFile(path, f"{case.folder}/stack-{grid.id}.dcm"))
    return files


def _write_nifti(case: ExportCase, folder: Path) -> list[WrittenFile]:
    files = []
    for grid in case.grids:
        place = folder / f"nifti-{case.reading_id}-{grid.id}"
        for path in write_nifti(case, grid, place):
            if path.name.endswith(".nii.gz"):
                check_nifti(path, case, grid)
            files.append(WrittenFile(path, f"{case.folder}/stack-{grid.id}/{path.name}"))
    return files


_WRITERS: dict[str, Callable[[ExportCase, Path], list[WrittenFile]]] = {
    "dicom-seg": _write_seg,
    "nifti": _write_nifti,
}


def _write_coco(
    project: Project, folder: Path, entries: list[dict[str, Any]], on_case: Callable[[int], None]
) -> list[WrittenFile]:
    document = CocoDocument(description=f"{project.name}: approved work, exported by MedReview {__version__}")
    for done, case in enumerate(_cases(project), start=1):
        document.add(case)
        entries.append(_manifest_entry(case, [FILE_NAME]))
        on_case(done)
    path = folder / FILE_NAME
    document.write(path)
    reader = CocoReader(path)
    for case in _cases(project):
        reader.check(case)
    return [WrittenFile(path, FILE_NAME)]


def _manifest(project: Project, export_format: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": export_format,
        "project": project.slug,
        "written_by": f"MedReview {__version__}",
        "notice": "Research use only. Not a medical device.",
        "cases": list(entries),
    }


def _manifest_entry(case: ExportCase, files: list[str]) -> dict[str, Any]:
    """What no image format can say: statements, tags, boxes and lengths, who or what made each mark."""
    return {
        "case": case.pseudonym,
        "reading_id": case.reading_id,
        "files": files,
        "label_status": case.label_status,
        "tags": case.tags,
        "stacks": [{"id": grid.id, "series_instance_uid": grid.series_uid} for grid in case.grids],
        "marks": [
            {
                "tracking_uid": mark.tracking_uid,
                "label_key": mark.label.key,
                "kind": mark.kind,
                "stack_id": mark.grid_id,
                "provenance": mark.provenance,
                "model_version": mark.model_version,
                "geometry": mark.geometry,
            }
            for mark in case.marks
        ],
    }


def _take(stream: zipfile.ZipFile, files: Sequence[WrittenFile]) -> int:
    """Move files into the archive; they are gone from the disk afterwards."""
    for file in files:
        with file.path.open("rb") as source, stream.open(_entry(file.name), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        file.path.unlink()
    return len(files)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
