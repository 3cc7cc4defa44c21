"""The job kind that answers cases."""

from __future__ import annotations

from medreview.core import jobs
from medreview.core.jobs import JobContext
from medreview.suggestions import execution


@jobs.handles("suggestions.predict", queue="batch", event="learning")
def predict(context: JobContext) -> None:
    execution.perform_prediction(context)
