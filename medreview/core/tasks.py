"""The Celery tasks every worker knows: do a job, sweep, and look after the disk's reserve."""

from __future__ import annotations

import os
import socket

from celery.signals import beat_embedded_init, worker_process_init

from medreview.core import (
    disk,
    jobs,
    logs,
    workers,  # noqa: F401 (connects its signals)
)
from medreview.core.child import die_with_parent
from medreview.core.queue import app


@worker_process_init.connect
@beat_embedded_init.connect
def end_with_the_worker(**_: object) -> None:
    """A pool process whose worker was killed would wait for ever beside the worker that replaces it."""
    die_with_parent(os.getppid())


@app.task(name="medreview.core.run_job")
def run_job(job_id: int) -> None:
    with logs.job(job_id):
        jobs.execute(job_id, owner=f"{socket.gethostname()}:{os.getpid()}")


@app.task(name="medreview.core.sweep")
def sweep() -> None:
    jobs.sweep()


@app.task(name="medreview.core.keep_reserve")
def keep_reserve() -> None:
    if not disk.release_reserve_if_full():
        disk.keep_reserve()
