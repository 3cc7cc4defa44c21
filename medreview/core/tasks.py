"""The two Celery tasks every worker knows: do a job, and sweep."""

from __future__ import annotations

import os
import socket

from medreview.core import jobs
from medreview.core.queue import app


@app.task(name="medreview.core.run_job")
def run_job(job_id: int) -> None:
    jobs.execute(job_id, owner=f"{socket.gethostname()}:{os.getpid()}")


@app.task(name="medreview.core.sweep")
def sweep() -> None:
    jobs.sweep()
