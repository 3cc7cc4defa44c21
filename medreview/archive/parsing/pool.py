"""The parent's side: batches of at most 64 files go to a fork; a failing batch goes again, file by file."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

from medreview.archive.parsing.transcode import TranscodeRequest
from medreview.archive.parsing.work import FileRequest

BATCH_FILES = 64
BATCH_BYTES = 512 * 1024 * 1024
_MAX_IDLE = 2
_BASE_SECONDS = 10.0
_SECONDS_PER_FILE = 0.25
_BYTES_PER_SECOND = 8 * 1024 * 1024
_BASE_MEMORY = 1536 * 1024 * 1024
_MAX_MEMORY = 6 * 1024 * 1024 * 1024
AnyRequest = FileRequest | TranscodeRequest


class Answer(TypedDict, total=False):
    """What the child said about one file: `instances` (or the `file` it wrote in the folder), or `rule`, `reason` and
    the `identity` it could still read."""

    index: int
    instances: list[dict[str, Any]]
    file: str
    rule: str
    reason: str
    identity: dict[str, str]


class ParseServer:
    """One fork server at work in `folder`. Not thread-safe: each thread has its own. Use as a context manager.

    A server that has read nothing itself is as good as new: it goes back to the idle ones of this process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._last: dict[str, Any] = {}

    def __enter__(self) -> ParseServer:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *exc: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            _give_back(process)

    def transcode(self, requests: Sequence[TranscodeRequest]) -> list[Answer]:
        """Stored files as explicit little endian ones in `folder`, one answer per request, in order."""
        return self._each(requests)

    def parse(self, requests: Sequence[FileRequest]) -> list[Answer]:
        """One answer per request, in order, whatever the files do to the child."""
        return self._each(requests)

    def _each(self, requests: Sequence[AnyRequest]) -> list[Answer]:
        answers = self._run(requests)
        left = [request for request in requests if request.index not in answers]
        for request in left:
            alone = self._run([request])
            answers[request.index] = alone[request.index] if request.index in alone else self._verdict(request)
        return [answers[request.index] for request in requests]

    def _run(self, requests: Sequence[AnyRequest]) -> dict[int, Answer]:
        path = self.folder / f"answers-{secrets.token_hex(8)}.jsonl"
        sizes = [os.path.getsize(request.path) for request in requests]
        batch = {
            "kind": requests[0].KIND,
            "requests": [asdict(request) for request in requests],
            "folder": str(self.folder),
            "answers": str(path),
            "seconds": _BASE_SECONDS + _SECONDS_PER_FILE * (len(requests) - 1) + sum(sizes) / _BYTES_PER_SECOND,
            "memory": min(_MAX_MEMORY, _BASE_MEMORY + 6 * max(sizes)),
        }
        self._last = self._ask(batch)
        try:
            return _read_answers(path, {request.index for request in requests})
        finally:
            path.unlink(missing_ok=True)

    def _ask(self, batch: dict[str, Any]) -> dict[str, Any]:
        if self._process is None:
            self._process = _take()
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the parse server was started without pipes")
        try:
            process.stdin.write(json.dumps(batch) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            _end(process)
            self._process = None
            return {"exit": -signal.SIGKILL, "timed_out": False}
        ended: dict[str, Any] = json.loads(line)
        return ended

    def _verdict(self, request: AnyRequest) -> Answer:
        """Why the child gave no answer for a file that it had to itself."""
        if self._last["timed_out"] or self._last["exit"] == -signal.SIGXCPU:
            return {"index": request.index, "rule": "parse.time_limit", "reason": "Reading it took too long; stopped."}
        if self._last["exit"] == -signal.SIGKILL:
            return {"index": request.index, "rule": "parse.memory_limit", "reason": "Reading it needs too much memory."}
        return {"index": request.index, "rule": "parse.crashed", "reason": "The reader crashed on it; it was stopped."}


_idle: list[tuple[int, subprocess.Popen[str]]] = []
_idle_lock = threading.Lock()


def _take() -> subprocess.Popen[str]:
    """An idle server of this very process (a fork must not talk through its parent's pipes), or a new one."""
    with _idle_lock:
        while _idle:
            owner, process = _idle.pop()
            if owner == os.getpid() and process.poll() is None:
                return process
    environment = {
        **{key: os.environ[key] for key in ("PATH", "HOME", "LANG", "PYTHONPATH") if key in os.environ},
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "medreview.archive.parsing.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
    )


def _give_back(process: subprocess.Popen[str]) -> None:
    with _idle_lock:
        if len(_idle) < _MAX_IDLE and process.poll() is None:
            _idle.append((os.getpid(), process))
            return
    _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@atexit.register
def _end_idle() -> None:
    for owner, process in _idle:
        if owner == os.getpid():
            _end(process)


def _read_answers(path: Path, wanted: set[int]) -> dict[int, Answer]:
    """Whole lines only: a killed child may have left half of one."""
    answers: dict[int, Answer] = {}
    if not path.exists():
        return answers
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            if not line.endswith("\n"):
                break
            answer: Answer = json.loads(line)
            if answer["index"] in wanted:
                answers[answer["index"]] = answer
    return answers
