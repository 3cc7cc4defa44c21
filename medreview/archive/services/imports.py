"""The life of an import: opened, filled with files, finished, taken in."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from medreview.accounts.models import Project, User
from medreview.archive import staging
from medreview.archive.models import Import
from medreview.archive.services.ingest import Ingested, ingest
from medreview.archive.states import MANAGER, ImportState
from medreview.core import audit, events, jobs, transitions
from medreview.core.errors import Conflict, JobFailed
from medreview.core.job_owners import Target
from medreview.core.jobs import JobContext
from medreview.core.models import Job, JobState
from medreview.core.transitions import SYSTEM

INGEST = "archive.ingest"
# Of an import that failed: what came by C-STORE was acknowledged, so nobody else may still have it.
FILES_KEPT = timedelta(days=14)
_PROGRESS_STEP = 16
_SCRATCH = "ingest-"
_SCRATCH_SECONDS = 86_400


@transaction.atomic
def create_import(
    *,
    project: Project,
    actor: User | None,
    note: str = "",
    source: str = "page",
    options: dict[str, Any] | None = None,
) -> Import:
    """An import that waits for files. `options` as in `import_paths`, and "received_from": who sent them."""
    given = {"note": note[:400], **(options or {})}
    import_ = Import.objects.create(project=project, created_by=actor, source=source, options=given)
    _tell("import.created", import_, actor)
    return import_


def add_files(*, import_: Import, files: Iterable[tuple[str, Iterable[bytes]]]) -> int:
    """Keep uploaded files (name, chunks); returns their bytes. Raises Conflict when the import no longer receives."""
    if import_.state != ImportState.RECEIVING:
        raise Conflict(f"Import {import_.pk} takes no more files (it is {import_.state}); open a new import.")
    kept: list[int] = []
    try:
        for name, chunks in files:
            kept.append(staging.receive(import_.pk, name, chunks).size)
    finally:
        staging.sync(import_.pk)
        Import.objects.filter(pk=import_.pk).update(
            files_received=F("files_received") + len(kept), bytes_received=F("bytes_received") + sum(kept)
        )
    return sum(kept)


@transaction.atomic
def finish_import(*, import_: Import, actor: User | None) -> Import:
    """No more files will come: queue the ingest. Finishing twice changes nothing."""
    if import_.state in (ImportState.QUEUED, ImportState.RUNNING, ImportState.DONE):
        return import_
    transitions.apply(import_, "finish", actor_id=actor.pk if actor else None, roles={MANAGER if actor else SYSTEM})
    jobs.enqueue(
        INGEST, queue="light", target_id=import_.pk, scope_id=import_.project_id, dedup_key=f"{INGEST}:{import_.pk}"
    )
    _tell("import.finished", import_, actor)
    return import_


def ingest_import(context: JobContext) -> None:
    """The job: take in what an import has received. Another attempt starts over and finds its own series stored."""
    import_ = Import.objects.select_related("project").get(pk=context.job.target_id)
    if import_.state == ImportState.DONE:
        return

    def on_progress(done: int, total: int) -> None:
        if context.stop_reason():
            raise JobFailed(f"Stopped: {context.stop_reason()}. Series stored so far stay.")
        context.progress({"done": done, "total": total})

    _take_in(import_, staging.received(import_.pk), context.writing_result, on_progress)
    staging.remove(import_.pk)


def ingest_ended(job: Job) -> None:
    """The job ended without success: say so on the import. Its files stay for another try, unless it was canceled."""
    import_ = Import.objects.filter(pk=job.target_id).first()
    if import_ is None or import_.state not in (ImportState.QUEUED, ImportState.RUNNING):
        return
    transitions.apply(import_, "fail", actor_id=None, roles={SYSTEM}, error=job.error, finished_at=timezone.now())
    if job.state == JobState.CANCELED:
        staging.remove(import_.pk)


def ingest_again(job: Job, actor_id: int | None) -> None:
    """Put a failed import back into the queue. Raises Conflict when its files are gone."""
    import_ = Import.objects.filter(pk=job.target_id).first()
    if import_ is None or not staging.received(import_.pk):
        raise Conflict("The files of this import are not kept any more; send them again in a new import.")
    transitions.apply(
        import_, "retry", actor_id=actor_id, roles={MANAGER}, error="", finished_at=None, files_done=0
    )  # fmt: skip


def describe_imports(import_ids: Collection[int]) -> dict[int, Target]:
    return {
        row.pk: Target(
            str(row.pk), row.files_received, row.state == ImportState.FAILED and staging.folder_of(row.pk).exists()
        )
        for row in Import.objects.filter(pk__in=import_ids)
    }


def sweep_failed() -> None:
    """Let go of the files of imports that failed and that nobody tried again for a fortnight."""
    old = Import.objects.filter(state=ImportState.FAILED, finished_at__lt=timezone.now() - FILES_KEPT)
    for pk in old.values_list("pk", flat=True):
        if staging.folder_of(pk).exists():
            staging.remove(pk)


def import_paths(
    *,
    project: Project,
    actor: User | None,
    paths: Sequence[Path],
    options: dict[str, Any] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Import:
    """Take in files and folders of this machine at once, by the same path as an upload; returns the finished Import.

    `options`: "patients", "descriptions" (by name, for files that are not DICOM), "modality", "split" (side by patient
    id). Names are relative to the parent folder of each path.
    """
    entries = staging.files_below(paths)
    return ingest_entries(project=project, actor=actor, entries=entries, options=options, on_progress=on_progress)[0]


def ingest_entries(
    *,
    project: Project,
    actor: User | None,
    entries: Sequence[staging.Entry],
    options: dict[str, Any] | None = None,
    source: str = "command",
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Import, Ingested]:
    """`import_paths` for files that already have names; also says what became of each and where it led to."""
    with transaction.atomic():
        import_ = Import.objects.create(
            project=project,
            created_by=actor,
            source=source,
            options=options or {},
            state=ImportState.QUEUED,
            files_received=len(entries),
            bytes_received=sum(entry.size for entry in entries),
        )
        _tell("import.created", import_, actor)
    try:
        result = _take_in(import_, entries, transaction.atomic, on_progress or _silent)
    except BaseException as error:
        transitions.apply(import_, "fail", actor_id=None, roles={SYSTEM}, error=str(error)[:1000])
        raise
    return import_, result


def _take_in(
    import_: Import,
    entries: Sequence[staging.Entry],
    guard: Callable[[], AbstractContextManager[Any]],
    on_progress: Callable[[int, int], None],
) -> Ingested:
    with guard():
        transitions.apply(import_, "start", actor_id=None, roles={SYSTEM})
    shown = -_PROGRESS_STEP

    def report(done: int, total: int) -> None:
        nonlocal shown
        if done < total and done - shown < _PROGRESS_STEP:
            return
        shown = done
        Import.objects.filter(pk=import_.pk).update(files_done=done, files_total=total)
        on_progress(done, total)

    _sweep_scratch()
    sweep_failed()
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=settings.STAGING_DIR) as folder:
        result = ingest(import_, entries, Path(folder), guard, report)
    with guard():
        transitions.apply(import_, "complete", actor_id=None, roles={SYSTEM}, finished_at=timezone.now())
        events.publish_on_commit(import_.project_id, "import", import_.pk)
    import_.refresh_from_db()
    return result


def _sweep_scratch() -> None:
    """Make the staging folder; scratch folders of workers that were killed go after a day."""
    root = Path(settings.STAGING_DIR)
    root.mkdir(parents=True, exist_ok=True)
    for folder in root.glob(f"{_SCRATCH}*"):
        # An empty one may be that of a receiver which has been idle for a day.
        if time.time() - folder.stat().st_mtime > _SCRATCH_SECONDS and any(folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)


def _silent(done: int, total: int) -> None:
    """No one watches."""


def _tell(action: str, import_: Import, actor: User | None) -> None:
    audit.record(
        action,
        actor_id=actor.pk if actor else None,
        object_type="import",
        object_id=import_.pk,
        scope_id=import_.project_id,
    )
    events.publish_on_commit(import_.project_id, "import", import_.pk)
