"""`medreview restore IN`: a backup into an empty data directory (and an empty database), checked byte by byte."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer
from django.conf import settings

from medreview.cli.console import console, emit, readable_errors, setup
from medreview.cli.operations import manifest
from medreview.cli.operations.problems import Report

Show = Callable[[str], None]
# What settings and `medreview up` make before anything is stored.
_MAY_BE_THERE = frozenset({"secret_key", "lost+found", "logs", "run", "reserve", "broker"})


def restore(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A folder that `medreview backup` has written.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Fill the empty data directory MEDREVIEW_DATA_DIR from a backup, migrate, and check everything."""
    setup()
    with readable_errors(), console.status("reading the backup") as status:
        given, report, lost = restore_backup(source.resolve(), lambda text: status.update(text))
    lines = [f"import {pk} was being sent or taken in during the backup: send its files again" for pk in lost]
    lines += [str(problem) for problem in report.problems]
    lines.append(f"restored {given.files} files of {given.made_at} into {settings.DATA_DIR}; fsck: ")
    lines[-1] += "clean" if not report.problems else f"{len(report.problems)} problems"
    result = {"files": given.files, "made_at": given.made_at, "imports_to_send_again": lost, "fsck": report.to_json()}
    emit(result, as_json=as_json, text="\n".join(lines))
    if report.problems:
        raise typer.Exit(1)


def restore_backup(source: Path, show: Show) -> tuple[manifest.Manifest, Report, list[int]]:
    """Returns the manifest, what fsck says, and the imports whose files were not all in the backup.

    Raises Conflict when there is something at the target already, Invalid when a file of the backup is missing, was
    changed, or belongs to a newer version. What a failed restore has written is removed again.
    """
    from django.core.management import call_command

    from medreview.cli.operations import databases
    from medreview.cli.operations.check import check_all

    given = manifest.read(source)
    _require_known_schema(given)
    _require_empty_target()
    databases.require_empty()
    try:
        _copy_files(source, given, show)
        show("restoring the database")
        databases.put_back(source / given.database, given.vendor)
    except BaseException:
        _remove_everything()
        raise
    show("bringing the database to this version")
    call_command("migrate", verbosity=0, interactive=False)
    lost = _fail_lost_imports()
    report = check_all(repair=False, with_hashes=True, show=lambda text: show(f"checking {text}"))
    return given, report, lost


def _require_known_schema(given: manifest.Manifest) -> None:
    from django.db.migrations.loader import MigrationLoader

    from medreview.core.errors import Invalid

    known = set(MigrationLoader(None).disk_migrations)
    strange = sorted(
        f"{app}.{name}" for app, names in given.schema.items() for name in names if (app, name) not in known
    )
    if strange:
        raise Invalid(
            f"The backup was made by MedReview {given.version}, whose database this version does not know "
            f"({', '.join(strange[:3])}). Restore it with that version or a later one."
        )


def _require_empty_target() -> None:
    from medreview.core.errors import Conflict

    root = Path(settings.DATA_DIR)
    there = sorted(path.name for path in root.iterdir() if path.name not in _MAY_BE_THERE) if root.exists() else []
    if there:
        raise Conflict(
            f"{root} is not empty ({', '.join(there[:5])}); stop what runs there and name an empty folder in "
            "MEDREVIEW_DATA_DIR."
        )


def _copy_files(source: Path, given: manifest.Manifest, show: Show) -> None:
    """Every file but the database, each with the size and hash that the list names."""
    from medreview.core.errors import Invalid

    count = 0
    for number, entry in enumerate(manifest.entries(source, given), start=1):
        if number % 100 == 1:
            show(f"copying {number} of {given.files} files")
        path = PurePosixPath(entry.path)
        if path.is_absolute() or ".." in path.parts:
            raise Invalid(f"The backup lists {entry.path}, which is outside of it; it was changed. Take another one.")
        count += 1
        _copy_one(source / path, entry)
    if count != given.files:
        raise Invalid(f"The backup lists {count} files where its manifest says {given.files}; take another one.")


def _copy_one(path: Path, entry: manifest.Entry) -> None:
    from medreview.cli.operations.databases import FILES
    from medreview.cli.operations.problems import sha256_of
    from medreview.core.errors import Invalid

    try:
        if entry.path in FILES.values():
            found = sha256_of(path)
        else:
            target = Path(settings.DATA_DIR) / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            found, _ = manifest.copy_file(path, target)
    except FileNotFoundError as error:
        raise Invalid(f"{entry.path} is missing from the backup; take another one.") from error
    if found != entry.sha256:
        raise Invalid(f"{entry.path} of the backup was changed: it has the hash {found[:12]}, not {entry.sha256[:12]}.")


def _remove_everything() -> None:
    for path in Path(settings.DATA_DIR).iterdir():
        if path.name in _MAY_BE_THERE:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _fail_lost_imports() -> list[int]:
    """Imports that were open in the copied database, but whose files were gone when the files were copied."""
    from django.utils import timezone

    from medreview.archive.models import Import
    from medreview.cli.operations.fsck_rows import DIRECT_SOURCES, OPEN_IMPORTS, missing_files
    from medreview.core import transitions

    lost = []
    for import_ in Import.objects.filter(state__in=OPEN_IMPORTS).order_by("pk"):
        if import_.source not in DIRECT_SOURCES and not missing_files(import_):
            continue
        if import_.state == "receiving":
            transitions.apply(import_, "finish", actor_id=None, roles={transitions.SYSTEM})
        transitions.apply(
            import_, "fail", actor_id=None, roles={transitions.SYSTEM}, finished_at=timezone.now(),
            error="Its files were not all in the backup that was restored; send them again in a new import.",
        )  # fmt: skip
        lost.append(import_.pk)
    return lost
