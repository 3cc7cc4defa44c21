"""A journal folded into a draft, with undo and redo as operations of the same journal.

Undo takes back the last operation that is in effect, redo brings the last undone one back, anything else forgets what
was undone. So the draft is the fold of the operations in effect, and undo needs no inverse of any operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from medreview.reading.journal.reduce import apply_operation, empty_body, finish
from medreview.reading.journal.types import Body, Context, Operation, OperationError


@dataclass
class Timeline:
    """`past` is in effect, in order; `undone` waits for redo, last undone last. Payloads are not looked at."""

    past: list[Operation] = field(default_factory=list)
    undone: list[Operation] = field(default_factory=list)

    def advance(self, operation: Operation) -> None:
        """Take one more journal entry. Raises OperationError when there is nothing to undo or redo."""
        if operation.kind == "undo":
            _move(self.past, self.undone, "undo")
        elif operation.kind == "redo":
            _move(self.undone, self.past, "redo")
        else:
            self.past.append(operation)
            self.undone.clear()


def _move(source: list[Operation], target: list[Operation], verb: str) -> None:
    if not source:
        raise OperationError(f"there is nothing to {verb}", field="kind")
    target.append(source.pop())


def timeline_of(operations: Iterable[Operation]) -> Timeline:
    timeline = Timeline()
    for operation in operations:
        timeline.advance(operation)
    return timeline


def fold(operations: Iterable[Operation], context: Context, start: Body | None = None) -> Body:
    """The body after operations that hold no undo or redo, from `start` (the empty draft when None)."""
    body = empty_body() if start is None else start
    for operation in operations:
        body = apply_operation(body, operation, context)
    return body


def draft_of(body: Body, timeline: Timeline, context: Context) -> dict[str, Any]:
    """The draft in the contract's shape."""
    return {**finish(body, context), "can_undo": bool(timeline.past), "can_redo": bool(timeline.undone)}


def reduce_draft(operations: Iterable[Operation], context: Context) -> dict[str, Any]:
    """The draft of a whole journal: the same answer as the front end's reducer for the same operations."""
    timeline = timeline_of(operations)
    return draft_of(fold(timeline.past, context), timeline, context)
