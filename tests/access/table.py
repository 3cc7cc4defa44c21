"""Who may do what: one row per address and method. A route that is not here fails the build.

`statuses` are what the personas of `tests.access.world.PERSONAS` get on an object of the project that all but the
outsider and the superuser are members of: anonymous, outsider, annotator, reviewer, adjudicator, manager, superuser.
On an object of another project and on one that does not exist everybody gets the same 404 (401 when not signed in);
that is not written down, it always holds. HEAD follows GET. Methods without a row must answer 405.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

API = "api/v1/"
WEB = "dicomweb/"
AUTH = "_allauth/browser/v1/"
STUDY = WEB + "<slug:slug>/studies/<str:study_uid>"
SERIES = STUDY + "/series/<str:series_uid>"
INSTANCE = SERIES + "/instances/<str:instance_uid>"
NO_PAGES = r"^(?P<path>(?:api|dicomweb|assets|static|_allauth|accounts)/.*)$"
LABELS = [{"name": "Lesion", "kind": "segment"}]


@dataclass(frozen=True)
class Row:
    """`use` picks the object of a parameter ("reading_id": "reading_id:submitted"), `path` replaces the address."""

    method: str
    route: str
    statuses: str
    body: Any = None
    use: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    upload: bool = False
    path: str = ""

    def __str__(self) -> str:
        state = "".join(f" ({choice})" for choice in self.use.values())
        return f"{self.method} /{self.route}{state}"


def members(ok: int = 200) -> str:
    """All members of the project."""
    return f"401 404 {ok} {ok} {ok} {ok} 404"


def managers(ok: int = 200) -> str:
    return f"401 404 403 403 403 {ok} 404"


def annotators(ok: int = 200) -> str:
    return f"401 404 {ok} 403 403 403 404"


def reviewers(ok: int = 200, *, reader: int = 403, manager: int = 403) -> str:
    return f"401 404 {reader} {ok} {ok} {manager} 404"


def signed_in(ok: int = 200) -> str:
    """Whoever has an account: nothing of a project is shown."""
    return f"401 {' '.join([str(ok)] * 6)}"


def everyone(ok: int = 200) -> str:
    return " ".join([str(ok)] * 7)


# Its reader only, while it is open; nobody else knows that it exists.
READER = "401 404 200 404 404 404 404"
SUBMITTED = {"reading_id": "reading_id:submitted"}
EMPTY_SEQUENCE = {"If-Match": '"0"'}
PASSWORD = {"current_password": "wrong-one-1", "new_password": "read-and-mark-7"}

ROWS = [
    # Pages and health
    Row("GET", "", everyone()),
    Row("GET", "^(?P<path>.+)$", everyone(), path="p/brain/worklist"),
    *(
        Row(method, NO_PAGES, everyone(404), path="api/v1/nothing")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
    Row("GET", "healthz", everyone()),
    Row("GET", "readyz", everyone()),
    Row("GET", "metrics", everyone()),
    Row("GET", "api/schema/", everyone()),
    Row("GET", "api/docs/", everyone()),
    Row("GET", API + "demo", everyone(404)),
    # Signing in (allauth): nothing here belongs to a project
    Row("GET", AUTH + "config", everyone()),
    Row("GET", AUTH + "auth/session", signed_in()),
    Row("DELETE", AUTH + "auth/session", everyone(401)),
    Row("POST", AUTH + "auth/login", everyone(400), {"username": "x", "password": "not-right-1"}),
    Row("POST", AUTH + "auth/provider/redirect", everyone(302), {}),
    Row("POST", AUTH + "auth/reauthenticate", signed_in(400), {"password": "not-right-1"}),
    Row("POST", AUTH + "auth/2fa/authenticate", everyone(401), {"code": "000000"}),
    Row("POST", AUTH + "auth/2fa/reauthenticate", signed_in(400), {"code": "000000"}),
    Row("POST", AUTH + "account/password/change", signed_in(400), PASSWORD),
    Row("GET", AUTH + "account/authenticators", signed_in()),
    Row("GET", AUTH + "account/authenticators/totp", signed_in(404)),
    Row("POST", AUTH + "account/authenticators/totp", signed_in(400), {"code": "000000"}),
    Row("DELETE", AUTH + "account/authenticators/totp", signed_in()),
    Row("GET", AUTH + "account/authenticators/recovery-codes", signed_in(404)),
    Row("POST", AUTH + "account/authenticators/recovery-codes", signed_in(400)),
    Row("GET", "accounts/oidc/<slug:provider_id>/login/callback/", everyone(404),
        path="accounts/oidc/nobody/login/callback/"),
    Row("POST", API + "me/second-factor", signed_in()),
    Row("GET", API + "me/tokens", signed_in()),
    Row("POST", API + "me/tokens", signed_in(201), {"name": "script", "scope": "read"}),
    Row("DELETE", API + "me/tokens/<int:token_id>", "401 404 204 404 404 404 404"),
    # People and projects
    Row("GET", API + "me", signed_in()),
    Row("PATCH", API + "me", signed_in(), {"theme": "light"}),
    Row("GET", API + "projects", signed_in()),
    Row("POST", API + "projects", signed_in(201), {"name": "New", "labels": LABELS}),
    Row("GET", API + "projects/<int:project_id>", members()),
    Row("PATCH", API + "projects/<int:project_id>", managers(), {"name": "Renamed"}),
    Row("POST", API + "projects/<int:project_id>/label-set", managers(201), {"labels": LABELS}),
    Row("POST", API + "projects/<int:project_id>/members", managers(201),
        {"username": "{username}", "role": "reviewer"}),
    Row("DELETE", API + "projects/<int:project_id>/members", managers(204),
        {"username": "{username}", "role": "annotator"}),
    Row("GET", API + "projects/<int:project_id>/events", members()),
    # Data in
    Row("GET", API + "projects/<int:project_id>/imports", managers()),
    Row("POST", API + "projects/<int:project_id>/imports", managers(201), {"note": "x"}),
    Row("GET", API + "imports/<int:import_id>", managers()),
    Row("POST", API + "imports/<int:import_id>/files", managers(), upload=True),
    Row("POST", API + "imports/<int:import_id>/finish", managers()),
    Row("GET", API + "projects/<int:project_id>/cases", managers()),
    Row("GET", API + "projects/<int:project_id>/quarantine", managers()),
    Row("POST", API + "quarantine/<int:quarantined_id>/release", managers(), {"note": "x"}),
    Row("POST", API + "quarantine/<int:quarantined_id>/discard", managers(), {"note": "x"}),
    Row("GET", API + "projects/<int:project_id>/ae-routes", managers()),
    Row("POST", API + "projects/<int:project_id>/ae-routes", managers(201), {"ae_title": "CT1"}),
    Row("DELETE", API + "ae-routes/<int:route_id>", managers(204)),
    # The inbox is of no project: whoever manages one sees it, the outsider as well
    Row("GET", API + "inbox", "401 200 403 403 403 200 403"),
    Row("POST", API + "inbox/assign", "401 404 403 403 403 201 403",
        {"study_instance_uids": ["1.2.3.9.9"], "project_id": "{project_id}"}),
    Row("POST", API + "inbox/delete", "401 200 403 403 403 200 403", {"study_instance_uids": ["1.2.3.9.9"]}),
    # Reading
    Row("GET", API + "projects/<int:project_id>/worklist", members()),
    Row("POST", API + "projects/<int:project_id>/worklist/next", annotators()),
    Row("POST", API + "cases/<int:case_id>/claim", annotators()),
    Row("GET", API + "readings/<int:reading_id>", READER),
    Row("GET", API + "readings/<int:reading_id>", members(), use=SUBMITTED),
    Row("POST", API + "readings/<int:reading_id>/skip", READER, {"reason": "later"}),
    Row("POST", API + "readings/<int:reading_id>/release", READER),
    Row("GET", API + "readings/<int:reading_id>/operations", READER),
    Row("GET", API + "readings/<int:reading_id>/operations", members(), use=SUBMITTED),
    Row("POST", API + "readings/<int:reading_id>/operations", READER,
        {"operations": [{"op_id": "1", "kind": "set_form", "payload": {"field": "a", "value": "b"}}]},
        headers=EMPTY_SEQUENCE),
    Row("POST", API + "readings/<int:reading_id>/submit", READER, {}, headers=EMPTY_SEQUENCE),
    Row("POST", API + "readings/<int:reading_id>/comments", "401 404 201 404 404 404 404", {"text": "Look"}),
    Row("POST", API + "readings/<int:reading_id>/comments", members(201), {"text": "Look"}, use=SUBMITTED),
    Row("PATCH", API + "comments/<int:comment_id>", members(), {"resolved": True}),
    # Review
    Row("GET", API + "projects/<int:project_id>/reviews", reviewers(manager=200)),
    Row("POST", API + "readings/<int:reading_id>/review", reviewers(), {}, use=SUBMITTED),
    Row("POST", API + "readings/<int:reading_id>/decision", reviewers(), {"outcome": "approve"}, use=SUBMITTED),
    # Out
    Row("GET", API + "projects/<int:project_id>/exports", managers()),
    # 409: nothing is approved yet
    Row("POST", API + "projects/<int:project_id>/exports", managers(409), {"format": "nifti"}),
    Row("GET", API + "exports/<int:export_id>", managers()),
    Row("GET", API + "exports/<int:export_id>/download", managers()),
    # Learning
    Row("GET", API + "projects/<int:project_id>/learning", managers()),
    Row("POST", API + "projects/<int:project_id>/retrain", managers(), {}),
    Row("GET", API + "projects/<int:project_id>/jobs", managers()),
    Row("GET", API + "projects/<int:project_id>/status", managers()),
    Row("GET", API + "projects/<int:project_id>/activity", managers()),
    Row("POST", API + "jobs/<int:job_id>/cancel", managers()),
    Row("POST", API + "jobs/<int:job_id>/retry", managers(), use={"job_id": "job_id:failed"}),
    Row("GET", API + "training-runs/<int:run_id>", managers()),
    Row("POST", API + "training-runs/<int:run_id>/cancel", managers()),
    Row("GET", API + "models/<int:model_id>", managers()),
    Row("POST", API + "models/<int:model_id>/promote", managers(), {"reason": "better"}),
    Row("POST", API + "models/<int:model_id>/decline", managers(), {"reason": "worse"}),
    Row("POST", API + "models/<int:model_id>/rollback", managers(409), {"reason": "worse"}),
    Row("GET", API + "models/<int:model_id>/pictures/<int:case_id>/<slug:label_key>/<slug:which>", managers(404)),
    # DICOMweb
    Row("GET", WEB + "<slug:slug>/studies", members()),
    Row("POST", WEB + "<slug:slug>/studies", managers(415)),
    Row("GET", WEB + "<slug:slug>/series", members()),
    Row("GET", WEB + "<slug:slug>/instances", members()),
    Row("GET", STUDY, managers()),
    Row("POST", STUDY, managers(415)),
    Row("GET", STUDY + "/instances", members()),
    Row("GET", STUDY + "/metadata", members()),
    Row("GET", STUDY + "/thumbnail", members()),
    Row("GET", SERIES, managers()),
    Row("GET", SERIES + "/rendered", members()),
    Row("GET", INSTANCE + "/rendered", members()),
    Row("GET", INSTANCE + "/thumbnail", members()),
    Row("GET", INSTANCE + "/bulkdata/<str:tag>", members()),
    Row("GET", INSTANCE + "/frames/<str:frames>/rendered", members()),
    Row("GET", INSTANCE + "/frames/<str:frames>/thumbnail", members()),
    Row("GET", STUDY + "/series", members()),
    Row("GET", SERIES + "/instances", members()),
    Row("GET", SERIES + "/metadata", members()),
    Row("GET", SERIES + "/thumbnail", members()),
    Row("GET", INSTANCE, managers()),
    Row("GET", INSTANCE + "/metadata", members()),
    Row("GET", INSTANCE + "/frames/<str:frames>", members()),
]  # fmt: skip
