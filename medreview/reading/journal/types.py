"""Words of the journal: operations, the facts an operation is judged by, and the one error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "paint", "add_box", "move_box", "add_length", "move_length", "add_measure", "move_measure", "rename_finding",
    "delete_finding", "decide", "state_label", "set_tag", "set_form", "undo", "redo",
)  # fmt: skip
# Findings that say something about the image and mark nothing in it: they answer for no label, nothing trains on them.
MEASUREMENTS = ("length", "measure")
STATUSES = ("marked", "searched_none", "not_assessed")
VERDICTS = ("accept", "reject")
REJECT_REASONS = ("not_a_lesion", "wrong_label", "bad_outline", "duplicate", "other")

Body = dict[str, Any]


class OperationError(ValueError):
    """An operation that cannot be stored. `field` is the path inside the payload, empty for the operation itself."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


@dataclass(frozen=True)
class Operation:
    """One journal entry; `seq` is its number in the journal (or the one it will get)."""

    seq: int
    op_id: str
    kind: str
    payload: Mapping[str, Any]
    actor_id: int = 0


@dataclass(frozen=True)
class GridFacts:
    """Of a grid of the case: `shape_zyx` voxels, `spacing_mm` in zyx order. `affine_lps` maps (column, row, slice) to
    LPS mm; None where it is not at hand."""

    id: int
    shape_zyx: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    spacing_known: bool = True
    rescale_is_hu: bool = False
    affine_lps: Sequence[Sequence[float]] | None = None

    @property
    def slice_voxels(self) -> int:
        return self.shape_zyx[1] * self.shape_zyx[2]


@dataclass(frozen=True)
class LabelFacts:
    """Of a label of the reading's label set: `kind` is segment, box or tag."""

    key: str
    kind: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What operations of one reading may refer to. `suggestions` are the offered ones in the API's shape; the mapping
    may load their voxels lazily."""

    grids: Mapping[int, GridFacts]
    labels: Mapping[str, LabelFacts]
    suggestions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
