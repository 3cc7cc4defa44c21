"""Who comes next. Ranks lie in 0..1; reference cases are spread evenly among the others by a salted hash, at every
reorder anew, and carry the reasons that any random case carries, so that nothing marks them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F

from medreview.accounts.models import Project
from medreview.cases.models import REFERENCE_SIDES, Case
from medreview.core import audit, events
from medreview.reading import states
from medreview.reading.models import WorklistItem
from medreview.registry.models import ModelVersion
from medreview.registry.states import ACTIVE

NEW, FIRST_BATCH, RANDOM_SHARE, SECOND_LOOK = "new", "first_batch", "random_share", "second_look"
REASON_CODES = ("model_unsure", RANDOM_SHARE, "returned", NEW, SECOND_LOOK, FIRST_BATCH)


@dataclass(frozen=True)
class QueueEntry:
    """Where a case of the learning lane should stand: `rank` orders (smaller first), the rest says why."""

    case_id: int
    rank: float
    reason_code: str
    values: dict[str, Any] = field(default_factory=dict)
    model_version: int | None = None


def stable_fraction(project: Project, case_id: int, purpose: str = "order") -> float:
    """A number in 0..1 that looks random and never changes for this case."""
    digest = hashlib.sha256(f"{project.salt}:{purpose}:{case_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@transaction.atomic
def queue_cases(*, project: Project, case_ids: Iterable[int]) -> int:
    """Put cases into the project's queue at a random-looking place; returns how many are new to it."""
    wanted = Case.objects.filter(project=project, pk__in=list(case_ids), worklist_item__isnull=True)
    has_model = ModelVersion.objects.filter(project=project, state=ACTIVE).exists()
    items = [
        WorklistItem(
            project=project, case_id=pk, rank=stable_fraction(project, pk), open_slots=project.readings_per_case,
            reason_code=NEW if has_model else FIRST_BATCH,
        )
        for pk in wanted.values_list("pk", flat=True)
    ]  # fmt: skip
    WorklistItem.objects.bulk_create(items, batch_size=500)
    if items:
        audit.record(
            "reading.queue_cases", actor_id=None, object_type="accounts.project", object_id=project.pk,
            scope_id=project.pk, count=len(items),
        )  # fmt: skip
        events.publish_on_commit(project.pk, "worklist", project.pk)
    return len(items)


@transaction.atomic
def reorder_queue(*, project: Project, order: Sequence[QueueEntry]) -> int:
    """Give the waiting cases the order that learning asks for; returns how many items it moved.

    Entries for reference cases and for unknown cases are ignored: the former get their place here.
    """
    waiting = WorklistItem.objects.filter(project=project, open_slots__gt=0).select_related("case__split")
    items = {item.case_id: item for item in waiting}
    reference = {pk for pk, item in items.items() if item.case.split.side in REFERENCE_SIDES}
    entries = sorted((e for e in order if e.case_id in items and e.case_id not in reference), key=lambda e: e.rank)
    moved = [_place(items[e.case_id], e, (n + 0.5) / len(entries)) for n, e in enumerate(entries)]
    version = max((e.model_version for e in entries if e.model_version is not None), default=None)
    moved += _spread(project, [items[pk] for pk in reference], version)
    fields = ["rank", "reason_code", "reason_values", "model_version", "updated_at"]
    WorklistItem.objects.bulk_update(moved, fields, batch_size=500)
    audit.record(
        "reading.reorder_queue", actor_id=None, object_type="accounts.project", object_id=project.pk,
        scope_id=project.pk, count=len(moved), model_version=version,
    )  # fmt: skip
    events.publish_on_commit(project.pk, "worklist", project.pk)
    return len(moved)


def _place(item: WorklistItem, entry: QueueEntry, rank: float) -> WorklistItem:
    item.rank, item.reason_values, item.model_version = rank, entry.values, entry.model_version
    if item.reason_code != SECOND_LOOK:
        item.reason_code = entry.reason_code if entry.reason_code in REASON_CODES else RANDOM_SHARE
    return item


def _spread(project: Project, items: list[WorklistItem], model_version: int | None) -> list[WorklistItem]:
    """Reference cases in the order of a hash, one in each equal part of the queue."""
    places = sorted((stable_fraction(project, item.case_id), item.case_id, item) for item in items)
    for number, (fraction, _, item) in enumerate(places):
        item.rank, item.model_version, item.reason_values = (number + fraction) / len(places), model_version, {}
        if item.reason_code != SECOND_LOOK:
            item.reason_code = RANDOM_SHARE
    return [item for _, _, item in places]


def take_slot(case: Case) -> bool:
    """Compare-and-set one open place of a case; False when none is left. Call inside a transaction."""
    item = WorklistItem.objects.filter(case=case, open_slots__gt=0)
    return item.update(open_slots=F("open_slots") - 1) == 1


def free_slot(case: Case, *, reason_code: str = "") -> None:
    """Give a place back, with a new reason where there is one. Call inside a transaction."""
    changes: dict[str, Any] = {"open_slots": F("open_slots") + 1}
    if reason_code:
        changes["reason_code"] = reason_code
    WorklistItem.objects.filter(case=case).update(**changes)


def next_free_slot(case: Case) -> int:
    """The lowest slot number without a live reading."""
    used = set(case.readings.filter(state__in=states.LIVE_STATES).values_list("slot", flat=True))
    return next(number for number in range(len(used) + 1) if number not in used)
