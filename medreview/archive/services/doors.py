"""What the manager of a project decides about its network doors: routes of AE titles, and what waits in the inbox."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from medreview.accounts.models import Project, User
from medreview.archive import staging
from medreview.archive.models import AeRoute, Import, InboxInstance
from medreview.archive.services.imports import add_files, create_import, finish_import
from medreview.core import audit, blobs
from medreview.core.errors import Conflict, Invalid, TooLarge

MAX_INBOX_INSTANCES = 100_000
MAX_ASSIGNED = 20_000
_MAX_LISTED = 64
# Codes, because the audit trail holds no free text.
DISCARD_REASONS = ("sent_by_mistake", "not_needed", "sent_again", "other")
# PS3.5 6.2: AE has at most 16 characters, without backslash and control characters.
_AE_TITLE = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?", re.ASCII)


@dataclass(frozen=True)
class Sender:
    """Who is at the other end of an association, as it says and as the network says."""

    called_ae_title: str
    calling_ae_title: str
    peer_address: str

    @property
    def shown(self) -> str:
        return f"{self.calling_ae_title} at {self.peer_address} to {self.called_ae_title}"


def create_ae_route(
    *,
    project: Project,
    actor: User | None,
    ae_title: str,
    calling_ae_titles: Sequence[str] = (),
    peer_addresses: Sequence[str] = (),
) -> AeRoute:
    """Send what comes to `ae_title` to the project. Raises Invalid, or Conflict where the title is taken."""
    title = ae_title.strip()
    for one in (title, *calling_ae_titles):
        if not _AE_TITLE.fullmatch(one):
            raise Invalid(f"{one[:40]!r} is no AE title: 1 to 16 printable characters without a backslash.")
    if len(calling_ae_titles) > _MAX_LISTED or len(peer_addresses) > _MAX_LISTED:
        raise Invalid(f"A route lists at most {_MAX_LISTED} callers and {_MAX_LISTED} addresses.")
    networks = [_network(address) for address in peer_addresses]
    try:
        with transaction.atomic():
            route = AeRoute.objects.create(
                project=project,
                ae_title=title,
                calling_ae_titles=list(calling_ae_titles),
                peer_addresses=networks,
                created_by=actor,
            )
            _record("ae_route.created", route, actor)
    except IntegrityError as error:
        raise Conflict(f"The AE title {title} has a route already; choose another.") from error
    return route


@transaction.atomic
def delete_ae_route(*, route: AeRoute, actor: User | None) -> None:
    _record("ae_route.deleted", route, actor)
    route.delete()


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise Invalid(f"{text[:60]!r} is no address or network, such as 10.1.2.3 or 10.1.0.0/16.") from error


def keep_in_inbox(*, path: Path, identity: dict[str, str], sender: Sender) -> InboxInstance:
    """Keep a checked file durably until somebody says whose it is. Raises TooLarge when the inbox is full."""
    if InboxInstance.objects.count() >= MAX_INBOX_INSTANCES:
        raise TooLarge(f"The inbox holds {MAX_INBOX_INSTANCES} objects; assign or delete some.")
    kept = blobs.put_file(path)
    with transaction.atomic():
        row, is_new = InboxInstance.objects.get_or_create(
            sop_instance_uid=identity.get("SOPInstanceUID", ""),
            kept=kept,
            called_ae_title=sender.called_ae_title,
            defaults={
                "sop_class_uid": identity.get("SOPClassUID", ""),
                "series_instance_uid": identity.get("SeriesInstanceUID", ""),
                "study_instance_uid": identity.get("StudyInstanceUID", ""),
                "modality": identity.get("Modality", ""),
                "calling_ae_title": sender.calling_ae_title,
                "peer_address": sender.peer_address,
                "size": kept.size,
            },
        )
        if is_new:
            audit.record("inbox.received", actor_id=None, object_type="inbox", object_id=row.pk)
    return row


def assign_inbox(*, project: Project, actor: User, study_instance_uids: Collection[str]) -> Import:
    """Give studies of the inbox to a project: they come in as an import of its own."""
    rows = list(_of_studies(study_instance_uids).select_related("kept"))
    if not rows:
        raise Invalid("None of these studies is in the inbox.", fields={"study_instance_uids": "unknown"})
    if len(rows) > MAX_ASSIGNED:
        raise TooLarge(f"At most {MAX_ASSIGNED} objects can be assigned at once; choose fewer studies.")
    senders = sorted({Sender(r.called_ae_title, r.calling_ae_title, r.peer_address).shown for r in rows})
    options = {"dicom_only": True, "received_from": "; ".join(senders)[:200]}
    import_ = create_import(project=project, actor=actor, source="inbox", options=options)
    add_files(
        import_=import_,
        files=[
            (f"{row.study_instance_uid}/{row.sop_instance_uid}", staging.chunks(blobs.path_of(row.kept_id)))
            for row in rows
        ],
    )
    with transaction.atomic():
        finish_import(import_=import_, actor=actor)
        InboxInstance.objects.filter(pk__in=[row.pk for row in rows]).delete()
        audit.record(
            "inbox.assigned",
            actor_id=actor.pk,
            object_type="import",
            object_id=import_.pk,
            scope_id=project.pk,
            instances=len(rows),
        )
    return import_


@transaction.atomic
def delete_from_inbox(*, actor: User, study_instance_uids: Collection[str], reason: str = "") -> int:
    """Forget studies of the inbox; returns how many objects. Their bytes go with the next sweep of the store."""
    count, _ = _of_studies(study_instance_uids).delete()
    if not count:
        raise Invalid("None of these studies is in the inbox.", fields={"study_instance_uids": "unknown"})
    audit.record("inbox.deleted", actor_id=actor.pk, object_type="inbox", instances=count, reason=reason)
    return count


def _of_studies(study_instance_uids: Collection[str]) -> QuerySet[InboxInstance]:
    return InboxInstance.objects.filter(study_instance_uid__in=list(study_instance_uids)).order_by("id")


def _record(action: str, route: AeRoute, actor: User | None) -> None:
    audit.record(
        action,
        actor_id=actor.pk if actor else None,
        object_type="ae_route",
        object_id=route.pk,
        scope_id=route.project_id,
        ae_title=route.ae_title,
    )
