"""Journals whose drafts the server's and the browser's reducer must agree on."""

from __future__ import annotations

import math
import random
from typing import Any

from medreview.reading.journal.measures import POINTS

GRIDS = [
    {"id": 1, "shape_zyx": [4, 8, 10], "spacing_mm": [2.0, 0.5, 0.5], "spacing_known": True},
    {"id": 2, "shape_zyx": [1, 16, 16], "spacing_mm": [1.0, 1.0, 1.0], "spacing_known": False},
]
LABELS = [
    {"key": "lesion", "kind": "segment", "options": []},
    {"key": "organ", "kind": "segment", "options": []},
    {"key": "nodule", "kind": "box", "options": []},
    {"key": "quality", "kind": "tag", "options": ["good", "poor"]},
]
SUGGESTIONS = [
    {
        "id": 11, "label_key": "lesion", "kind": "segment", "score": 0.9, "state": "offered", "model_version": 3,
        "grid_id": 1, "largest_slice": 2, "voxel_count": 9, "volume_ml": 0.0045,
        "box": {"start_zyx": [1, 1, 0], "stop_zyx": [3, 3, 6]},
        "slices": [{"k": 1, "runs": [10, 3]}, {"k": 2, "runs": [10, 4, 20, 2]}],
    },
    {
        "id": 12, "label_key": "nodule", "kind": "box", "score": 0.4, "state": "offered", "model_version": 3,
        "grid_id": 1, "largest_slice": 1, "voxel_count": 0, "volume_ml": None,
        "box": {"start_zyx": [1, 2, 2], "stop_zyx": [3, 5, 6]}, "slices": [],
    },
]  # fmt: skip

Entry = tuple[str, dict[str, Any]]


def paint(finding: str, *slices: tuple[int, list[int]], label: str = "lesion", grid: int = 1) -> Entry:
    changes = [{"k": k, "runs": runs} for k, runs in slices]
    return "paint", {"finding_id": finding, "label_key": label, "grid_id": grid, "tool": "brush", "slices": changes}


def box(finding: str, start: list[int], stop: list[int]) -> Entry:
    return "add_box", {"finding_id": finding, "label_key": "nodule", "grid_id": 1, "start_zyx": start, "stop_zyx": stop}


def accept(suggestion: int, finding: str) -> Entry:
    return "decide", {"suggestion_id": suggestion, "finding_id": finding, "verdict": "accept"}


def reject(suggestion: int, reason: str = "not_a_lesion") -> Entry:
    return "decide", {"suggestion_id": suggestion, "finding_id": "", "verdict": "reject", "reason": reason}


def state(label: str, status: str) -> Entry:
    return "state_label", {"label_key": label, "status": status}


VALUES = {"count": 21, "mean": 42.5, "sd": 3.25, "min": 30, "max": 55.0, "unit": "raw"}


def measure(finding: str, tool: str, *points: list[float], grid: int = 1, k: int = 0, values: Any = None) -> Entry:
    return "add_measure", {"finding_id": finding, "label_key": "", "grid_id": grid, "tool": tool, "k": k,
                           "points_lps": list(points), "values": values}  # fmt: skip


def remeasure(finding: str, tool: str, *points: list[float], grid: int = 1, k: int = 0, values: Any = None) -> Entry:
    return "move_measure", {"finding_id": finding, "grid_id": grid, "tool": tool, "k": k, "points_lps": list(points),
                            "values": values}  # fmt: skip


def rename(finding: str, name: str) -> Entry:
    return "rename_finding", {"finding_id": finding, "name": name}


def many_measures(count: int = 60) -> list[Entry]:
    """Measures of every tool at any place and in any direction: two languages must round alike."""
    chance = random.Random(11)

    def point() -> list[float]:
        return [round(chance.uniform(-300, 300), 4) for _ in range(3)]

    drawn = []
    for number in range(count):
        tool = chance.choice(("angle", "cobb", "arrow", "ellipse", "bidirectional"))
        points = [point() for _ in range(POINTS[tool])]
        if tool in ("ellipse", "bidirectional"):
            a, b = chance.uniform(0.5, 80), chance.uniform(0.5, 80)
            x, y, z = points[0]
            turn = chance.uniform(0, math.pi)
            along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
            ends = [[round(x + r * d[0], 4), round(y + r * d[1], 4), z] for r, d in ((a, along), (b, across))]
            points = [points[0], *ends] if tool == "ellipse" else [points[0], ends[0], points[0], ends[1]]
        drawn.append(measure(f"m{number}", tool, *points))
    return drawn


UNDO: Entry = ("undo", {})
REDO: Entry = ("redo", {})

