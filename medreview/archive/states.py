"""The states of an import, and of a file in quarantine."""

from __future__ import annotations

from django.db import models

from medreview.core.transitions import SYSTEM, Table, rule

MANAGER = "manager"


class ImportState(models.TextChoices):
    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


TRANSITIONS: Table = {
    (ImportState.RECEIVING, "finish"): rule(ImportState.QUEUED, MANAGER, SYSTEM),
    (ImportState.QUEUED, "start"): rule(ImportState.RUNNING, SYSTEM),
    (ImportState.RUNNING, "start"): rule(ImportState.RUNNING, SYSTEM),  # another attempt after a lost worker
    (ImportState.RUNNING, "complete"): rule(ImportState.DONE, SYSTEM),
    (ImportState.QUEUED, "fail"): rule(ImportState.FAILED, SYSTEM),
    (ImportState.RUNNING, "fail"): rule(ImportState.FAILED, SYSTEM),
    (ImportState.FAILED, "retry"): rule(ImportState.QUEUED, MANAGER),  # its files are kept for a while
}


class QuarantineState(models.TextChoices):
    WAITING = "waiting"
    RELEASED = "released"
    DISCARDED = "discarded"


QUARANTINE_TRANSITIONS: Table = {
    (QuarantineState.WAITING, "release"): rule(QuarantineState.RELEASED, MANAGER),
    (QuarantineState.WAITING, "discard"): rule(QuarantineState.DISCARDED, MANAGER),
}
