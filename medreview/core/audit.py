"""The audit trail: one hash-chained row per write and per study opened. Ids and codes only, never PHI."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from medreview.core.models import AuditEvent

_CHAIN_LOCK = 7_246_313


def record(
    action: str,
    *,
    actor_id: int | None,
    object_type: str,
    object_id: object = "",
    scope_id: int | None = None,
    outcome: str = "success",
    **detail: Any,
) -> AuditEvent:
    """Append one event; fails with the caller's transaction, so an action without its audit row does not happen."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        last = AuditEvent.objects.order_by("-id").values_list("hash", flat=True).first() or ""
        event = AuditEvent(
            at=timezone.now(),
            actor_id=actor_id,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            scope_id=scope_id,
            outcome=outcome,
            detail=detail,
            previous_hash=last,
        )
        event.hash = digest(event)
        event.save(force_insert=True)
    return event


def digest(event: AuditEvent) -> str:
    """The hash that binds an event to the one before it."""
    fields = [
        event.previous_hash,
        event.at.isoformat(),
        event.actor_id,
        event.action,
        event.object_type,
        event.object_id,
        event.scope_id,
        event.outcome,
        event.detail,
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify() -> list[int]:
    """Ids of the events whose hash or link does not fit; empty when the chain is whole."""
    broken, previous = [], ""
    for event in AuditEvent.objects.order_by("id").iterator():
        if event.previous_hash != previous or event.hash != digest(event):
            broken.append(event.pk)
        previous = event.hash
    return broken