SCENARIOS: dict[str, list[Entry]] = {
    "empty": [],
    "paint_grows_and_erases": [
        paint("a", (2, [5, 3])),
        paint("a", (2, [6, 4]), (3, [0, 80])),
        paint("a", (3, [0, 80])),
        paint("b", (0, [0, 1]), label="organ"),
    ],
    "paint_undo_redo": [
        paint("a", (2, [5, 3])), paint("a", (2, [7, 5])), paint("b", (1, [0, 2])), UNDO, UNDO, REDO,
    ],
    "undo_to_nothing": [paint("a", (2, [5, 3])), state("organ", "searched_none"), UNDO, UNDO],
    "new_operation_forgets_redo": [paint("a", (2, [5, 3])), UNDO, paint("b", (0, [1, 1]))],
    "accept_then_edit": [accept(11, "s11"), paint("s11", (2, [12, 4])), accept(12, "s12")],
    "edit_undone_is_accepted_again": [accept(11, "s11"), paint("s11", (2, [12, 4])), UNDO],
    "accept_then_reject": [accept(11, "s11"), paint("s11", (1, [10, 3])), reject(11, "bad_outline"), reject(12)],
    "reject_undone": [accept(11, "s11"), reject(11), UNDO],
    "delete_and_undo": [paint("a", (2, [5, 3])), box("n", [0, 1, 1], [2, 4, 4]),
                        ("delete_finding", {"finding_id": "a"}), UNDO],
    "delete_accepted_is_undecided": [accept(11, "s11"), reject(12), ("delete_finding", {"finding_id": "s11"})],
    "delete_then_same_id_again": [paint("a", (2, [5, 3])), ("delete_finding", {"finding_id": "a"}),
                                  paint("a", (1, [0, 4]))],
    "boxes": [
        box("n1", [0, 0, 0], [4, 8, 10]), box("n2", [1, 2, 3], [2, 3, 4]),
        ("move_box", {"finding_id": "n2", "start_zyx": [1, 2, 3], "stop_zyx": [4, 6, 8]}),
        accept(12, "s12"), ("move_box", {"finding_id": "s12", "start_zyx": [1, 2, 2], "stop_zyx": [3, 5, 7]}), UNDO,
    ],
    "labels_tags_form": [
        state("organ", "searched_none"), state("lesion", "not_assessed"), state("organ", "marked"),
        ("set_tag", {"label_key": "quality", "value": "good"}), ("set_tag", {"label_key": "quality", "value": "poor"}),
        ("set_form", {"field": "note", "value": "räumlich"}), ("set_form", {"field": "score", "value": 4}), UNDO, UNDO,
        REDO,
    ],
    "lengths": [
        ("add_length", {"finding_id": "l1", "label_key": "", "grid_id": 1, "points_lps": [[0, 0, 0], [3, 4, 0]]}),
        ("add_length", {"finding_id": "l2", "label_key": "lesion", "grid_id": 2,
                        "points_lps": [[1, 1, 0], [1, 13, 5]]}),
        ("move_length", {"finding_id": "l1", "points_lps": [[0, 0, 0], [0, 0, 7.5]]}), UNDO,
    ],
    "measures": [
        measure("e", "ellipse", [10, 10, 4], [14, 10, 4], [10, 13, 4], k=2, values=VALUES),
        measure("q", "probe", [1.5, 2.25, 3], k=1, values={**VALUES, "count": 1, "sd": 0, "min": 42.5, "max": 42.5}),
        measure("d", "bidirectional", [0, 0, 0], [30.1, 0, 0], [12, -4, 0], [12, 9.5, 0]),
        measure("n", "angle", [7, 0, 0], [0, 0, 0], [3, 3, 0]),
        measure("c", "cobb", [0, 0, 0], [10, 1, 0], [0, 20, 0], [-10, 24, 0]),
        measure("t", "arrow", [5, 5, 0], [9, 9, 0]), rename("t", "räumlich: here"),
        measure("p", "ellipse", [4, 4, 0], [0, 4, 0], [4, 6, 0], grid=2),
    ],
    "measures_moved": [
        measure("d", "bidirectional", [0, 0, 0], [10, 0, 0], [5, -2, 0], [5, 2, 0]),
        remeasure("d", "bidirectional", [0, 0, 0], [10, 0, 0], [5, -9, 0], [5, 9, 0], k=3),
        measure("q", "probe", [0, 0, 0], values=None), remeasure("q", "probe", [1, 0, 0]), UNDO, UNDO, REDO,
        rename("d", "one"), rename("d", "two"), rename("d", ""), UNDO,
    ],
    "measures_of_every_kind": many_measures(),
    "renaming_is_no_edit": [accept(11, "s11"), rename("s11", "upper lobe"), paint("a", (2, [5, 3])), rename("a", "x")],
    "unknown_spacing": [paint("a", (0, [0, 256]), grid=2), paint("a", (0, [16, 16]), grid=2)],
    "erased_to_nothing": [paint("a", (2, [5, 3])), paint("a", (2, [5, 3])), accept(11, "s11"),
                          paint("s11", (1, [10, 3]), (2, [10, 4, 20, 2]))],
    "many_undos_and_redos": [
        paint("a", (0, [0, 1])), paint("a", (0, [2, 1])), paint("a", (0, [4, 1])), UNDO, UNDO, UNDO, REDO, REDO,
        paint("a", (0, [6, 1])), UNDO, UNDO, REDO,
    ],
}  # fmt: skip


def operations(name: str) -> list[dict[str, Any]]:
    """The journal of a scenario as stored operations."""
    return [
        {"seq": seq, "op_id": f"op-{seq}", "kind": kind, "payload": payload}
        for seq, (kind, payload) in enumerate(SCENARIOS[name], start=1)
    ]
