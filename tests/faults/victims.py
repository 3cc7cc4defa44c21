"""Finding and killing the processes of a running installation, as a crash or the kernel would (Linux: /proc)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.loop.system import System

# What tells a part from the others on its command line.
MARKS = {
    "broker": ("valkey",),
    "web": ("granian",),
    "light": ("celery", "-Q\0light"),
    "batch": ("celery", "-Q\0batch"),
}


@dataclass(frozen=True)
class Process:
    """One live process; `command` joins the arguments with NUL."""

    pid: int
    parent: int
    command: str


def _read(pid: int) -> Process | None:
    folder = Path("/proc") / str(pid)
    try:
        command = (folder / "cmdline").read_bytes().decode(errors="replace")
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[0] == "Z" else Process(pid, int(fields[1]), command)


def _of_installation(pid: int, system: System) -> bool:
    """By the environment it was started with, or by its parent: the broker writes its title over its environment."""
    try:
        given = (Path("/proc") / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    found = _read(pid)
    marked = f"MEDREVIEW_DATA_DIR={system.data_dir}\0".encode() in given
    return marked or (found is not None and found.parent == system.pid)


def processes(system: System) -> list[Process]:
    """Every live process of this installation, whoever its parent is now."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [found for pid in pids if _of_installation(pid, system) and (found := _read(pid)) is not None]


def main_of(system: System, part: str) -> int | None:
    """The process that the supervisor started for a part; None while it is not there."""
    alive = processes(system)
    for one in alive:
        if one.parent == system.pid and all(mark in one.command for mark in MARKS[part]):
            return one.pid
    return None


def children_of(system: System, pid: int) -> list[Process]:
    """All descendants of a process."""
    alive, found, front = processes(system), [], {pid}
    while front:
        below = [one for one in alive if one.parent in front]
        found += below
        front = {one.pid for one in below}
    return found


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    os.kill(pid, number)


def wait_for(look: Callable[[], Any], seconds: float, what: str) -> Any:
    """Look again and again until something true is found; returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def wait_gone(pids: list[int], seconds: float) -> list[int]:
    """Wait until these processes have ended; returns those that have not."""
    deadline = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if _read(pid) is not None]
    return left


def wait_back(system: System, part: str, before: int, seconds: float = 60.0) -> float:
    """Wait until the supervisor has started the part again; returns when (monotonic clock)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = main_of(system, part)
        if now is not None and now != before:
            return time.monotonic()
        time.sleep(0.05)
    raise AssertionError(f"{part} was not started again in {seconds:.0f} s\n{system.logs()}")


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process as a paused virtual machine is stopped; it goes on afterwards and knows nothing of the pause."""
    kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGCONT)
