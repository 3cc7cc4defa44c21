"""What production may not run with. Pure: values in, sentences out; `settings` refuses to load when there are any."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

_MIN_SECRET_LENGTH = 50
_MIN_SECRET_CHARACTERS = 8
_MIN_TOKEN_LENGTH = 16
_PLACEHOLDERS = ("change", "secret", "default", "example", "password", "insecure", "medreview")
_NEW_VALUE = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'


def production_faults(
    *,
    secret_key: str,
    debug: bool,
    allowed_hosts: Sequence[str],
    redis_url: str,
    database_engine: str,
    is_single_host: bool,
    metrics_token: str,
    demo_users_file: Path,
) -> list[str]:
    """Every reason not to start, each with the setting's name and how to mend it; empty when there is none."""
    found = [
        _secret_fault(secret_key),
        "MEDREVIEW_DEBUG is on: error pages would show data and settings. Remove it." if debug else "",
        _hosts_fault(allowed_hosts),
        _redis_fault(redis_url),
        _database_fault(database_engine, is_single_host),
        _token_fault(metrics_token),
        _demo_fault(demo_users_file),
    ]
    return [fault for fault in found if fault]


def _secret_fault(key: str) -> str:
    mend = f"Set it to the output of: {_NEW_VALUE}"
    if not key:
        return f"MEDREVIEW_SECRET_KEY is not set. {mend}"
    if len(key) < _MIN_SECRET_LENGTH or len(set(key)) < _MIN_SECRET_CHARACTERS:
        return f"MEDREVIEW_SECRET_KEY is too short or too regular to be a secret. {mend}"
    if any(word in key.lower() for word in _PLACEHOLDERS):
        return f"MEDREVIEW_SECRET_KEY looks like a placeholder. {mend}"
    return ""


def _hosts_fault(hosts: Sequence[str]) -> str:
    if any(host.strip() in ("*", ".") for host in hosts):
        return "MEDREVIEW_ALLOWED_HOSTS has '*', so any Host header would be believed. Name the hosts."
    if not any(host.strip() for host in hosts):
        return "MEDREVIEW_ALLOWED_HOSTS is empty. Name the hosts that people type, separated by commas."
    return ""


def _redis_fault(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or parts.password or _is_loopback(parts.hostname or "localhost"):
        return ""
    return (
        f"MEDREVIEW_REDIS_URL names a broker on {parts.hostname} without a password: anyone on that network could "
        "queue work. Set requirepass there and write redis://:PASSWORD@HOST:PORT/0."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database_fault(engine: str, is_single_host: bool) -> str:
    if not engine.endswith("sqlite3") or is_single_host:
        return ""
    return (
        "The database is SQLite, which only the processes of one machine can share. Set DATABASE_URL to a PostgreSQL "
        "database, or MEDREVIEW_SINGLE_HOST=true where web and workers all run on this machine, on a local disk."
    )


def _token_fault(token: str) -> str:
    if not token or len(token) >= _MIN_TOKEN_LENGTH:
        return ""
    return f"MEDREVIEW_METRICS_TOKEN is shorter than {_MIN_TOKEN_LENGTH} characters. Make a longer one: {_NEW_VALUE}"


def _demo_fault(demo_users_file: Path) -> str:
    if not demo_users_file.exists():
        return ""
    return (
        f"MEDREVIEW_DATA_DIR holds a demo ({demo_users_file.name}) whose people have published passwords. Use an empty "
        "data directory."
    )
