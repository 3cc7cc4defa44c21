"""Shape of an operation: known kind, known fields, right types, capped sizes, and only labels, grids and suggestions
that this reading has. What depends on the draft (a finding that exists, something to undo) is judged by `reduce` and
`history`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from medreview.reading.journal.measures import check_measure, is_point
from medreview.reading.journal.runs import RunsError, check_runs
from medreview.reading.journal.types import (
    KINDS,
    REJECT_REASONS,
    STATUSES,
    VERDICTS,
    Context,
    GridFacts,
    OperationError,
)

MAX_OPERATIONS_PER_REQUEST = 500
MAX_RUN_NUMBERS_PER_OPERATION = 2_000_000
MAX_ID_LENGTH = 64
MAX_TEXT_LENGTH = 2000
MAX_NAME_LENGTH = 200

_TOOL = re.compile(r"[a-z][a-z0-9_]{0,31}")

Check = Callable[[Mapping[str, Any], Context], None]


def check_operation(raw: Any) -> tuple[str, str, dict[str, Any]]:
    """(op_id, kind, payload) of one entry of the request. Raises OperationError."""
    if not isinstance(raw, Mapping):
        raise OperationError("an operation is an object with op_id, kind and payload")
    _known_fields(raw, ("op_id", "kind", "payload"))
    op_id = _identifier(raw, "op_id")
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise OperationError(f"kind {printable(kind)} is not known; use one of {', '.join(KINDS)}", field="kind")
    payload = raw.get("payload", {})
    if not isinstance(payload, dict):
        raise OperationError("payload is an object", field="payload")
    return op_id, kind, payload


def check_payload(kind: str, payload: Mapping[str, Any], context: Context) -> None:
    """Raises OperationError, naming the field, unless the payload fits its kind and this reading."""
    fields, check = _CHECKS[kind]
    _known_fields(payload, fields)
    check(payload, context)


def printable(value: object) -> str:
    """The start of what a client sent, fit for a message: half a character could not be sent back."""
    return str(value)[:MAX_ID_LENGTH].encode("ascii", "backslashreplace").decode()


def _known_fields(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            shown = printable(name)
            raise OperationError(f"unknown field {shown}; known are {', '.join(known) or 'none'}", field=shown)


def _identifier(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_ID_LENGTH or not value.isprintable():
        raise OperationError(f"{name} is a text of 1 to {MAX_ID_LENGTH} printable characters", field=name)
    return value


def _one_of(payload: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise OperationError(f"{name} is one of {', '.join(allowed)}", field=name)
    return value


def _grid(payload: Mapping[str, Any], context: Context) -> GridFacts:
    number = payload.get("grid_id")
    grid = context.grids.get(number) if type(number) is int else None
    if grid is None:
        raise OperationError(f"grid {printable(number)} is not part of this case", field="grid_id")
    return grid


def _label(payload: Mapping[str, Any], context: Context, *kinds: str) -> None:
    key = payload.get("label_key")
    label = context.labels.get(key) if isinstance(key, str) else None
    if label is None:
        raise OperationError(f"label {printable(key)} is not in this reading's label set", field="label_key")
    if label.kind not in kinds:
        raise OperationError(
            f"label {label.key} is of kind {label.kind}; this needs {' or '.join(kinds)}", field="label_key"
        )


def _paint(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    _label(payload, context, "segment")
    _tool(payload)
    grid = _grid(payload, context)
    slices = payload.get("slices")
    if not isinstance(slices, list) or not 1 <= len(slices) <= grid.shape_zyx[0]:
        raise OperationError(f"slices lists 1 to {grid.shape_zyx[0]} slices of the grid", field="slices")
    seen: set[int] = set()
    total = 0
    for number, change in enumerate(slices):
        total += _slice_change(change, f"slices.{number}", grid, seen)
    if total > MAX_RUN_NUMBERS_PER_OPERATION:
        raise OperationError(
            f"more than {MAX_RUN_NUMBERS_PER_OPERATION} run numbers; send several operations", field="slices"
        )


def _tool(payload: Mapping[str, Any]) -> None:
    """The tool's name is kept for the record and decides nothing, so new tools need no new server."""
    tool = payload.get("tool")
    if not isinstance(tool, str) or not _TOOL.fullmatch(tool):
        raise OperationError("tool is the name of the tool that drew, e.g. brush", field="tool")


def _slice_change(change: Any, where: str, grid: GridFacts, seen: set[int]) -> int:
    if not isinstance(change, dict) or set(change) != {"k", "runs"} or not isinstance(change["runs"], list):
        raise OperationError("a slice is an object with k and runs", field=where)
    k = change["k"]
    if type(k) is not int or not 0 <= k < grid.shape_zyx[0]:
        raise OperationError(
            f"slice {printable(k)} is outside the grid of {grid.shape_zyx[0]} slices", field=f"{where}.k"
        )
    if k in seen:
        raise OperationError(f"slice {k} is named twice", field=f"{where}.k")
    seen.add(k)
    try:
        check_runs(change["runs"], grid.slice_voxels)
    except (RunsError, OverflowError) as error:
        raise OperationError(f"slice {k}: {error}", field=f"{where}.runs") from error
    return len(change["runs"])


