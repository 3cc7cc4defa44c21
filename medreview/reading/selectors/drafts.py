"""A reading's journal as stored rows, folded with the help of snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medreview.archive.models import Grid
from medreview.labels.models import Label
from medreview.reading.journal.history import Timeline, draft_of, fold, timeline_of
from medreview.reading.journal.reduce import apply_operation, empty_body, finish, unfinish
from medreview.reading.journal.types import Body, Context, GridFacts, LabelFacts, Operation
from medreview.reading.models import DraftSnapshot, JournalOperation, Reading
from medreview.reading.selectors.offered import OfferedSuggestions


def grid_facts(grid: Grid) -> GridFacts:
    z, y, x = grid.shape_zyx
    dz, dy, dx = grid.spacing_mm
    spacing = (float(dz), float(dy), float(dx))
    return GridFacts(grid.pk, (z, y, x), spacing, grid.spacing_known, grid.rescale_is_hu, grid.affine_lps)


def context_of(reading: Reading) -> Context:
    """What operations of this reading may refer to: its case's grids, its label set, what it was offered.

    A reading without a row yet was offered nothing.
    """
    grids = {grid.pk: grid_facts(grid) for grid in Grid.objects.filter(casestack__case_id=reading.case_id)}
    labels = Label.objects.filter(label_set_id=reading.label_set_id).order_by("order")
    facts = {label.key: LabelFacts(label.key, label.kind, tuple(label.options)) for label in labels}
    return Context(grids, facts, OfferedSuggestions(reading) if reading.pk else {})


class Journal:
    """The journal of a reading up to `sequence`, and the draft it means.

    Undo and redo are followed without payloads; the body starts from the newest snapshot whose operations are all still
    in effect, so that only the payloads after it are read.
    """

    def __init__(self, reading: Reading, context: Context | None = None) -> None:
        self.reading = reading
        self.sequence = reading.sequence
        self.context = context or context_of(reading)
        rows = JournalOperation.objects.filter(reading=reading, seq__lte=self.sequence).order_by("seq")
        light = rows.values_list("seq", "op_id", "kind", "actor_id")
        self.timeline: Timeline = timeline_of(Operation(s, o, k, {}, a) for s, o, k, a in light)
        self._payloads: dict[int, dict[str, Any]] = {}
        self._body: Body | None = None

    def take(self, operation: Operation) -> None:
        """Add one operation that is not stored yet. Raises OperationError and then must not be used any more."""
        if operation.kind not in ("undo", "redo"):
            self._body = apply_operation(self.body(), operation, self.context)
            self._payloads[operation.seq] = dict(operation.payload)
        else:
            self._body = None
        self.timeline.advance(operation)
        self.sequence = operation.seq

    def body(self) -> Body:
        if self._body is None:
            self._body = self._fold()
        return self._body

    def draft(self) -> dict[str, Any]:
        """The draft in the contract's shape."""
        return draft_of(self.body(), self.timeline, self.context)

    def snapshot(self) -> dict[str, Any]:
        """What DraftSnapshot keeps: the finished body and the numbers of the operations it is the fold of."""
        return {"past": [one.seq for one in self.timeline.past], "body": finish(self.body(), self.context)}

    def authors(self) -> dict[str, int]:
        """finding id -> the person who last changed it, of all findings that operations in effect name."""
        rows = JournalOperation.objects.filter(reading=self.reading)
        named_by = rows.values_list("seq", "payload__finding_id", "actor_id")
        by_seq = {seq: (finding, actor) for seq, finding, actor in named_by}
        named = (by_seq[one.seq] for one in self.timeline.past if one.seq in by_seq)
        return {finding: actor for finding, actor in named if finding}

    def _fold(self) -> Body:
        wanted = [one.seq for one in self.timeline.past]
        start, done = self._start(wanted)
        return fold(self._operations(wanted[done:]), self.context, start)

    def _start(self, wanted: list[int]) -> tuple[Body, int]:
        snapshots = DraftSnapshot.objects.filter(reading=self.reading, seq__lte=self.sequence).order_by("-seq")
        for snapshot in snapshots.iterator():
            past = snapshot.state["past"]
            if past == wanted[: len(past)]:
                return unfinish(snapshot.state["body"]), len(past)
        return empty_body(), 0

    def _operations(self, seqs: list[int]) -> Iterable[Operation]:
        missing = [seq for seq in seqs if seq not in self._payloads]
        if missing:
            rows = JournalOperation.objects.filter(reading=self.reading, seq__gte=missing[0], seq__lte=missing[-1])
            self._payloads.update(rows.values_list("seq", "payload"))
        by_seq = {one.seq: one for one in self.timeline.past}
        return [Operation(s, by_seq[s].op_id, by_seq[s].kind, self._payloads[s], by_seq[s].actor_id) for s in seqs]
