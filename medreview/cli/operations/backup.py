"""`medreview backup OUT`: everything that cannot be made again, into a new folder, while the system runs.

The database is copied first, as it is at one moment. Blobs are named by their content and written before their rows, so
every blob that the copy knows is there to be copied afterwards. Left out: the secret key (sessions end with a restore),
logs, the broker's queue (jobs are rows), finished exports' scratch files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone

from medreview import __version__
from medreview.cli.console import console, emit, readable_errors, setup
from medreview.cli.operations import manifest

Show = Callable[[str], None]
_EXTRA = ("demo_users.json", "demo/seeded")


def backup(
    out: Annotated[Path, typer.Argument(help="A new or empty folder, on another disk.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Copy database, blobs, models and waiting uploads while the system runs."""
    setup()
    with readable_errors(), console.status("copying the database") as status:
        made = make_backup(out.resolve(), lambda text: status.update(text))
    text = f"{made.files} files, {made.bytes / 1e6:.1f} MB in {out}"
    result = {"out": str(out), "files": made.files, "bytes": made.bytes, "problems": made.problems}
    emit(result, as_json=as_json, text="\n".join([*made.problems, text]))
    if made.problems:
        raise typer.Exit(1)


def make_backup(out: Path, show: Show) -> manifest.Manifest:
    """Fill `out`. Raises Conflict when it is not empty or inside the data, Invalid when a tool is missing.

    What is wrong with the source already (a lost blob) does not stop the backup; it is listed as a problem.
    """
    from medreview.cli.operations import databases

    _require_place(out)
    from django.db import connection

    schema = databases.schema()
    files, problems = manifest.FileList(out), []
    database = databases.FILES[connection.vendor]
    with databases.copied(out / database) as known:
        _list_file(files, out, database)
        for number, (sha256, _) in enumerate(known, start=1):
            if number % 100 == 1:
                show(f"copying blobs ({number})")
            problems += _copy_blob(files, sha256)
    show("copying models and waiting uploads")
    _copy_tree(files, Path(settings.RUNS_DIR), "runs")
    _copy_tree(files, Path(settings.STAGING_DIR), "staging", only="import-*")
    for name in _EXTRA:
        if (Path(settings.DATA_DIR) / name).is_file():
            files.copy(Path(settings.DATA_DIR) / name, name)
    made = manifest.Manifest(
        made_at=timezone.now().isoformat(),
        version=__version__,
        vendor=connection.vendor,
        database=database,
        schema=schema,
        files=files.files,
        bytes=files.bytes,
        list_sha256=files.close(),
        problems=problems,
    )
    os.sync()
    manifest.write(out, made)
    os.sync()
    return made


def _require_place(out: Path) -> None:
    from medreview.core.errors import Conflict

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Conflict(f"{out} exists and is not empty; name a new folder.")
    if out.is_relative_to(Path(settings.DATA_DIR)):
        raise Conflict(f"{out} is inside the data directory; a backup belongs on another disk.")
    out.mkdir(parents=True, exist_ok=True)
    needed = sum(path.stat().st_size for path in Path(settings.DATA_DIR).rglob("*") if path.is_file())
    free = shutil.disk_usage(out).free
    if free < needed:
        raise Conflict(
            f"{out} has {free / 1e9:.1f} GB free, about {needed / 1e9:.1f} GB are needed; name another place."
        )


def _list_file(files: manifest.FileList, out: Path, name: str) -> None:
    from medreview.cli.operations.problems import sha256_of

    files.add(manifest.Entry(name, (out / name).stat().st_size, sha256_of(out / name)))


def _copy_blob(files: manifest.FileList, sha256: str) -> list[str]:
    from medreview.core import blobs

    source = blobs.path_of(sha256)
    try:
        if files.copy(source, f"blobs/{source.relative_to(settings.STORAGE_DIR).as_posix()}", expected=sha256):
            return []
    except OSError as error:
        return [f"blob {sha256} cannot be copied ({error.strerror}); run `medreview fsck`."]
    return [f"blob {sha256} has other bytes than were stored and was left out; run `medreview fsck`."]


def _copy_tree(files: manifest.FileList, root: Path, name: str, only: str = "*") -> None:
    """Files of running work may vanish meanwhile; a restore starts that work again."""
    for folder in sorted(root.glob(only)) if root.exists() else []:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            try:
                files.copy(path, f"{name}/{path.relative_to(root).as_posix()}")
            except FileNotFoundError:
                continue
