"""Job kinds and the poll. Ten lines each: the work is in services."""

from __future__ import annotations

from medreview.core import jobs
from medreview.core.jobs import JobContext
from medreview.core.queue import app
from medreview.learning.services import execution, policy


@jobs.handles("learning.train", queue="batch", event="learning")
def train(context: JobContext) -> None:
    execution.perform_training(context)


@app.task(name="medreview.learning.poll")
def poll() -> None:
    policy.poll()
