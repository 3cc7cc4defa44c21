"""Rows that must fit each other or a file that is no blob: masks, journals, models, staging, the audit chain."""

from __future__ import annotations

import re
import shutil
import time
import zlib
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from medreview.annotations.masks import load_mask
from medreview.annotations.models import Segment, SliceMask
from medreview.archive import staging
from medreview.archive.models import Import
from medreview.archive.services.imports import FILES_KEPT
from medreview.archive.states import ImportState
from medreview.cli.operations.fsck_blobs import GRACE
from medreview.cli.operations.problems import Report
from medreview.core import audit
from medreview.core.errors import Invalid
from medreview.reading.models import Reading
from medreview.registry.models import ModelVersion
from medreview.registry.weights import CHECKPOINT, PLAN, check_weights, run_folder
from ml.masks import slice_digest

OPEN_IMPORTS = (ImportState.RECEIVING, ImportState.QUEUED, ImportState.RUNNING)
# Taken in by the process that received them, without a folder that outlives it.
DIRECT_SOURCES = ("command", "stow")
_RESTORE = "Restore the last good backup."
_REPAIR = "`medreview fsck --repair` removes it."


def check_database(report: Report) -> None:
    """The database's own opinion: SQLite's pages, and rows that point at nothing."""
    try:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check(20)")
                for (line,) in cursor.fetchall():
                    if line != "ok":
                        report.add("database.damaged", "the SQLite file", f"{line}.", _RESTORE)
        connection.check_constraints()
    except DatabaseError as error:
        report.add("database.damaged", "the database", f"{type(error).__name__}: {error}.", _RESTORE)
    report.checked["database"] += 1


def check_masks(report: Report) -> None:
    """Every slice mask decodes to the voxels it is named for, and segments count what their slices hold."""
    for mask in SliceMask.objects.order_by("digest").iterator(chunk_size=200):
        report.checked["masks"] += 1
        fault = _mask_fault(mask)
        if fault:
            report.add("mask.damaged", f"slice mask {mask.digest}", fault, _RESTORE)
    counted = Segment.objects.annotate(found=Coalesce(Sum("slices__mask__voxel_count"), 0))
    for segment in counted.exclude(found=F("voxel_count")).order_by("pk").iterator():
        what = f"Its slices hold {segment.found} voxels, its row says {segment.voxel_count}."
        report.add("segment.count", f"annotation version {segment.version_id}", what, _RESTORE)


def _mask_fault(mask: SliceMask) -> str:
    try:
        voxels = load_mask(mask)
    except (Invalid, zlib.error) as error:
        return str(error)
    if slice_digest(voxels) != mask.digest:
        return "Its voxels are not those it is named for."
    if int(voxels.sum()) != mask.voxel_count:
        return f"It has {int(voxels.sum())} voxels, its row says {mask.voxel_count}."
    return ""


def check_journals(report: Report) -> None:
    """The operations of each reading are numbered 1 to its sequence without a gap."""
    counted = Reading.objects.annotate(
        n=Count("operations"), first=Min("operations__seq"), last=Max("operations__seq")
    ).order_by("pk")
    report.checked["readings"] = Reading.objects.count()
    torn = counted.filter(~Q(n=F("sequence")) | Q(n__gt=0) & (~Q(first=1) | ~Q(last=F("sequence"))))
    for reading in torn.iterator():
        what = f"Its draft is at operation {reading.sequence}, but {reading.n} are stored."
        report.add("journal.gap", f"reading {reading.pk}", what, _RESTORE)


def check_models(report: Report, *, with_hashes: bool) -> None:
    """The run directory of each registered model holds its plan and the weights that were registered."""
    for model in ModelVersion.objects.select_related("weights").order_by("pk"):
        report.checked["models"] += 1
        if with_hashes:
            faults = check_weights(model)
        else:
            folder = run_folder(model)
            faults = [f"{folder / name} is gone." for name in (CHECKPOINT, PLAN) if not (folder / name).is_file()]
        for fault in faults:
            todo = "Restore the run directory from a backup, or train again."
            report.add("model.files", f"model v{model.version} of project {model.project_id}", fault, todo)


def check_audit(report: Report) -> None:
    """The chain of the audit trail is whole."""
    report.checked["audit"] += 1
    for event_id in audit.verify():
        what = "Its hash or its link to the event before does not fit: the trail was changed."
        report.add("audit.chain", f"audit event {event_id}", what, "Compare it with the last backup.")


def check_staging(report: Report, *, repair: bool) -> None:
    """Received files belong to an import that still needs them, and are all there."""
    before = time.time() - GRACE.total_seconds()
    root = Path(settings.STAGING_DIR)
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.exists() else []
    exports = Path(settings.EXPORTS_DIR)
    folders += sorted(exports.glob("export-*")) if exports.exists() else []
    for folder in folders:
        if _is_left_behind(folder, before) and not _is_needed(folder):
            if repair:
                shutil.rmtree(folder, ignore_errors=True)
            report.add(
                "staging.leftover", str(folder), "No work needs this folder any more.", _REPAIR, is_repaired=repair
            )
    for import_ in Import.objects.filter(state__in=OPEN_IMPORTS).exclude(source__in=DIRECT_SOURCES).order_by("pk"):
        report.checked["open imports"] += 1
        if missing_files(import_) and Import.objects.filter(pk=import_.pk, state=import_.state).exists():
            what = f"{missing_files(import_)} of {import_.files_received} received files are gone."
            report.add("staging.missing", f"import {import_.pk}", what, "Send them again in a new import.")


def _is_left_behind(folder: Path, before: float) -> bool:
    """Nothing in it, nor itself, was touched since. An empty scratch folder may be that of an idle receiver."""
    inside = [path.lstat().st_mtime for path in folder.rglob("*")]
    is_scratch = folder.name.startswith("ingest-")
    return max([folder.stat().st_mtime, *inside]) < before and (bool(inside) or not is_scratch)


def _is_needed(folder: Path) -> bool:
    found = re.fullmatch(r"import-(\d+)", folder.name)
    if not found:
        return False
    import_ = Import.objects.filter(pk=int(found[1])).first()
    return import_ is not None and (import_.state in OPEN_IMPORTS or _may_be_tried_again(import_))


def _may_be_tried_again(import_: Import) -> bool:
    is_recent = import_.finished_at is not None and timezone.now() - import_.finished_at < FILES_KEPT
    return import_.state == ImportState.FAILED and is_recent


def missing_files(import_: Import) -> int:
    """How many files that an open import has received are not in its staging folder (whole)."""
    there = sum(
        entry.path.exists() and entry.path.stat().st_size == entry.size for entry in staging.received(import_.pk)
    )
    return max(0, import_.files_received - there)
