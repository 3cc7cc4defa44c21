"""Appending to the draft journal (DESIGN §5.5): known op ids answer again, If-Match decides, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from medreview.accounts.models import User
from medreview.core import audit
from medreview.core.errors import Conflict, Invalid, NotAllowed, PreconditionRequired, Stale, TooLarge, Unprocessable
from medreview.reading.journal.types import Operation, OperationError
from medreview.reading.journal.validate import MAX_OPERATIONS_PER_REQUEST, check_operation, check_payload, printable
from medreview.reading.models import DraftSnapshot, JournalOperation, Reading
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.drafts import Journal
from medreview.reading.selectors.readings import operations_after

SNAPSHOT_EVERY = 200
MAX_JOURNAL_LENGTH = 100_000


@dataclass(frozen=True)
class Receipt:
    """`sequence` is what the client may build on next; results are in the order of the request."""

    sequence: int
    results: list[dict[str, Any]]
    saved_at: datetime


def append_operations(*, viewer: User, reading_id: int, operations: Any, base: int | None) -> Receipt:
    """Store operations built on journal sequence `base`.

    Raises NotAllowed (not a writer), PreconditionRequired (no base), Stale (others wrote meanwhile; carries what the
    client missed), Conflict (the reading is closed), Unprocessable (an operation does not fit; nothing is stored).
    """
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    if not (seen.is_own or seen.open_review() is not None):
        raise NotAllowed(f"Reading {reading_id} is not yours to change; open its review for editing first.")
    parsed = _parse(operations)
    for _ in range(2):
        known = _known(seen.reading, parsed)
        if len(known) == len(parsed):
            return _known_receipt(seen.reading, parsed, known)
        _check_base(seen, base)
        try:
            return _append(seen, parsed, known)
        except Stale:
            # Lost the race for this sequence. Either our own resend won it (then all is known) or someone else did.
            seen.reading.refresh_from_db()
    raise _stale(seen.reading, base or 0)


def _parse(operations: Any) -> list[Operation]:
    if not isinstance(operations, list) or not operations:
        raise Invalid("operations is a list with at least one operation.", fields={"operations": "missing or empty"})
    if len(operations) > MAX_OPERATIONS_PER_REQUEST:
        raise TooLarge(f"At most {MAX_OPERATIONS_PER_REQUEST} operations at once; send the rest in another request.")
    parsed: list[Operation] = []
    for number, raw in enumerate(operations):
        try:
            op_id, kind, payload = check_operation(raw)
        except OperationError as error:
            op_id = printable(raw.get("op_id", "")) if isinstance(raw, dict) else ""
            raise _refused(number, op_id, error, inside="") from error
        if any(one.op_id == op_id for one in parsed):
            twice = OperationError("op_id appears twice in this request", field="op_id")
            raise _refused(number, op_id, twice, inside="")
        parsed.append(Operation(number, op_id, kind, payload))
    return parsed


def _refused(number: int, op_id: str, error: OperationError, *, inside: str = "payload") -> Unprocessable:
    path = ".".join(part for part in (f"operations.{number}", inside, error.field) if part)
    return Unprocessable(
        f"Operation {op_id or number}: {error.message}. Nothing of this request was stored.",
        code="invalid_operation", fields={path: error.message}, op_id=op_id,
    )  # fmt: skip


def _known(reading: Reading, parsed: Sequence[Operation]) -> dict[str, int]:
    rows = JournalOperation.objects.filter(reading=reading, op_id__in=[one.op_id for one in parsed])
    return dict(rows.values_list("op_id", "seq"))


def _known_receipt(reading: Reading, parsed: Sequence[Operation], known: dict[str, int]) -> Receipt:
    """The stored answer again. The sequence is that of the newest of these operations, not of the journal: a client
    that has not seen what came after must not build on it."""
    newest = JournalOperation.objects.get(reading=reading, seq=max(known.values()))
    results = [{"op_id": one.op_id, "seq": known[one.op_id], "status": "known"} for one in parsed]
    return Receipt(newest.seq, results, newest.at)


def _check_base(seen: ReadingAccess, base: int | None) -> None:
    if not seen.is_editable:
        raise Conflict(
            f"Reading {seen.reading.pk} is {seen.reading.state}; its draft cannot be changed now.", code="not_editable"
        )
    if base is None:
        raise PreconditionRequired("Say with If-Match which journal sequence these operations were built on.")
    if base != seen.reading.sequence:
        raise _stale(seen.reading, base)


def _stale(reading: Reading, base: int) -> Stale:
    return Stale(
        f"The journal of reading {reading.pk} is at {reading.sequence}, not at {base}; take in what you missed.",
        seq=reading.sequence, operations=operations_after(reading, base),
    )  # fmt: skip


def _append(seen: ReadingAccess, parsed: Sequence[Operation], known: dict[str, int]) -> Receipt:
    reading, start = seen.reading, seen.reading.sequence
    fresh = [one for one in parsed if one.op_id not in known]
    if start + len(fresh) > MAX_JOURNAL_LENGTH:
        raise TooLarge(f"The journal of reading {reading.pk} has {start} operations and can take no more; submit it.")
    journal = Journal(reading)
    numbered, snapshot = _take_all(journal, parsed, fresh, seen.viewer.pk)
    with transaction.atomic():
        saved_at = timezone.now()
        store_operations(reading, numbered, saved_at)
        if snapshot is not None:
            DraftSnapshot.objects.update_or_create(reading=reading, seq=journal.sequence, defaults={"state": snapshot})
        audit.record(
            "reading.append_operations", actor_id=seen.viewer.pk, object_type="reading.reading", object_id=reading.pk,
            scope_id=reading.project_id, first=start + 1, last=reading.sequence,
        )  # fmt: skip
    seqs = {**known, **{one.op_id: one.seq for one in numbered}}
    results = [
        {"op_id": one.op_id, "seq": seqs[one.op_id], "status": "known" if one.op_id in known else "stored"}
        for one in parsed
    ]
    return Receipt(reading.sequence, results, saved_at)


def _take_all(
    journal: Journal, parsed: Sequence[Operation], fresh: Sequence[Operation], actor_id: int
) -> tuple[list[Operation], dict[str, Any] | None]:
    """Number the fresh operations and try them on the draft; with a snapshot when a multiple of 200 is passed."""
    start = journal.sequence
    numbered = []
    for one in fresh:
        operation = Operation(journal.sequence + 1, one.op_id, one.kind, one.payload, actor_id)
        try:
            check_payload(one.kind, one.payload, journal.context)
            journal.take(operation)
        except OperationError as error:
            inside = "" if error.field == "kind" else "payload"
            raise _refused(parsed.index(one), one.op_id, error, inside=inside) from error
        numbered.append(operation)
    passed = journal.sequence // SNAPSHOT_EVERY > start // SNAPSHOT_EVERY
    return numbered, journal.snapshot() if passed else None


def store_operations(reading: Reading, numbered: Sequence[Operation], at: datetime) -> None:
    """Append numbered operations if the journal still ends where they begin and the state is the one we saw; else
    Stale.

    Call inside a transaction.
    """
    last = numbered[-1].seq
    ours = Reading.objects.filter(pk=reading.pk, sequence=numbered[0].seq - 1, state=reading.state, round=reading.round)
    if ours.update(sequence=last, updated_at=at) != 1:
        raise Stale(f"The journal of reading {reading.pk} has just been changed.")
    JournalOperation.objects.bulk_create(
        [
            JournalOperation(
                reading=reading, seq=one.seq, op_id=one.op_id, kind=one.kind, payload=dict(one.payload),
                actor_id=one.actor_id,
            )
            for one in numbered
        ],
        batch_size=200,
    )  # fmt: skip
    reading.sequence = last
