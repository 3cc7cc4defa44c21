"""Reading (DESIGN §4; the claim follows the Unified Procedure Step, DICOM PS3.4 CC.1.1).

in_progress -submit-> submitted -approve-> approved | -return-> returned (-submit-> submitted) | -reject-> rejected;
in_progress | returned -release-> canceled; approved -supersede-> superseded.
Export: queued -start-> running -complete-> done | -fail-> failed -retry-> queued.
"""

from medreview.core.transitions import SYSTEM, Table, rule

IN_PROGRESS, SUBMITTED, RETURNED = "in_progress", "submitted", "returned"
APPROVED, REJECTED, SUPERSEDED, CANCELED = "approved", "rejected", "superseded", "canceled"
STATES = (IN_PROGRESS, SUBMITTED, RETURNED, APPROVED, REJECTED, SUPERSEDED, CANCELED)
OPEN_STATES = (IN_PROGRESS, RETURNED)
LIVE_STATES = (IN_PROGRESS, SUBMITTED, RETURNED, APPROVED)

READER = "reader"  # the person whose reading it is, on top of the project's roles

TRANSITIONS: Table = {
    (IN_PROGRESS, "submit"): rule(SUBMITTED, READER, SYSTEM),
    (RETURNED, "submit"): rule(SUBMITTED, READER, SYSTEM),
    (IN_PROGRESS, "release"): rule(CANCELED, READER, "manager", SYSTEM),
    (RETURNED, "release"): rule(CANCELED, "manager", SYSTEM),
    (SUBMITTED, "approve"): rule(APPROVED, "reviewer", "adjudicator", SYSTEM),
    (SUBMITTED, "return"): rule(RETURNED, "reviewer", "adjudicator"),
    (SUBMITTED, "reject"): rule(REJECTED, "reviewer", "adjudicator"),
    (APPROVED, "supersede"): rule(SUPERSEDED, "manager", "adjudicator", SYSTEM),
}

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
EXPORT_STATES = (QUEUED, RUNNING, DONE, FAILED)
EXPORT_TRANSITIONS: Table = {
    (QUEUED, "start"): rule(RUNNING, SYSTEM),
    (RUNNING, "start"): rule(RUNNING, SYSTEM),  # another attempt after a lost worker
    (RUNNING, "complete"): rule(DONE, SYSTEM),
    (QUEUED, "fail"): rule(FAILED, SYSTEM),
    (RUNNING, "fail"): rule(FAILED, SYSTEM),
    (FAILED, "retry"): rule(QUEUED, "manager"),
}