def _extent(payload: Mapping[str, Any]) -> None:
    for name in ("start_zyx", "stop_zyx"):
        corner = payload.get(name)
        if not isinstance(corner, list) or len(corner) != 3 or any(type(v) is not int for v in corner):
            raise OperationError(f"{name} is three whole numbers (slice, row, column)", field=name)


def _add_box(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    _label(payload, context, "box")
    _grid(payload, context)
    _extent(payload)


def _move_box(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    _extent(payload)


def _points(payload: Mapping[str, Any]) -> None:
    points = payload.get("points_lps")
    if not isinstance(points, list) or len(points) != 2 or not all(is_point(point) for point in points):
        raise OperationError("points_lps is two points of three finite numbers in mm", field="points_lps")


def _add_length(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    if payload.get("label_key") != "":
        _label(payload, context, "segment", "box")
    _grid(payload, context)
    _points(payload)


def _move_length(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    _points(payload)


def _add_measure(payload: Mapping[str, Any], context: Context) -> None:
    if payload.get("label_key") != "":
        _label(payload, context, "segment", "box")
    _move_measure(payload, context)


def _move_measure(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    check_measure(payload, _grid(payload, context))


def _rename_finding(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")
    name = payload.get("name")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not _is_storable(name):
        text = f"name is a text of at most {MAX_NAME_LENGTH} characters; an empty one takes the name away"
        raise OperationError(text, field="name")


def _delete_finding(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "finding_id")


def _decide(payload: Mapping[str, Any], context: Context) -> None:
    number = payload.get("suggestion_id")
    if type(number) is not int or number not in context.suggestions:
        raise OperationError(f"suggestion {printable(number)} was not offered to this reading", field="suggestion_id")
    verdict = _one_of(payload, "verdict", VERDICTS)
    if verdict == "accept" or payload.get("finding_id") not in (None, ""):
        _identifier(payload, "finding_id")
    if payload.get("reason") in (None, ""):
        return
    if verdict == "accept":
        raise OperationError("reason belongs to a rejection", field="reason")
    _one_of(payload, "reason", REJECT_REASONS)


def _state_label(payload: Mapping[str, Any], context: Context) -> None:
    _label(payload, context, "segment", "box", "tag")
    _one_of(payload, "status", STATUSES)


def _set_tag(payload: Mapping[str, Any], context: Context) -> None:
    _label(payload, context, "tag")
    value = payload.get("value")
    if not isinstance(value, str) or len(value) > 200 or not _is_storable(value):
        raise OperationError("value is a text of at most 200 characters; an empty one clears the tag", field="value")
    options = context.labels[payload["label_key"]].options
    if value and options and value not in options:
        raise OperationError(f"value {printable(value)} is not one of the tag's options", field="value")


def _is_storable(text: str) -> bool:
    """No database takes NUL or half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _set_form(payload: Mapping[str, Any], context: Context) -> None:
    _identifier(payload, "field")
    value = payload.get("value")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH and _is_storable(value):
        return
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= 1e15:
        return
    raise OperationError(
        f"value is a text of at most {MAX_TEXT_LENGTH} characters, a number, true, false or null", field="value"
    )


def _nothing(payload: Mapping[str, Any], context: Context) -> None:
    """Undo and redo say nothing but their name."""


_CHECKS: dict[str, tuple[tuple[str, ...], Check]] = {
    "paint": (("finding_id", "label_key", "grid_id", "tool", "slices"), _paint),
    "add_box": (("finding_id", "label_key", "grid_id", "start_zyx", "stop_zyx"), _add_box),
    "move_box": (("finding_id", "start_zyx", "stop_zyx"), _move_box),
    "add_length": (("finding_id", "label_key", "grid_id", "points_lps"), _add_length),
    "move_length": (("finding_id", "points_lps"), _move_length),
    "add_measure": (("finding_id", "label_key", "grid_id", "tool", "k", "points_lps", "values"), _add_measure),
    "move_measure": (("finding_id", "grid_id", "tool", "k", "points_lps", "values"), _move_measure),
    "rename_finding": (("finding_id", "name"), _rename_finding),
    "delete_finding": (("finding_id",), _delete_finding),
    "decide": (("suggestion_id", "finding_id", "verdict", "reason"), _decide),
    "state_label": (("label_key", "status"), _state_label),
    "set_tag": (("label_key", "value"), _set_tag),
    "set_form": (("field", "value"), _set_form),
    "undo": ((), _nothing),
    "redo": ((), _nothing),
}
