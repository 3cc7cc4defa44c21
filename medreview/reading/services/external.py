"""Readings that were made elsewhere: imported masks and boxes, or the demo's known truth. They go through the same
journal and the same freeze as any other reading, so that nothing later needs to know the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from numpy.typing import NDArray

from medreview.accounts.models import User
from medreview.cases.models import Case
from medreview.core import audit, events, transitions
from medreview.core.errors import Conflict, Invalid
from medreview.core.transitions import SYSTEM
from medreview.labels.selectors import current_label_set
from medreview.reading import states
from medreview.reading.journal.history import reduce_draft
from medreview.reading.journal.types import Context, Operation, OperationError
from medreview.reading.journal.validate import check_payload
from medreview.reading.models import Reading, Review
from medreview.reading.selectors.drafts import context_of
from medreview.reading.services.freezing import Prepared, Source, prepare
from medreview.reading.services.operations import store_operations
from medreview.reading.services.queue import next_free_slot, queue_cases, take_slot
from medreview.reading.services.submitting import freeze_and_submit
from ml.masks import encode_runs

Extent = tuple[tuple[int, int, int], tuple[int, int, int]]


@dataclass(frozen=True)
class ExternalFinding:
    """One mark made elsewhere: `mask` `(Z, Y, X)` bool of the whole grid for a segment, `box` (start_zyx, stop_zyx),
    half-open, for a box."""

    label_key: str
    kind: str
    grid_id: int
    mask: NDArray[np.bool_] | None = None
    box: Extent | None = None


def record_external_reading(
    *,
    case: Case,
    reader: User,
    findings: Sequence[ExternalFinding],
    statements: Mapping[str, str],
    state: str,
    actor: User | None,
    reviewer: User | None = None,
    from_known_truth: bool = False,
) -> Reading:
    """Record a finished reading as `state` "submitted" (for review) or "approved".

    `statements` maps label keys to searched_none or not_assessed; a label with a finding is marked by itself.
    Raises Invalid naming the finding that does not fit the case, Conflict when the case needs no more readings.
    """
    if state not in (states.SUBMITTED, states.APPROVED):
        raise Invalid(f"An external reading is submitted or approved, not {state!r}.")
    reading = Reading(case=case, project=case.project, reader=reader, label_set=current_label_set(case.project))
    context = context_of(reading)
    operations = _operations(case, findings, statements, context, reader.pk)
    try:
        prepared = prepare(Source(reading, context, reduce_draft(operations, context), {}))
    except OperationError as error:
        raise Invalid(f"Case {case.pseudonym}: {error.message}") from error
    if prepared.missing:
        raise Invalid(f"Case {case.pseudonym}: {prepared.missing[0].text}")
    try:
        with transaction.atomic():
            _create(reading, operations, from_known_truth)
            _finish(reading, prepared, state=state, actor=actor, reviewer=reviewer)
    except IntegrityError as error:
        raise Conflict(f"Case {case.pseudonym} already has a reading by {reader.username} or needs no more.") from error
    return reading


def _operations(
    case: Case, findings: Sequence[ExternalFinding], statements: Mapping[str, str], context: Context, actor_id: int
) -> list[Operation]:
    payloads = [_finding_operation(number, finding, context) for number, finding in enumerate(findings)]
    payloads += [("state_label", {"label_key": key, "status": status}) for key, status in sorted(statements.items())]
    operations = []
    for number, (kind, payload) in enumerate((p for p in payloads if p is not None), start=1):
        try:
            check_payload(kind, payload, context)
        except OperationError as error:
            raise Invalid(f"Case {case.pseudonym}: {error.message}") from error
        operations.append(Operation(number, f"external-{number}", kind, payload, actor_id))
    return operations


def _finding_operation(number: int, finding: ExternalFinding, context: Context) -> tuple[str, dict[str, Any]] | None:
    common = {"finding_id": f"external-{number}", "label_key": finding.label_key, "grid_id": finding.grid_id}
    if finding.kind == "box":
        if finding.box is None:
            raise Invalid(f"Finding {number} ({finding.label_key}) is a box without an extent.")
        start, stop = finding.box
        return "add_box", {**common, "start_zyx": [int(v) for v in start], "stop_zyx": [int(v) for v in stop]}
    if finding.kind != "segment" or finding.mask is None or finding.mask.ndim != 3:
        raise Invalid(f"Finding {number} ({finding.label_key}) is neither a box nor a mask (slice, row, column).")
    _check_shape(number, finding, context)
    mask = finding.mask.astype(bool)
    filled = np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1)).tolist()
    if not filled:
        return None
    empty = np.zeros(mask.shape[1:], dtype=bool)
    slices = [{"k": k, "runs": encode_runs(empty, mask[k])} for k in filled]
    return "paint", {**common, "tool": "script", "slices": slices}


def _check_shape(number: int, finding: ExternalFinding, context: Context) -> None:
    grid = context.grids.get(finding.grid_id)
    if grid is None or finding.mask is None or finding.mask.shape != grid.shape_zyx:
        raise Invalid(f"Finding {number} ({finding.label_key}) does not have the shape of grid {finding.grid_id}.")


def _create(reading: Reading, operations: Sequence[Operation], from_known_truth: bool) -> None:
    case = reading.case
    queue_cases(project=case.project, case_ids=[case.pk])
    if not take_slot(case):
        raise Conflict(f"Case {case.pseudonym} needs no more readings.")
    reading.slot, reading.from_known_truth = next_free_slot(case), from_known_truth
    reading.save(force_insert=True)
    if operations:
        store_operations(reading, operations, timezone.now())


def _finish(reading: Reading, prepared: Prepared, *, state: str, actor: User | None, reviewer: User | None) -> None:
    roles = frozenset({SYSTEM})
    freeze_and_submit(reading, prepared, {}, actor=actor, roles=roles, elapsed_seconds=0.0)
    if state != states.APPROVED:
        return
    now = timezone.now()
    transitions.apply(reading, "approve", actor_id=actor.pk if actor else None, roles=roles, approved_at=now)
    if reviewer is not None:
        Review.objects.create(
            reading=reading, reviewer=reviewer, round=reading.round, outcome="approved", decided_at=now,
            own_reading=reviewer.pk == reading.reader_id,
        )  # fmt: skip
    audit.record(
        "reading.record_external", actor_id=actor.pk if actor else None, object_type="reading.reading",
        object_id=reading.pk, scope_id=reading.project_id, case_id=reading.case_id,
        from_known_truth=reading.from_known_truth,
    )  # fmt: skip
    events.publish_on_commit(reading.project_id, "learning", reading.pk)
