"""One operation applied to a draft body. Pure: a body is never changed, the new one shares what stayed the same.

Inside the fold a segment's `slices` is a mapping slice -> runs and numbers are not yet measured; `finish` gives the
contract's shape. Payloads have passed `validate`; what is refused here depends on the draft.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from medreview.reading.journal import measures
from medreview.reading.journal.runs import count_runs, largest_slice, xor_slices
from medreview.reading.journal.types import Body, Context, GridFacts, Operation, OperationError

Finding = dict[str, Any]
Handler = Callable[[Body, Operation, Context], Body]


def empty_body() -> Body:
    return {"findings": [], "label_status": {}, "tags": {}, "form": {}, "decisions": []}


def apply_operation(body: Body, operation: Operation, context: Context) -> Body:
    """The body after one operation (not undo or redo). Raises OperationError when it does not fit the draft."""
    return _HANDLERS[operation.kind](body, operation, context)


def find(body: Body, finding_id: str) -> Finding | None:
    return next((finding for finding in body["findings"] if finding["id"] == finding_id), None)


def _existing(body: Body, operation: Operation, *kinds: str) -> Finding:
    finding = find(body, operation.payload["finding_id"])
    if finding is None:
        raise OperationError(
            f"finding {operation.payload['finding_id']} does not exist in the draft", field="finding_id"
        )
    if kinds and finding["kind"] not in kinds:
        raise OperationError(f"finding {finding['id']} is a {finding['kind']}", field="finding_id")
    return finding


def _refuse_known(body: Body, finding_id: str) -> None:
    if find(body, finding_id) is not None:
        raise OperationError(f"finding {finding_id} exists already", field="finding_id")


def _new_finding(finding_id: str, label_key: str, kind: str, grid_id: int, seq: int, **geometry: Any) -> Finding:
    blank = {
        "id": finding_id, "label_key": label_key, "kind": kind, "grid_id": grid_id, "provenance": "MANUAL",
        "suggestion_id": None, "slices": {}, "box": None, "points_lps": None, "voxel_count": 0, "volume_ml": None,
        "length_mm": None, "largest_slice": 0, "created_seq": seq, "name": "", "measure": None,
    }  # fmt: skip
    return {**blank, **geometry}


def _with_finding(body: Body, finding: Finding) -> Body:
    known = find(body, finding["id"]) is not None
    if known:
        findings = [finding if one["id"] == finding["id"] else one for one in body["findings"]]
    else:
        findings = [*body["findings"], finding]
    return {**body, "findings": findings}


def _touch(body: Body, finding: Finding) -> Body:
    """A finding that came from a suggestion and is changed by hand is edited from then on."""
    if finding["suggestion_id"] is None:
        return _with_finding(body, finding)
    decisions = [
        {**one, "verdict": "edit"} if one["suggestion_id"] == finding["suggestion_id"] else one
        for one in body["decisions"]
    ]
    return _with_finding({**body, "decisions": decisions}, {**finding, "provenance": "SEMIAUTOMATIC"})


def _paint(body: Body, operation: Operation, context: Context) -> Body:
    payload = operation.payload
    before = find(body, payload["finding_id"])
    if before is None:
        before = _new_finding(payload["finding_id"], payload["label_key"], "segment", payload["grid_id"], operation.seq)
    if before["kind"] != "segment":
        raise OperationError(f"finding {before['id']} is a {before['kind']}", field="finding_id")
    for name in ("grid_id", "label_key"):
        if before[name] != payload[name]:
            raise OperationError(f"finding {before['id']} has {name} {before[name]}", field=name)
    return _touch(body, {**before, "slices": xor_slices(before["slices"], payload["slices"])})


def _extent(payload: Mapping[str, Any], grid: GridFacts) -> dict[str, list[int]]:
    for axis, name in enumerate(("slice", "row", "column")):
        start, stop, size = payload["start_zyx"][axis], payload["stop_zyx"][axis], grid.shape_zyx[axis]
        if start < 0 or stop > size or stop <= start:
            text = f"{name}s {start} to {stop} are empty or outside the grid's {size}"
            raise OperationError(text, field="start_zyx" if start < 0 else "stop_zyx")
    return {"start_zyx": list(payload["start_zyx"]), "stop_zyx": list(payload["stop_zyx"])}


def _add_box(body: Body, operation: Operation, context: Context) -> Body:
    payload = operation.payload
    _refuse_known(body, payload["finding_id"])
    box = _extent(payload, context.grids[payload["grid_id"]])
    finding = _new_finding(
        payload["finding_id"], payload["label_key"], "box", payload["grid_id"], operation.seq, box=box
    )
    return _with_finding(body, finding)


def _move_box(body: Body, operation: Operation, context: Context) -> Body:
    finding = _existing(body, operation, "box")
    return _touch(body, {**finding, "box": _extent(operation.payload, context.grids[finding["grid_id"]])})


def _add_length(body: Body, operation: Operation, context: Context) -> Body:
    payload = operation.payload
    _refuse_known(body, payload["finding_id"])
    points = [list(point) for point in payload["points_lps"]]
    finding = _new_finding(
        payload["finding_id"], payload["label_key"], "length", payload["grid_id"], operation.seq, points_lps=points
    )
    return _with_finding(body, finding)


def _move_length(body: Body, operation: Operation, context: Context) -> Body:
    finding = _existing(body, operation, "length")
    return _touch(body, {**finding, "points_lps": [list(point) for point in operation.payload["points_lps"]]})


def _measure(payload: Mapping[str, Any]) -> dict[str, Any]:
    values = payload.get("values")
    return {
        "tool": payload["tool"],
        "points_lps": [list(point) for point in payload["points_lps"]],
        "values": None if values is None else {name: values[name] for name in measures.VALUE_FIELDS},
    }


def _add_measure(body: Body, operation: Operation, context: Context) -> Body:
    payload = operation.payload
    _refuse_known(body, payload["finding_id"])
    finding = _new_finding(
        payload["finding_id"], payload["label_key"], "measure", payload["grid_id"], operation.seq,
        measure=_measure(payload), largest_slice=payload["k"],
    )  # fmt: skip
    return _with_finding(body, finding)


def _move_measure(body: Body, operation: Operation, context: Context) -> Body:
    finding, payload = _existing(body, operation, "measure"), operation.payload
    if finding["grid_id"] != payload["grid_id"]:
        raise OperationError(f"finding {finding['id']} has grid_id {finding['grid_id']}", field="grid_id")
    if finding["measure"]["tool"] != payload["tool"]:
        raise OperationError(f"finding {finding['id']} has tool {finding['measure']['tool']}", field="tool")
    return _with_finding(body, {**finding, "measure": _measure(payload), "largest_slice": payload["k"]})


def _rename_finding(body: Body, operation: Operation, context: Context) -> Body:
    """A name changes nothing in the image, so what came from a suggestion is not edited by it."""
    return _with_finding(body, {**_existing(body, operation), "name": operation.payload["name"]})


def _delete_finding(body: Body, operation: Operation, context: Context) -> Body:
    """Deleting what came from a suggestion leaves the suggestion undecided: no one has said why it is wrong."""
    finding = _existing(body, operation)
    findings = [one for one in body["findings"] if one is not finding]
    number = finding["suggestion_id"]
    decisions = [one for one in body["decisions"] if number is None or one["suggestion_id"] != number]
    return {**body, "findings": findings, "decisions": decisions}


def _decide(body: Body, operation: Operation, context: Context) -> Body:
    payload = operation.payload
    number = payload["suggestion_id"]
    findings = [one for one in body["findings"] if one["suggestion_id"] != number]
    others = [one for one in body["decisions"] if one["suggestion_id"] != number]
    rest = {**body, "findings": findings}
    if payload["verdict"] == "reject":
        decision = {
            "suggestion_id": number, "finding_id": None, "verdict": "reject", "reason": payload.get("reason") or "",
        }  # fmt: skip
        return {**rest, "decisions": [*others, decision]}
    _refuse_known(rest, payload["finding_id"])
    finding = _accepted(context.suggestions[number], payload["finding_id"], operation.seq)
    decision = {"suggestion_id": number, "finding_id": finding["id"], "verdict": "accept", "reason": ""}
    return {**rest, "findings": [*findings, finding], "decisions": [*others, decision]}


def _accepted(suggestion: Mapping[str, Any], finding_id: str, seq: int) -> Finding:
    as_box = suggestion["kind"] == "box" and suggestion["box"]
    slices = {} if as_box else {one["k"]: list(one["runs"]) for one in suggestion["slices"]}
    box = {name: list(suggestion["box"][name]) for name in ("start_zyx", "stop_zyx")} if as_box else None
    return _new_finding(
        finding_id, suggestion["label_key"], "box" if as_box else "segment", suggestion["grid_id"], seq,
        provenance="AUTOMATIC", suggestion_id=suggestion["id"], slices=slices, box=box,
    )  # fmt: skip


def _state_label(body: Body, operation: Operation, context: Context) -> Body:
    return {
        **body,
        "label_status": {**body["label_status"], operation.payload["label_key"]: operation.payload["status"]},
    }


def _set_tag(body: Body, operation: Operation, context: Context) -> Body:
    return {**body, "tags": {**body["tags"], operation.payload["label_key"]: operation.payload["value"]}}


def _set_form(body: Body, operation: Operation, context: Context) -> Body:
    return {**body, "form": {**body["form"], operation.payload["field"]: operation.payload.get("value")}}


_HANDLERS: dict[str, Handler] = {
    "paint": _paint,
    "add_box": _add_box,
    "move_box": _move_box,
    "add_length": _add_length,
    "move_length": _move_length,
    "add_measure": _add_measure,
    "move_measure": _move_measure,
    "rename_finding": _rename_finding,
    "delete_finding": _delete_finding,
    "decide": _decide,
    "state_label": _state_label,
    "set_tag": _set_tag,
    "set_form": _set_form,
}


def finish(body: Body, context: Context) -> Body:
    """The body in the contract's shape: slices as a list by rising k, every number measured from the geometry."""
    return {**body, "findings": [_measured(finding, context.grids[finding["grid_id"]]) for finding in body["findings"]]}


