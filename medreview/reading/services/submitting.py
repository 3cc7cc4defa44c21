"""Submitting a reading: the draft is frozen and leaves its reader's hands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from medreview.accounts.models import User
from medreview.core import audit, events, transitions
from medreview.core.errors import InvalidTransition, NotAllowed, PreconditionRequired, Stale, Unprocessable
from medreview.reading import states
from medreview.reading.journal.types import MEASUREMENTS, Operation
from medreview.reading.models import Reading
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.drafts import Journal
from medreview.reading.selectors.readings import operations_after
from medreview.reading.services.claims import open_readings
from medreview.reading.services.freezing import Cost, Prepared, Source, prepare, write
from medreview.reading.services.operations import store_operations

SEARCHED_KINDS = ("segment", "box")


@dataclass(frozen=True)
class Submission:
    """What a submit led to. `next_reading_id` is an open reading the reader has already; nothing is claimed."""

    reading: Reading
    next_reading_id: int | None


def submit_reading(
    *,
    viewer: User,
    reading_id: int,
    base: int | None,
    costs: Mapping[int, Cost],
    elapsed_seconds: float,
    normal: bool = False,
) -> Submission:
    """Freeze the draft at journal sequence `base`. With `normal` every label without a mark is stated as searched and
    none.

    Raises NotAllowed (not the reader), InvalidTransition, PreconditionRequired, Stale, Unprocessable (incomplete).
    """
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    reading = seen.reading
    _check(seen, base)
    journal = Journal(reading)
    added = _state_the_rest(journal, viewer.pk) if normal else []
    prepared = prepare(Source.of(journal))
    if prepared.missing:
        raise Unprocessable(
            f"Reading {reading.pk} is not complete: {prepared.missing[0].text}", code="incomplete",
            missing=[one.as_json() for one in prepared.missing],
        )  # fmt: skip
    with transaction.atomic():
        if added:
            store_operations(reading, added, timezone.now())
        freeze_and_submit(reading, prepared, costs, actor=viewer, roles=seen.roles, elapsed_seconds=elapsed_seconds)
    following = open_readings(viewer, reading.project_id).exclude(pk=reading.pk).first()
    return Submission(reading, following.pk if following else None)


def _check(seen: ReadingAccess, base: int | None) -> None:
    reading = seen.reading
    if not seen.is_own:
        raise NotAllowed(f"Reading {reading.pk} is someone else's; only its reader submits it.")
    if (reading.state, "submit") not in states.TRANSITIONS:
        raise InvalidTransition(f"reading {reading.pk}: submit is not allowed in state {reading.state}.")
    if base is None:
        raise PreconditionRequired("Say with If-Match which journal sequence is to be submitted.")
    if base != reading.sequence:
        raise Stale(
            f"The journal of reading {reading.pk} is at {reading.sequence}, not at {base}; look at it first.",
            seq=reading.sequence, operations=operations_after(reading, base),
        )  # fmt: skip


def _state_the_rest(journal: Journal, actor_id: int) -> list[Operation]:
    """Journal operations that state each label without a mark as searched and none, taken into the journal."""
    draft = journal.draft()
    marked = {one["label_key"] for one in draft["findings"] if one["kind"] not in MEASUREMENTS and one["voxel_count"]}
    added = []
    for key, label in journal.context.labels.items():
        if label.kind in SEARCHED_KINDS and key not in marked and draft["label_status"].get(key) != "searched_none":
            payload = {"label_key": key, "status": "searched_none"}
            op_id = f"normal-{secrets.token_hex(8)}"
            added.append(Operation(journal.sequence + 1, op_id, "state_label", payload, actor_id))
            journal.take(added[-1])
    return added


def freeze_and_submit(
    reading: Reading,
    prepared: Prepared,
    costs: Mapping[int, Cost],
    *,
    actor: User | None,
    roles: frozenset[str],
    elapsed_seconds: float,
) -> None:
    """Store the freeze and move the reading on. Call inside a transaction."""
    held = Reading.objects.filter(pk=reading.pk, sequence=reading.sequence, state=reading.state)
    if held.update(elapsed_seconds=elapsed_seconds) != 1:
        raise Stale(f"Reading {reading.pk} has just been changed; load it again.", seq=reading.sequence, operations=[])
    actor_id = actor.pk if actor else None
    transitions.apply(
        reading, "submit", actor_id=actor_id, roles=roles, submitted_at=timezone.now(), elapsed_seconds=elapsed_seconds
    )
    write(reading, prepared, costs)
    audit.record(
        "reading.submit", actor_id=actor_id, object_type="reading.reading", object_id=reading.pk,
        scope_id=reading.project_id, case_id=reading.case_id, sequence=reading.sequence, freeze=reading.freezes,
        marks=len(prepared.marks),
    )  # fmt: skip
    for kind in ("worklist", "review"):
        events.publish_on_commit(reading.project_id, kind, reading.pk)
