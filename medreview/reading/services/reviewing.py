"""A second person's work: open a review, edit, decide. Nobody decides their own reading unless the project allows it,
and then it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from medreview.accounts.models import User
from medreview.core import audit, events, transitions
from medreview.core.errors import Conflict, Invalid, Stale, Unprocessable
from medreview.reading import states
from medreview.reading.models import Reading, Review
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.drafts import Journal
from medreview.reading.selectors.reviews import waiting_readings
from medreview.reading.services.freezing import Prepared, Source, prepare, write
from medreview.reading.services.queue import SECOND_LOOK, free_slot

APPROVE, RETURN, REJECT = "approve", "return", "reject"
OUTCOMES = {APPROVE: "approved", RETURN: "returned", REJECT: "rejected"}
EDITED = "edited_approved"
MAX_REASONS, MAX_REASON_LENGTH, MAX_NOTE_LENGTH = 20, 200, 4000


@dataclass(frozen=True)
class Verdict:
    """A reviewer's decision and the next reading that waits for them."""

    reading: Reading
    next_reading_id: int | None


def open_review(*, viewer: User, reading_id: int, edit: bool = False) -> Review:
    """The viewer's review of this round, made when absent; `edit` lets them post operations until they decide."""
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    seen.require_decider()
    _require_submitted(seen.reading)
    with transaction.atomic():
        review, created = Review.objects.get_or_create(
            reading=seen.reading, reviewer=viewer, round=seen.reading.round, defaults={"own_reading": seen.is_own}
        )
        starts_editing = edit and not review.editing
        if starts_editing:
            review.editing = True
            review.save(update_fields=["editing"])
        if created or starts_editing:
            _record(seen, "open_review", review_id=review.pk, editing=review.editing, own_reading=seen.is_own)
    return review


def _require_submitted(reading: Reading) -> None:
    if reading.state != states.SUBMITTED:
        raise Conflict(f"Reading {reading.pk} is {reading.state}; only a submitted reading can be reviewed.")


def decide_review(
    *, viewer: User, reading_id: int, outcome: str, reasons: Sequence[str] = (), note: str = ""
) -> Verdict:
    """Approve (with what was edited), return to the reader, or reject. The last two need a reason.

    Raises Invalid, NotAllowed (own_reading), Conflict (another reviewer was faster).
    """
    reasons = _checked_reasons(outcome, reasons, note)
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    seen.require_decider()
    _require_submitted(seen.reading)
    prepared = _prepare_edits(seen.reading) if outcome == APPROVE else None
    try:
        with transaction.atomic():
            _decide(seen, outcome, reasons, note, prepared)
    except IntegrityError as error:
        raise Conflict(f"Reading {reading_id} has just been decided by someone else.") from error
    following = waiting_readings(seen.access).exclude(pk=reading_id).first()
    return Verdict(seen.reading, following.pk if following else None)


def _checked_reasons(outcome: str, reasons: Sequence[str], note: str) -> list[str]:
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome is one of {', '.join(OUTCOMES)}.", fields={"outcome": outcome[:40]})
    given = [reason.strip() for reason in reasons if reason.strip()]
    if len(given) > MAX_REASONS or any(len(reason) > MAX_REASON_LENGTH for reason in given):
        text = f"at most {MAX_REASONS} reasons of {MAX_REASON_LENGTH} characters"
        raise Invalid(f"Too much to say: {text}.", fields={"reasons": text})
    if len(note) > MAX_NOTE_LENGTH:
        raise Invalid(f"The note has at most {MAX_NOTE_LENGTH} characters.", fields={"note": "too long"})
    if outcome != APPROVE and not given:
        raise Invalid(f"To {outcome} a reading, give at least one reason.", fields={"reasons": "at least one"})
    return given


def _prepare_edits(reading: Reading) -> Prepared | None:
    """The freeze of what was edited since the submit; None when nothing was."""
    if reading.sequence == reading.frozen_sequence:
        return None
    prepared = prepare(Source.of(Journal(reading)))
    if prepared.missing:
        raise Unprocessable(
            f"The edited reading {reading.pk} is not complete: {prepared.missing[0].text}", code="incomplete",
            missing=[one.as_json() for one in prepared.missing],
        )  # fmt: skip
    return prepared


def _decide(seen: ReadingAccess, outcome: str, reasons: list[str], note: str, prepared: Prepared | None) -> None:
    reading, now = seen.reading, timezone.now()
    held = Reading.objects.filter(pk=reading.pk, sequence=reading.sequence, state=states.SUBMITTED)
    if held.update(updated_at=now) != 1:
        raise Stale(f"Reading {reading.pk} has just been changed; look at it again before you decide.")
    decided_round = reading.round
    changes: dict[str, Any] = {}
    if outcome == APPROVE:
        changes["approved_at"] = now
    elif outcome == RETURN:
        changes["round"] = reading.round + 1
    transitions.apply(reading, outcome, actor_id=seen.viewer.pk, roles=seen.roles, reason="; ".join(reasons), **changes)
    if prepared is not None:
        write(reading, prepared, costs=None)
    review, _ = Review.objects.update_or_create(
        reading=reading, reviewer=seen.viewer, round=decided_round,
        defaults={
            "outcome": EDITED if prepared is not None else OUTCOMES[outcome], "reasons": reasons, "note": note,
            "decided_at": now, "own_reading": seen.is_own, "editing": False,
        },
    )  # fmt: skip
    if outcome == REJECT:
        free_slot(reading.case, reason_code=SECOND_LOOK)
    _record(seen, outcome, review_id=review.pk, outcome=review.outcome, own_reading=seen.is_own)


def _record(seen: ReadingAccess, verb: str, **detail: Any) -> None:
    reading = seen.reading
    outcome = detail.pop("outcome", None)
    audit.record(
        f"reading.{verb}", actor_id=seen.viewer.pk, object_type="reading.reading", object_id=reading.pk,
        scope_id=reading.project_id, case_id=reading.case_id, **detail, **({"decided": outcome} if outcome else {}),
    )  # fmt: skip
    for kind in ("review", "worklist", "learning"):
        events.publish_on_commit(reading.project_id, kind, reading.pk)
