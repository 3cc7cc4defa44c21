"""Fixtures of the loop's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

FROZEN_TABLES = (
    "annotations_segmentslice",
    "annotations_segment",
    "annotations_annotationversion",
    "annotations_slicemask",
)


@pytest.fixture
def threaded_db(transactional_db: None) -> Iterator[None]:
    """A database whose commits other threads see. Frozen marks refuse to be deleted, so that the flush after the test
    would fail: their triggers are put aside while the tables are emptied, then put back as they were."""
    yield
    if connection.vendor != "sqlite":
        return  # PostgreSQL flushes with TRUNCATE, which row triggers do not see
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'annotations_%'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        for table in FROZEN_TABLES:
            cursor.execute(f"DELETE FROM {table}")
        for _, sql in triggers:
            cursor.execute(sql)
