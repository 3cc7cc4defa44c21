"""Writing the work list, readings, reviews and exports: one verb family a file, one transaction an action."""

from medreview.reading.services.external import ExternalFinding, record_external_reading
from medreview.reading.services.queue import QueueEntry, queue_cases, reorder_queue

__all__ = ["ExternalFinding", "QueueEntry", "queue_cases", "record_external_reading", "reorder_queue"]
