"""What an export is made from: plain values and loaders, gathered from rows by `gather`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


class ExportError(Exception):
    """A case that cannot be written in this format, or whose file says something else than was written."""


@dataclass(frozen=True)
class ExportLabel:
    """A coded concept of the reading's label set."""

    key: str
    name: str
    kind: str
    scheme: str
    value: str
    meaning: str
    findings: str
    order: int


@dataclass(frozen=True)
class SourceFrame:
    """The image that a slice of a grid was acquired in; `frame` counts from 1."""

    sop_instance_uid: str
    frame: int


@dataclass(frozen=True)
class ExportGrid:
    """A stack: `frames[k]` is slice k. `load_headers` gives DICOM JSON without pixels per SOP Instance UID."""

    id: int
    series_uid: str
    shape_zyx: tuple[int, int, int]
    affine_lps: Sequence[Sequence[float]]
    spacing_known: bool
    orientation_known: bool
    frames: Sequence[SourceFrame]
    load_headers: Callable[[], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class ExportMark:
    """One approved mark. `load` gives the voxels `(Z, Y, X)` of a segment; `geometry` is a box's or a length's."""

    tracking_uid: str
    finding_id: str
    label: ExportLabel
    kind: str
    provenance: str
    model_version: str
    grid_id: int
    geometry: dict[str, Any]
    load: Callable[[], Bools]


@dataclass(frozen=True)
class ExportCase:
    """One approved reading of a case. `label_status` has every label; what is not_assessed is said to be so."""

    pseudonym: str
    case_id: int
    reading_id: int
    label_status: dict[str, str]
    tags: dict[str, str]
    grids: Sequence[ExportGrid]
    marks: Sequence[ExportMark]
    labels: Sequence[ExportLabel] = field(default_factory=tuple)

    def marks_on(self, grid: ExportGrid, kind: str) -> list[ExportMark]:
        return [mark for mark in self.marks if mark.grid_id == grid.id and mark.kind == kind]

    @property
    def folder(self) -> str:
        """A folder name inside the archive: a pseudonym holds no path and no name of a person."""
        return f"{re.sub(r'[^A-Za-z0-9._-]', '_', self.pseudonym)}/reading-{self.reading_id}"


@dataclass(frozen=True)
class WrittenFile:
    """A file below the export's folder, with its name inside the archive."""

    path: Path
    name: str
