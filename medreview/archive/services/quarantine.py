"""What a manager decides about a file in quarantine."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from medreview.accounts.models import User
from medreview.archive import staging
from medreview.archive.models import Import, ImportItem, Quarantined
from medreview.archive.parsing.refusal import RELEASABLE_RULES
from medreview.archive.services.imports import add_files, create_import, finish_import
from medreview.archive.states import MANAGER, QuarantineState
from medreview.core import audit, blobs, transitions
from medreview.core.errors import Conflict, InvalidTransition


def release_quarantined(*, row: Quarantined, actor: User, note: str = "") -> Import:
    """Take the file in without the rule that held it back: a person has looked. Raises Conflict for other rules."""
    if row.state != QuarantineState.WAITING or row.kept_id is None:
        raise InvalidTransition(f"quarantined {row.pk}: release is not allowed in state {row.state}.")
    if row.rule not in RELEASABLE_RULES:
        raise Conflict(f"What is held by {row.rule} cannot be released; discard it.", code="not_releasable")
    options = {"dicom_only": True, "released": [row.rule], "received_from": row.received_from}
    import_ = create_import(project=row.project, actor=actor, source="release", options=options)
    add_files(import_=import_, files=[(row.name, staging.chunks(blobs.path_of(row.kept_id)))])
    with transaction.atomic():
        _resolve(row, "release", actor, note, released_import=import_)
        finish_import(import_=import_, actor=actor)
    return import_


@transaction.atomic
def discard_quarantined(*, row: Quarantined, actor: User, note: str = "") -> None:
    """Let the bytes go; the row stays and says what it was."""
    kept = row.kept_id
    _resolve(row, "discard", actor, note, kept=None)
    if kept is not None:
        ImportItem.objects.filter(batch__project=row.project_id, kept=kept).update(kept=None)


def _resolve(row: Quarantined, event: str, actor: User, note: str, **changes: Any) -> None:
    transitions.apply(
        row,
        event,
        actor_id=actor.pk,
        roles={MANAGER},
        resolved_by=actor,
        resolved_at=timezone.now(),
        note=note[:400],
        **changes,
    )
    audit.record(
        f"quarantine.{row.state}",
        actor_id=actor.pk,
        object_type="quarantined",
        object_id=row.pk,
        scope_id=row.project_id,
        rule=row.rule,
    )
