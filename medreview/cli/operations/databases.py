"""Copying the database while it is in use, and putting a copy back: SQLite by its backup API, PostgreSQL by its
tools."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from medreview.core.errors import Conflict, Invalid
from medreview.core.models import Blob

FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
_BATCH = 2000


@contextmanager
def copied(target: Path) -> Iterator[Iterator[tuple[str, int]]]:
    """Copy the database to `target` as it is at one moment; yields (sha256, size) of every blob known then."""
    if connection.vendor == "sqlite":
        _copy_sqlite(target)
        with closing(sqlite3.connect(target)) as copy:
            yield iter(copy.execute("SELECT sha256, size FROM core_blob ORDER BY sha256"))
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")
        yield Blob.objects.order_by("sha256").values_list("sha256", "size").iterator(chunk_size=_BATCH)


def _copy_sqlite(target: Path) -> None:
    """All pages in one step: one read transaction, which in WAL mode keeps no writer waiting."""
    with closing(sqlite3.connect(_sqlite_path(), timeout=20)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")


def _sqlite_path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def schema() -> dict[str, list[str]]:
    """The migrations that the database has, by app: the version of its schema."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def require_current() -> None:
    """Raises Conflict unless the database has every migration of this version."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        first = missing[0][0]
        raise Conflict(
            f"The database is older than this version ({len(missing)} migrations are missing, the first is "
            f"{first.app_label} {first.name}); make a backup, then run `medreview migrate`."
        )


def require_empty() -> None:
    """Raises Conflict unless there is no database yet (SQLite), or an empty one (PostgreSQL)."""
    if connection.vendor == "sqlite":
        if _sqlite_path().exists():
            raise Conflict(f"There is a database at {_sqlite_path()} already; restore into an empty data directory.")
        return
    if connection.introspection.table_names():
        name = connection.settings_dict["NAME"]
        raise Conflict(
            f"The database {name} has tables already; make an empty one (createdb) and name it in DATABASE_URL."
        )


def put_back(source: Path, vendor: str) -> None:
    """Fill the empty database from a copy. Raises Invalid when the copy is of another kind of database."""
    if vendor != connection.vendor:
        raise Invalid(
            f"The backup is of a {vendor} database, DATABASE_URL names {connection.vendor}; use the same kind for both."
        )
    if vendor == "sqlite":
        target = _sqlite_path()
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.close()
        partial = target.with_name(target.name + ".restoring")
        shutil.copyfile(source, partial)
        partial.replace(target)
        return
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={_name()}", str(source))
    connection.close()


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's tools against the configured database. Raises Invalid with what it said."""
    if shutil.which(program) is None:
        raise Invalid(f"{program} is not on PATH; install the PostgreSQL client tools of the server's version.")
    given = connection.settings_dict
    environment = {
        **os.environ,
        "PGDATABASE": _name(),
        "PGUSER": str(given["USER"]),
        "PGPASSWORD": str(given["PASSWORD"]),
        "PGHOST": str(given["HOST"] or ""),
        "PGPORT": str(given["PORT"] or ""),
    }
    kept = {key: value for key, value in environment.items() if not key.startswith("PG") or value}
    done = subprocess.run([program, *arguments], env=kept, capture_output=True, text=True, cwd=settings.DATA_DIR)
    if done.returncode:
        raise Invalid(f"{program} failed: {done.stderr.strip()[-600:]}")
