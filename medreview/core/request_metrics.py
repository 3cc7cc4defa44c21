"""Requests counted and timed by method, route and status, over all web processes that share the data directory.

Each process writes its numbers to a small file that stays mapped in memory, in a folder of its host; whichever is asked
adds up the files of all. Another host's may lag behind by what its file system takes to show them. prometheus_client
settles that way of counting when it is imported, hence the imports inside functions: `share` comes first. Processes
that serve no web keep their numbers in memory.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram
    from prometheus_client.core import Metric

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_FILE = re.compile(r"(?:counter|histogram)_(\d+)\.db")
_GONE_SECONDS = 86_400.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def share(folder: Path) -> None:
    """Count together with the other web processes that name this folder. Raises RuntimeError when it is too late."""
    if "prometheus_client" in sys.modules:
        raise RuntimeError("Requests must be shared before prometheus_client is imported.")
    own = folder / re.sub(r"[^\w.-]", "_", socket.gethostname())
    own.mkdir(parents=True, exist_ok=True)
    _forget_earlier_runs(own)
    _forget_gone_hosts(folder)
    os.environ[_FOLDER_VARIABLE] = str(own)


def _forget_earlier_runs(folder: Path) -> None:
    """Files are removed only when no process they belong to lives: a counter must not fall while others count on."""
    found = {path: int(match[1]) for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))}
    if not any(_lives(pid) for pid in found.values()):
        for path in found:
            path.unlink(missing_ok=True)


def _forget_gone_hosts(folder: Path) -> None:
    """Containers leave a folder each. One that serves is asked for its health every few seconds, and writes it down."""
    for host in folder.iterdir():
        if all(time.time() - path.stat().st_mtime > _GONE_SECONDS for path in (host, *host.iterdir())):
            shutil.rmtree(host, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()  # ours has only begun: its file is of an earlier process with this number


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Tell of one answer. `route` is the pattern of the address, never the address."""
    requests, durations = _counted()
    kind = method if method in _METHODS else "other"
    host = socket.gethostname()
    requests.labels(host, kind, route, str(status)).inc()
    durations.labels(host, kind, route).observe(seconds)


def families() -> Iterable[Metric]:
    """What was counted so far, by all processes that share it."""
    from prometheus_client.multiprocess import MultiProcessCollector

    if folder := os.environ.get(_FOLDER_VARIABLE):
        files = [str(path) for path in Path(folder).parent.glob("*/*.db")]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return merged
    return _registry().collect()


@cache
def _registry() -> CollectorRegistry:
    from prometheus_client import CollectorRegistry

    return CollectorRegistry()


@cache
def _counted() -> tuple[Counter, Histogram]:
    from prometheus_client import Counter, Histogram

    registry = _registry()
    return (
        Counter(
            "medreview_http_requests",
            "Answers since the web processes of a host began.",
            ("host", "method", "route", "status"),
            registry=registry,
        ),
        Histogram(
            "medreview_http_request_seconds",
            "From a request to the beginning of its answer.",
            ("host", "method", "route"),
            buckets=_BUCKETS,
            registry=registry,
        ),
    )
