"""The process that computes: a spawned child that dies with its parent and answers through a pipe.

A prefork child hangs once torch has run in its parent, so ML runs in a freshly spawned interpreter. The child names a
function `module:function(payload, report, should_stop) -> dict`; the parent judges by the answer and the exit status,
which covers crashes, out-of-memory kills and hangs.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from medreview.core.errors import DomainError, JobFailed, LeaseLost

if TYPE_CHECKING:
    # The child imports this module before Django is set up, so models must not be imported here.
    from medreview.core.jobs import JobContext

log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.5


def run(context: JobContext, function: str, payload: dict[str, Any], *, nice: int = 10) -> dict[str, Any]:
    """Run `function` in a child, passing its progress on; returns its answer. Raises JobFailed or LeaseLost."""
    spawn = multiprocessing.get_context("spawn")
    mine, theirs = spawn.Pipe()
    origin = (os.getpid(), context.job.pk)
    child = spawn.Process(target=_main, args=(theirs, function, payload, nice, origin), daemon=True)
    child.start()
    theirs.close()
    try:
        return _listen(context, child, mine)
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        mine.close()


def _listen(context: JobContext, child: Any, pipe: Connection) -> dict[str, Any]:
    while True:
        if context.stop_reason() == "lease lost":
            raise LeaseLost(f"Job {context.job.pk} is held by another worker now; what this one computed is dropped.")
        if context.stop_reason():
            raise JobFailed(f"Stopped: {context.stop_reason()}.", retryable=False)
        if pipe.poll(_POLL_SECONDS):
            try:
                tag, body = pipe.recv()
            except EOFError:
                child.join()
                raise JobFailed(_died(child.exitcode), retryable=True) from None
            if tag == "progress":
                context.progress(body)
            elif tag == "done":
                return dict(body)
            else:
                raise JobFailed(body["message"], retryable=body["retryable"])
        elif not child.is_alive():
            raise JobFailed(_died(child.exitcode), retryable=True)


def _died(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"The computing process was killed by {signal.Signals(-exitcode).name}."
    return f"The computing process ended without an answer (exit status {exitcode})."


def _main(pipe: Connection, function: str, payload: dict[str, Any], nice: int, origin: tuple[int, int]) -> None:
    """`origin` is the parent's process id and the job's."""
    die_with_parent(origin[0])
    os.nice(nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medreview.config.settings")
        import django

        django.setup()
        _name_in_logs(origin[1])
        module, _, name = function.partition(":")
        work: Callable[..., dict[str, Any]] = getattr(importlib.import_module(module), name)
        answer = work(payload, lambda body: pipe.send(("progress", body)))
    except DomainError as error:
        pipe.send(("failed", {"message": error.message, "retryable": error.retryable}))
    except BaseException as error:  # the parent must hear of panics and exits too
        log.exception("the computing process failed")
        pipe.send(("failed", {"message": f"{type(error).__name__}: {error}", "retryable": False}))
    else:
        pipe.send(("done", answer))


def _name_in_logs(job_id: int) -> None:
    from medreview.core import logs

    logs.work_only_for(job_id)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies (Linux); end at once if it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
