"""Starts the processes of one installation, restarts what dies, and stops all of it together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10.0


@dataclass
class Part:
    """One process of the installation."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0


def _stop_with_parent() -> None:
    """In the child, before exec: be told to end when the supervisor dies, even by SIGKILL (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Owns the parts; `run` returns after Ctrl-C or SIGTERM, when every part has ended."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self.logs, self.say = logs, say
        self.parts: list[Part] = []
        self._stopping = False
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part) -> None:
        self.parts.append(part)
        self._launch(part)

    def _launch(self, part: Part) -> None:
        log = self.logs / f"{part.name}.log"
        with log.open("ab") as stream:
            part.process = subprocess.Popen(
                part.command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **part.environment},
                start_new_session=True,
                preexec_fn=_stop_with_parent,
            )
        part.started = time.monotonic()

    def check(self) -> None:
        """Restart parts that ended by themselves; a part that keeps dying is restarted ever more slowly."""
        for part in self.parts:
            if part.process is None or part.process.poll() is None:
                continue
            lived = time.monotonic() - part.started
            part.failures = 0 if lived > 60 else part.failures + 1
            if lived < min(2**part.failures, 30):
                continue
            self.say(f"{part.name} ended (status {part.process.returncode}); starting it again, see {part.name}.log")
            self._launch(part)

    def run(self) -> None:
        """Watch until a signal asks to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_stop)
        while not self._stopping:
            time.sleep(0.5)
            if not self._stopping:
                self.check()
        self.stop()

    def _ask_stop(self, *_: object) -> None:
        self._stopping = True

    def stop(self) -> None:
        """End every part, the last started first; what does not end in time is killed with its whole session."""
        for part in reversed(self.parts):
            if part.process is not None and part.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    part.process.send_signal(part.stop_signal)
        deadline = time.monotonic() + _STOP_SECONDS
        for part in reversed(self.parts):
            if part.process is None:
                continue
            try:
                part.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{part.name} did not end in time; killing it")
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()
