"""What one association sends: each object is checked in the parsing child and kept durably before it is acknowledged;
when the association ends, what came for a project is taken in as one import, by the same job as an upload."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from pathlib import Path

from medreview.accounts.models import Project
from medreview.archive import reasons, staging
from medreview.archive.models import Import, Instance
from medreview.archive.parsing.pool import Answer, ParseServer
from medreview.archive.parsing.refusal import QUARANTINE_RULES
from medreview.archive.parsing.work import FileRequest, digest_of
from medreview.archive.selectors import allows, route_of
from medreview.archive.services import add_files, create_import, finish_import
from medreview.archive.services.doors import Sender, keep_in_inbox
from medreview.archive.services.outcomes import identity_of_header
from medreview.core import audit, disk
from medreview.core.errors import DomainError

MAX_FILES_PER_IMPORT = 2_000
log = logging.getLogger(__name__)


class Reception:
    """One association's objects. `store` and `finish` may be called from different threads."""

    def __init__(self, sender: Sender, folder: Path) -> None:
        self.sender = sender
        self._folder = folder / secrets.token_hex(8)
        self._lock = threading.Lock()
        self._server: ParseServer | None = None
        self._import: Import | None = None
        self._count = 0
        self._is_over = False

    def store(self, path: Path) -> int:
        """Check and keep one received file; returns the status to answer. Never raises."""
        try:
            with self._lock:
                if self._is_over:
                    return reasons.PROCESSING_FAILURE
                return self._store(path)
        except DomainError as error:
            log.warning("C-STORE of %s not kept: %s", self.sender.peer_address, error.code)
            return reasons.OUT_OF_RESOURCES
        except Exception:
            log.exception("C-STORE of %s failed", self.sender.peer_address)
            return reasons.PROCESSING_FAILURE

    def finish(self) -> None:
        """The association has ended: take in what came. Calling it again does nothing."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            try:
                self._hand_over()
            finally:
                if self._server is not None:
                    self._server.__exit__()
                shutil.rmtree(self._folder, ignore_errors=True)

    def _store(self, path: Path) -> int:
        disk.require_space(path.stat().st_size)
        route = route_of(self.sender.called_ae_title)
        if route is not None and not allows(route, self.sender.calling_ae_title, self.sender.peer_address):
            self._tell("dimse.not_authorized", route.project_id)
            return reasons.NOT_AUTHORIZED
        answer = self._look_at(path)
        scope = route.project_id if route is not None else None
        if "instances" not in answer and answer["rule"] not in QUARANTINE_RULES:
            self._tell("dimse.refused", scope, rule=answer["rule"])
            return reasons.reason_of(answer["rule"])
        if route is None:
            keep_in_inbox(path=path, identity=_identity(answer), sender=self.sender)
            return reasons.SUCCESS
        import_ = self._open_import(route.project)
        add_files(import_=import_, files=[(f"{self._count:06d}.dcm", staging.chunks(path))])
        self._count += 1
        if self._count >= MAX_FILES_PER_IMPORT:
            self._hand_over()
        return reasons.DUPLICATE_INSTANCE if _is_taken(route.project_id, answer, path) else reasons.SUCCESS

    def _look_at(self, path: Path) -> Answer:
        if self._server is None:
            self._server = ParseServer(self._folder).__enter__()
        answer = self._server.parse([FileRequest(0, str(path), path.name, "", "", "OT")])[0]
        for left in self._folder.glob("*.frames"):
            left.unlink()
        return answer

    def _open_import(self, project: Project) -> Import:
        if self._import is not None and self._import.project_id != project.pk:
            self._hand_over()  # the route was changed in mid-association
        if self._import is None:
            options = {"dicom_only": True, "received_from": self.sender.shown}
            self._import = create_import(project=project, actor=None, source="dimse", options=options)
        return self._import

    def _hand_over(self) -> None:
        import_, self._import, self._count = self._import, None, 0
        if import_ is not None:
            finish_import(import_=import_, actor=None)

    def _tell(self, action: str, scope_id: int | None, **detail: str) -> None:
        audit.record(
            action, actor_id=None, object_type="association", scope_id=scope_id, outcome="refused",
            called=self.sender.called_ae_title, calling=self.sender.calling_ae_title, peer=self.sender.peer_address,
            **detail,
        )  # fmt: skip


def finish_left_over(ids: list[int]) -> int:
    """Imports whose receiver died in mid-association hold acknowledged objects: take them in."""
    for import_ in Import.objects.filter(pk__in=ids):
        finish_import(import_=import_, actor=None)
    return len(ids)


def _identity(answer: Answer) -> dict[str, str]:
    if "instances" in answer:
        return identity_of_header(answer["instances"][0]["header"])
    return dict(answer.get("identity", {}))


def _is_taken(project_id: int, answer: Answer, path: Path) -> bool:
    """Whether the UID names another object already; the import will put this one into quarantine."""
    if "instances" not in answer:
        return False
    found = answer["instances"][0]
    uid = _identity(answer)["SOPInstanceUID"]
    row = Instance.objects.filter(project=project_id, sop_instance_uid=uid).first()
    if row is None or row.dataset_sha256 == found["dataset_sha256"]:
        return False
    return digest_of(path) not in (row.source_sha256, row.stored_id)
