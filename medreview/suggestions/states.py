"""Suggestion: offered -> expired (a newer model answered) | withdrawn (its model was rolled back).
PredictionRun: queued -> running -> succeeded | failed | canceled (DESIGN §4, §5.6)."""

from medreview.core.transitions import SYSTEM, Table, rule

OFFERED, EXPIRED, WITHDRAWN = "offered", "expired", "withdrawn"
SUGGESTION_STATES = (OFFERED, EXPIRED, WITHDRAWN)
SUGGESTION_TRANSITIONS: Table = {
    (OFFERED, "expire"): rule(EXPIRED, SYSTEM),
    (OFFERED, "withdraw"): rule(WITHDRAWN, "manager", SYSTEM),
}

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = "queued", "running", "succeeded", "failed", "canceled"
RUN_STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED)
OPEN_RUN_STATES = (QUEUED, RUNNING)
RUN_TRANSITIONS: Table = {
    (QUEUED, "start"): rule(RUNNING, SYSTEM),
    (RUNNING, "start"): rule(RUNNING, SYSTEM),
    (RUNNING, "complete"): rule(SUCCEEDED, SYSTEM),
    (RUNNING, "fail"): rule(FAILED, SYSTEM),
    (QUEUED, "fail"): rule(FAILED, SYSTEM),
    (QUEUED, "cancel"): rule(CANCELED, "manager", SYSTEM),
    (RUNNING, "cancel"): rule(CANCELED, "manager", SYSTEM),
    (FAILED, "retry"): rule(QUEUED, "manager", SYSTEM),
}
