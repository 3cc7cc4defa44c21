"""What is true after a fault, read from the files and rows themselves and not through the product."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from tests.loop.system import System


def rows(system: System, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the installation's own database, read only. Values are `?`; JSON comes as text."""
    if system.database_url:
        with psycopg.connect(system.database_url, options="-c default_transaction_read_only=on") as server:
            set_json_loads(_as_text, server)
            return server.execute(query.replace("?", "%s").encode(), values or None).fetchall()
    with sqlite3.connect(f"file:{system.data_dir / 'medreview.sqlite3'}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query, values).fetchall()


def _as_text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode()


def one(system: System, query: str, *values: Any) -> Any:
    """The first column of the only row."""
    ((value,),) = rows(system, query, *values)
    return value


def torn_blobs(system: System) -> list[str]:
    """Blobs whose bytes are not those of their name, and rows whose file is missing or of another size."""
    store = system.data_dir / "blobs"
    wrong = []
    for path in store.rglob("*"):
        if not path.is_file() or path.parent == store / "incoming":
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            wrong.append(f"torn file {path.name}")
    for sha256, size in rows(system, "select sha256, size from core_blob"):
        path = store / sha256[:2] / sha256[2:4] / sha256
        if not path.exists() or path.stat().st_size != size:
            wrong.append(f"row without its bytes {sha256}")
    return wrong


def stuck_jobs(system: System) -> list[tuple[Any, ...]]:
    """Jobs that say they are running though nobody holds their lease."""
    half_a_minute_ago = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 seconds')"
    if system.database_url:
        half_a_minute_ago = "now() - interval '30 seconds'"
    running = "select id, kind, lease_owner from core_job where state = 'running'"
    return rows(system, f"{running} and lease_expires_at < {half_a_minute_ago}")
