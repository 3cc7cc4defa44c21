"""Taking a case, putting it aside, giving it back. A case goes to no more people than it needs readings."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access, access_project
from medreview.cases.models import Case
from medreview.core import audit, events, transitions
from medreview.core.errors import Conflict, Invalid, NotAllowed, NotFound
from medreview.labels.selectors import current_label_set
from medreview.reading import states
from medreview.reading.models import OfferedSuggestion, Reading, WorklistItem, WorklistSkip
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.worklist import available_items
from medreview.reading.services.queue import free_slot, next_free_slot, take_slot
from medreview.suggestions.selectors import offered_for_case

MAX_REASON_LENGTH = 200
MAX_CLAIM_ATTEMPTS = 50


def claim_next(*, viewer: User, project_id: int) -> Reading:
    """Claim the first available case. Raises NotFound (queue_empty) when there is none."""
    access = access_project(viewer=viewer, project_id=project_id, roles=(Role.ANNOTATOR,))
    for _ in range(MAX_CLAIM_ATTEMPTS):
        item = available_items(access).select_related("case").first()
        if item is None:
            raise NotFound("No case is waiting for you in this project.", code="queue_empty")
        try:
            return _claim(access, item.case)
        except Conflict:
            # Someone else took it between our look and our claim; the next look will not show it again.
            continue
    raise Conflict("Others are faster at the moment; ask for the next case again.", code="taken")


def claim_case(*, viewer: User, case_id: int) -> Reading:
    """Claim one case, or return the viewer's own open reading of it. Raises Conflict when no reading of it is left."""
    case = Case.objects.select_related("project").filter(pk=case_id).first()
    if case is None:
        raise NotFound()
    access = access_project(viewer=viewer, project_id=case.project_id)
    access.require(Role.ANNOTATOR)
    own = Reading.objects.filter(case=case, reader=viewer, state__in=states.LIVE_STATES).first()
    if own is not None and own.state in states.OPEN_STATES:
        return own
    if own is not None:
        raise Conflict(f"You have read case {case.pseudonym}; your reading is {own.state}.", code="already_read")
    return _claim(access, case)


def _claim(access: Access, case: Case) -> Reading:
    label_set = current_label_set(access.project)
    try:
        with transaction.atomic():
            item = WorklistItem.objects.filter(case=case).first()
            if item is None or case.excluded_reason or not take_slot(case):
                raise Conflict(
                    f"Case {case.pseudonym} cannot be read now: it was just taken, or is set aside.", code="taken"
                )
            reading = Reading.objects.create(
                case=case, project=access.project, reader=access.viewer, label_set=label_set,
                slot=next_free_slot(case), reason_code=item.reason_code,
                reason_values={**item.reason_values, "model_version": item.model_version},
            )  # fmt: skip
            offer_suggestions(reading)
            WorklistSkip.objects.filter(case=case, reader=access.viewer).delete()
            _tell(reading, "claim", access.viewer)
    except IntegrityError as error:
        raise Conflict(f"Case {case.pseudonym} has just been taken.", code="taken") from error
    return reading


def offer_suggestions(reading: Reading) -> None:
    """Freeze what the reading is shown: nothing for a reference case, whatever the tables hold."""
    if reading.case.is_reference:
        return
    offered = offered_for_case(reading.case).values_list("pk", flat=True)
    OfferedSuggestion.objects.bulk_create(OfferedSuggestion(reading=reading, suggestion_id=pk) for pk in offered)


def skip_reading(*, viewer: User, reading_id: int, reason: str) -> Reading:
    """Put a case aside: its draft is given up and the case goes back to the queue for others."""
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON_LENGTH:
        text = f"Say in 1 to {MAX_REASON_LENGTH} characters why the case is put aside."
        raise Invalid(text, fields={"reason": "too short or too long"})
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    if not seen.is_own:
        raise NotAllowed(f"Reading {reading_id} is someone else's; only its reader can put it aside.")
    with transaction.atomic():
        _release(seen, reason)
        WorklistSkip.objects.update_or_create(case=seen.reading.case, reader=viewer, defaults={"reason": reason})
        _tell(seen.reading, "skip", viewer)
    return seen.reading


def release_reading(*, viewer: User, reading_id: int) -> Reading:
    """Give an open reading back; its draft stays as a canceled reading."""
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    with transaction.atomic():
        _release(seen, "")
        _tell(seen.reading, "release", viewer)
    return seen.reading


def _release(seen: ReadingAccess, reason: str) -> None:
    transitions.apply(seen.reading, "release", actor_id=seen.viewer.pk, roles=seen.roles, reason=reason)
    free_slot(seen.reading.case)


def _tell(reading: Reading, verb: str, actor: User) -> None:
    audit.record(
        f"reading.{verb}", actor_id=actor.pk, object_type="reading.reading", object_id=reading.pk,
        scope_id=reading.project_id, case_id=reading.case_id,
    )  # fmt: skip
    events.publish_on_commit(reading.project_id, "worklist", reading.pk)


def open_readings(user: User, project_id: int) -> QuerySet[Reading]:
    """The user's own unfinished readings, returned ones first."""
    own = Reading.objects.filter(project_id=project_id, reader=user, state__in=states.OPEN_STATES)
    return own.order_by("-state", "updated_at")
