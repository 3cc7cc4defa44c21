"""ModelVersion: candidate -> active -> retired (-> active again by rollback); candidate -> declined (DESIGN §3)."""

from medreview.core.transitions import SYSTEM, Table, rule

CANDIDATE, ACTIVE, RETIRED, DECLINED = "candidate", "active", "retired", "declined"
STATES = (CANDIDATE, ACTIVE, RETIRED, DECLINED)

TRANSITIONS: Table = {
    (CANDIDATE, "promote"): rule(ACTIVE, "manager", SYSTEM),
    (CANDIDATE, "decline"): rule(DECLINED, "manager", SYSTEM),
    (ACTIVE, "retire"): rule(RETIRED, "manager", SYSTEM),
    (RETIRED, "reinstate"): rule(ACTIVE, "manager", SYSTEM),
}
