"""TrainingRun: queued -> running -> succeeded | failed | canceled (reference/style.md §6)."""

from medreview.core.transitions import SYSTEM, Table, rule

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = "queued", "running", "succeeded", "failed", "canceled"
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED)
OPEN_STATES = (QUEUED, RUNNING)

TRANSITIONS: Table = {
    (QUEUED, "start"): rule(RUNNING, SYSTEM),
    (RUNNING, "start"): rule(RUNNING, SYSTEM),
    (RUNNING, "complete"): rule(SUCCEEDED, SYSTEM),
    (QUEUED, "fail"): rule(FAILED, SYSTEM),
    (RUNNING, "fail"): rule(FAILED, SYSTEM),
    (QUEUED, "cancel"): rule(CANCELED, "manager", SYSTEM),
    (RUNNING, "cancel"): rule(CANCELED, "manager", SYSTEM),
    (FAILED, "retry"): rule(QUEUED, "manager", SYSTEM),
}