def unfinish(body: Body) -> Body:
    """The inverse of `finish`, for bodies kept as snapshots."""
    # Snapshots of an earlier version know no names and no measures.
    blank = {"name": "", "measure": None}
    findings = [{**blank, **f, "slices": {one["k"]: one["runs"] for one in f["slices"]}} for f in body["findings"]]
    return {**body, "findings": findings}


def _measured(finding: Finding, grid: GridFacts) -> Finding:
    slices: dict[int, list[int]] = finding["slices"]
    measured = {**finding, "slices": [{"k": k, "runs": slices[k]} for k in sorted(slices)]}
    if finding["kind"] == "length":
        measured["length_mm"] = math.dist(*finding["points_lps"])
        return measured
    if finding["kind"] == "measure":
        drawn = finding["measure"]
        found = measures.numbers(drawn["tool"], drawn["points_lps"], spacing_known=grid.spacing_known)
        measured["measure"] = {**drawn, **found}
        return measured
    if finding["kind"] == "box":
        start, stop = finding["box"]["start_zyx"], finding["box"]["stop_zyx"]
        voxels = math.prod(b - a for a, b in zip(start, stop, strict=True))
        measured["largest_slice"] = (start[0] + stop[0] - 1) // 2
    else:
        voxels = sum(count_runs(runs) for runs in slices.values())
        measured["largest_slice"] = largest_slice(slices)
    measured["voxel_count"], measured["volume_ml"] = voxels, _volume_ml(voxels, grid)
    return measured


def _volume_ml(voxels: int, grid: GridFacts) -> float | None:
    """Millilitres; None where the spacing is not known."""
    if not grid.spacing_known:
        return None
    dz, dy, dx = grid.spacing_mm
    return voxels * dz * dy * dx / 1000
