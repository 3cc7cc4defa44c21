"""Fixtures of the loop's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.fixture
def threaded_db(transactional_db: None) -> Iterator[None]:
    """A database whose commits other threads and processes see.

    Frozen marks and splits refuse to be deleted, so that the flush after the test would fail: their triggers are put
    aside while the tables are emptied, then put back as they were.
    """
    yield
    if connection.vendor != "sqlite":
        return  # PostgreSQL flushes with TRUNCATE, which row triggers do not see
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        call_command("flush", verbosity=0, interactive=False)
        for _, sql in triggers:
            cursor.execute(sql)
