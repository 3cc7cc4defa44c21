"""Simulated readers: they see a reading as the browser does and mark the truth they know, through the journal."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.masks import decode_runs, encode_runs
from tests.loop.system import Person

MATCH_DICE = 0.1


@dataclass(frozen=True)
class Truth:
    """What is known of one case: a mask (bool zyx) per finding, boxes (start_zyx, stop_zyx), by label key."""

    masks: Mapping[str, list[np.ndarray]] = field(default_factory=dict)
    boxes: Mapping[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = field(default_factory=dict)


@dataclass
class Journal:
    """Builds operations on top of the sequence the reading was opened with."""

    reading: dict[str, Any]
    operations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, **payload: Any) -> None:
        self.operations.append({"op_id": secrets.token_hex(8), "kind": kind, "payload": payload})

    def send(self, person: Person) -> int:
        """Post in batches with If-Match; returns the journal's sequence."""
        seq = int(self.reading["journal"]["seq"])
        for start in range(0, len(self.operations), 50):
            batch = self.operations[start : start + 50]
            answer = person.post(
                f"/readings/{self.reading['id']}/operations", {"operations": batch}, headers={"If-Match": f'"{seq}"'}
            )
            seq = int(answer["seq"])
        return seq


TruthSource = Truth | Callable[[dict[str, Any]], Truth]


def read_case(person: Person, reading_id: int, truths: Mapping[str, TruthSource]) -> dict[str, Any]:
    """Read one case: decide every suggestion, mark what is missing, submit. Returns the decisions that were made."""
    reading = person.get(f"/readings/{reading_id}")
    stack = reading["stacks"][0]
    source = truths[stack["study_uid"]]
    truth = source if isinstance(source, Truth) else source(stack)
    journal = Journal(reading)
    open_masks = {key: list(masks) for key, masks in truth.masks.items()}
    open_boxes = {key: list(boxes) for key, boxes in truth.boxes.items()}
    verdicts = [_decide(journal, stack, s, open_masks, open_boxes) for s in reading["suggestions"]]
    for label in reading["label_set"]["labels"]:
        key = label["key"]
        _mark(journal, stack, key, open_masks.get(key, []), open_boxes.get(key, []))
        if label["kind"] != "tag" and not truth.masks.get(key) and not truth.boxes.get(key):
            journal.add("state_label", label_key=key, status="searched_none")
    seq = journal.send(person)
    costs = [{"suggestion_id": s["id"], "strokes": 1, "seconds": 2.0} for s in reading["suggestions"]]
    person.post(
        f"/readings/{reading_id}/submit", {"costs": costs, "elapsed_seconds": 30.0}, headers={"If-Match": f'"{seq}"'}
    )
    return {"suggestions": len(verdicts), "accepted": verdicts.count("accept"), "edited": verdicts.count("edit"),
            "rejected": verdicts.count("reject")}  # fmt: skip


def _mark(journal: Journal, stack: dict[str, Any], key: str, masks: Iterable[np.ndarray], boxes: Iterable[Any]) -> None:
    for mask in masks:
        finding = secrets.token_hex(6)
        journal.add(
            "paint", finding_id=finding, label_key=key, grid_id=stack["id"], tool="brush",
            slices=_delta(np.zeros_like(mask), mask),
        )  # fmt: skip
    for start, stop in boxes:
        journal.add(
            "add_box", finding_id=secrets.token_hex(6), label_key=key, grid_id=stack["id"], start_zyx=list(start),
            stop_zyx=list(stop),
        )  # fmt: skip


def _delta(before: np.ndarray, after: np.ndarray) -> list[dict[str, Any]]:
    changed = np.flatnonzero((before != after).any(axis=(1, 2)))
    return [{"k": int(k), "runs": encode_runs(before[k], after[k])} for k in changed]


def _decide(
    journal: Journal, stack: dict[str, Any], suggestion: dict[str, Any], masks: dict[str, list[np.ndarray]],
    boxes: dict[str, list[Any]],
) -> str:  # fmt: skip
    """Accept what matches a truth (then correct it), reject the rest."""
    key, finding = suggestion["label_key"], secrets.token_hex(6)
    if suggestion["kind"] == "box":
        found = _take_box(suggestion["box"], boxes.get(key, []))
        if found is not None:
            journal.add("decide", suggestion_id=suggestion["id"], finding_id=finding, verdict="accept")
            journal.add("move_box", finding_id=finding, start_zyx=list(found[0]), stop_zyx=list(found[1]))
            return "edit"
    else:
        mask = suggestion_mask(suggestion, stack["shape_zyx"])
        match = _take_mask(mask, masks.get(key, []))
        if match is not None:
            journal.add("decide", suggestion_id=suggestion["id"], finding_id=finding, verdict="accept")
            slices = _delta(mask, match)
            if slices:
                journal.add(
                    "paint", finding_id=finding, label_key=key, grid_id=stack["id"], tool="brush", slices=slices
                )
            return "edit" if slices else "accept"
    journal.add("decide", suggestion_id=suggestion["id"], finding_id=finding, verdict="reject", reason="other")
    return "reject"


def suggestion_mask(suggestion: dict[str, Any], shape_zyx: list[int]) -> np.ndarray:
    mask = np.zeros(shape_zyx, dtype=bool)
    for part in suggestion["slices"]:
        mask[part["k"]] = decode_runs(part["runs"], shape_zyx[1], shape_zyx[2])
    return mask


def _take_mask(mask: np.ndarray, candidates: list[np.ndarray]) -> np.ndarray | None:
    for n, other in enumerate(candidates):
        total = int(mask.sum()) + int(other.sum())
        if total and 2 * int((mask & other).sum()) / total > MATCH_DICE:
            return candidates.pop(n)
    return None


def _take_box(box: dict[str, Any], candidates: list[Any]) -> Any | None:
    for n, (start, stop) in enumerate(candidates):
        lows = [max(a, b) for a, b in zip(box["start_zyx"], start, strict=True)]
        highs = [min(a, b) for a, b in zip(box["stop_zyx"], stop, strict=True)]
        shared = float(np.prod([max(0, h - low) for low, h in zip(lows, highs, strict=True)]))
        size = float(np.prod([b - a for a, b in zip(start, stop, strict=True)]))
        other = float(np.prod([b - a for a, b in zip(box["start_zyx"], box["stop_zyx"], strict=True)]))
        if shared / (size + other - shared) > 0.3:
            return candidates.pop(n)
    return None
