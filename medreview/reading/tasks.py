"""The job that writes an export."""

from __future__ import annotations

from medreview.core.jobs import JobContext, handles
from medreview.reading.services.export_files import run_export


@handles("reading.export", queue="light", event="export")
def export(context: JobContext) -> None:
    run_export(context)
