"""Requests counted and timed by method, route and status, over all web processes that share the data directory.

Each process counts in memory and writes its numbers once a second, when there are new ones, to a small file in a folder
of its host. Whichever is asked adds up its own and what the others wrote. A full disk makes the others' numbers late
and breaks nothing; files mapped into memory, as Prometheus' own client keeps them, would end the process then.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import shutil
import socket
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Upper bounds of the histogram's classes in seconds; one class more takes what is slower.
BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FILE = re.compile(r"(\d+)-[0-9a-f]+\.json")
_WRITE_SECONDS = 1.0
_GONE_SECONDS = 86_400.0
# host, method, route, status
Key = tuple[str, str, str, str]


@dataclass
class Timed:
    """Answers to one kind of request: how many in each class of BOUNDS_SECONDS, and their seconds together."""

    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_SECONDS) + 1))
    seconds: float = 0.0

    def add(self, other: Timed) -> None:
        self.classes = [mine + its for mine, its in zip(self.classes, other.classes, strict=True)]
        self.seconds += other.seconds


class _Shared:
    """The numbers of this process, and where they are written for the others to read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[Key, Timed] = {}
        self._host = socket.gethostname()
        self._file: Path | None = None
        self._is_written = threading.Event()
        self._is_written.set()

    def count(self, key: tuple[str, str, str], seconds: float) -> None:
        with self._lock:
            timed = self._counted.setdefault((self._host, *key), Timed())
            timed.classes[bisect_left(BOUNDS_SECONDS, seconds)] += 1
            timed.seconds += seconds
            self._is_written.clear()

    def share(self, folder: Path) -> None:
        self._host = socket.gethostname()
        own = folder / re.sub(r"[^\w.-]", "_", self._host)
        own.mkdir(parents=True, exist_ok=True)
        _forget_earlier_runs(own)
        _forget_gone_hosts(folder)
        self._file = own / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        threading.Thread(target=self._write_now_and_then, daemon=True, name="request-metrics").start()
        atexit.register(self._write)

    def total(self) -> dict[Key, Timed]:
        """Of this process and of all whose files can be read."""
        with self._lock:
            found = {key: Timed(list(timed.classes), timed.seconds) for key, timed in self._counted.items()}
        for path in self._file.parent.parent.glob("*/*.json") if self._file is not None else ():
            if path != self._file:
                for key, timed in _read(path):
                    found.setdefault(key, Timed()).add(timed)
        return found

    def _write_now_and_then(self) -> None:
        while True:
            time.sleep(_WRITE_SECONDS)
            if not self._is_written.is_set():
                self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        with self._lock:
            rows = [[*key, timed.classes, timed.seconds] for key, timed in self._counted.items()]
            content = json.dumps(rows)
            self._is_written.set()
        partial = self._file.with_suffix(".partial")
        try:
            partial.write_text(content, encoding="utf-8")
            partial.replace(self._file)
        except OSError:
            # A full disk, say: the next time will tell all.
            self._is_written.clear()


def _read(path: Path) -> Iterator[tuple[Key, Timed]]:
    try:
        for host, method, route, status, classes, seconds in json.loads(path.read_text(encoding="utf-8")):
            yield (host, method, route, status), Timed(classes, seconds)
    except (OSError, ValueError):
        return  # its process has just ended, or a crash of the machine left it empty


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


_shared = _Shared()


def share(folder: Path) -> None:
    """Count together with the other web processes that name this folder; called once, when a web process starts."""
    _shared.share(folder)


def count(*, method: str, route: str, status: int, seconds: float) -> None:
    """Tell of one answer. `route` is the pattern of the address, never the address."""
    _shared.count((method if method in _METHODS else "other", route, str(status)), seconds)


def total() -> dict[Key, Timed]:
    """Answers by (host, method, route, status); without `share` those of this process."""
    return _shared.total()
