"""The job that takes an import in."""

from __future__ import annotations

from medreview.archive.services.imports import INGEST, ingest_import
from medreview.core.jobs import JobContext, handles


@handles(INGEST, queue="light", event="import")
def ingest(context: JobContext) -> None:
    ingest_import(context)
