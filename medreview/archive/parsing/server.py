"""The fork server: `python -m medreview.archive.parsing.server`. It has pydicom loaded and reads no untrusted byte.

Each line on stdin names a batch: {"kind", "requests": [...], "folder", "answers", "seconds", "memory"}. A fresh fork
does it under its limits and appends one JSON line per file to `answers`; the line on stdout says how the fork ended.
One thread, so that forking is safe; it ends when stdin closes, as it does when its parent dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medreview.archive.parsing import transcode, work

_OPEN_FILES = 64
# What a child can be asked for: the request's type and what does it.
_KINDS: dict[str, tuple[Callable[..., Any], Callable[[Any, Path], dict[str, Any]]]] = {
    work.FileRequest.KIND: (work.FileRequest, work.do),
    transcode.TranscodeRequest.KIND: (transcode.TranscodeRequest, transcode.do),
}
_NICE = 5  # somebody else's page comes before a file that may be a bomb


def main() -> None:
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        batch = json.loads(line)
        child = os.fork()
        if child == 0:
            _child(batch)
        print(json.dumps(_wait(child, float(batch["seconds"]))), flush=True)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def _child(batch: dict[str, Any]) -> None:
    """Does the batch and never returns."""
    status = 1
    try:
        _die_with_parent()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.nice(_NICE)
        seconds = int(batch["seconds"]) + 1
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
        resource.setrlimit(resource.RLIMIT_AS, (int(batch["memory"]), int(batch["memory"])))
        with Path(batch["answers"]).open("a", encoding="utf-8") as answers:
            request_of, do = _KINDS[batch["kind"]]
            for fields in batch["requests"]:
                answer = do(request_of(**fields), Path(batch["folder"]))
                answers.write(json.dumps(answer, allow_nan=False) + "\n")
                answers.flush()
        status = 0
    finally:
        os._exit(status)


def _wait(child: int, seconds: float) -> dict[str, Any]:
    """How the fork ended; it is killed when the wall clock runs out."""
    timed_out = False
    watch = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([watch], [], [], seconds)
        if not ready:
            timed_out = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
    finally:
        os.close(watch)
    _, status = os.waitpid(child, 0)
    return {"exit": os.waitstatus_to_exitcode(status), "timed_out": timed_out}


if __name__ == "__main__":
    main()
