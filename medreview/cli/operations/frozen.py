"""The one place that deletes frozen annotations: to everyone else the database refuses it (annotations 0002).

Inside one transaction the refusals are taken away, the rows deleted, the refusals put back. Both databases change
triggers transactionally and keep other writers waiting meanwhile, so nobody ever sees the tables unguarded, and a
failure leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

TABLES = (
    "annotations_annotationversion",
    "annotations_segment",
    "annotations_segmentslice",
    "annotations_slicemask",
)


@contextmanager
def deletion_allowed() -> Iterator[None]:
    """Only inside a transaction (RuntimeError otherwise)."""
    if not connection.in_atomic_block:
        raise RuntimeError("frozen rows may only be deleted inside a transaction")
    if connection.vendor == "postgresql":
        _execute(_postgresql("DISABLE"))
        yield
        _execute(_postgresql("ENABLE"))
        return
    refusals = _refusals()
    _execute(f'DROP TRIGGER "{name}"' for name, _ in refusals)
    yield
    _execute(sql for _, sql in refusals)


def _postgresql(change: str) -> list[str]:
    """A table with foreign keys still to be checked cannot be altered, so they are checked first."""
    tables = [f'ALTER TABLE "{table}" {change} TRIGGER USER' for table in TABLES]
    return ["SET CONSTRAINTS ALL IMMEDIATE", *tables, "SET CONSTRAINTS ALL DEFERRED"]


def _refusals() -> list[tuple[str, str]]:
    """(name, statement) of the triggers that refuse to delete from the tables."""
    places = ", ".join(["%s"] * len(TABLES))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({places})",  # noqa: S608
            TABLES,
        )
        return [(name, sql) for name, sql in cursor.fetchall() if "BEFORE DELETE" in sql]


def _execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in list(statements):
            cursor.execute(statement)
