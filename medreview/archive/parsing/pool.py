"""The parent's side: batches of at most 64 files go to a fork; a failing batch goes again, file by file."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

from medreview.archive.parsing.work import FileRequest

BATCH_FILES = 64
BATCH_BYTES = 512 * 1024 * 1024
_BASE_SECONDS = 10.0
_SECONDS_PER_FILE = 0.25
_BYTES_PER_SECOND = 8 * 1024 * 1024
_BASE_MEMORY = 1536 * 1024 * 1024
_MAX_MEMORY = 6 * 1024 * 1024 * 1024


class Answer(TypedDict, total=False):
    """What the child said about one file: `instances`, or `rule` and `reason`."""

    index: int
    instances: list[dict[str, Any]]
    rule: str
    reason: str


class ParseServer:
    """One fork server. Not thread-safe: each thread has its own. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> ParseServer:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

    def parse(self, requests: Sequence[FileRequest]) -> list[Answer]:
        """One answer per request, in order, whatever the files do to the child."""
        answers = self._run(requests)
        left = [request for request in requests if request.index not in answers]
        for request in left:
            alone = self._run([request])
            answers[request.index] = alone[request.index] if request.index in alone else self._verdict(request)
        return [answers[request.index] for request in requests]

    def _run(self, requests: Sequence[FileRequest]) -> dict[int, Answer]:
        path = self.folder / f"answers-{secrets.token_hex(8)}.jsonl"
        size = sum(os.path.getsize(request.path) for request in requests)
        largest = max(os.path.getsize(request.path) for request in requests)
        batch = {
            "requests": [asdict(request) for request in requests],
            "folder": str(self.folder),
            "answers": str(path),
            "seconds": _BASE_SECONDS + _SECONDS_PER_FILE * (len(requests) - 1) + size / _BYTES_PER_SECOND,
            "memory": min(_MAX_MEMORY, _BASE_MEMORY + 6 * largest),
        }
        self._last = self._ask(batch)
        try:
            return _read_answers(path, {request.index for request in requests})
        finally:
            path.unlink(missing_ok=True)

    def _ask(self, batch: dict[str, Any]) -> dict[str, Any]:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the parse server was started without pipes")
        try:
            process.stdin.write(json.dumps(batch) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._stop()
            return {"exit": -signal.SIGKILL, "timed_out": False}
        ended: dict[str, Any] = json.loads(line)
        return ended

    def _verdict(self, request: FileRequest) -> Answer:
        """Why the child gave no answer for a file that it had to itself."""
        if self._last["timed_out"] or self._last["exit"] == -signal.SIGXCPU:
            return {"index": request.index, "rule": "parse.time_limit", "reason": "Reading it took too long; stopped."}
        if self._last["exit"] == -signal.SIGKILL:
            return {"index": request.index, "rule": "parse.memory_limit", "reason": "Reading it needs too much memory."}
        return {"index": request.index, "rule": "parse.crashed", "reason": "The reader crashed on it; it was stopped."}

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            environment = {
                **{key: os.environ[key] for key in ("PATH", "HOME", "LANG", "PYTHONPATH") if key in os.environ},
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "medreview.archive.parsing.server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
                cwd=Path(__file__).resolve().parents[3],
            )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


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
