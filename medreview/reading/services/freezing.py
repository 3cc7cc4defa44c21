"""Turning a draft into frozen marks, statements and decisions. `prepare` computes, `write` stores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medreview.annotations.models import AnnotationKind
from medreview.annotations.services.masks import pack_runs
from medreview.annotations.services.versions import NewVersion, add_versions
from medreview.labels.models import Label
from medreview.reading.comparing import compare
from medreview.reading.journal.types import MEASUREMENTS, Context
from medreview.reading.models import Decision, LabelStatement, Reading
from medreview.reading.selectors.drafts import Journal
from medreview.suggestions.states import WITHDRAWN


@dataclass(frozen=True)
class Cost:
    """What a decision cost the reader, measured by the page."""

    strokes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Missing:
    """Something a reading must say before it can be submitted."""

    text: str
    label_key: str = ""
    suggestion_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        if self.suggestion_id is not None:
            return {"suggestion_id": self.suggestion_id, "text": self.text}
        return {"label_key": self.label_key, "text": self.text}


@dataclass(frozen=True)
class DecisionRow:
    suggestion_id: int
    verdict: str
    reason: str
    finding_id: str
    voxels_added: int = 0
    voxels_removed: int = 0
    surface_distance_mm: float | None = None


@dataclass
class Prepared:
    """Everything that one freeze will write, computed without touching the database's rows."""

    marks: list[NewVersion] = field(default_factory=list)
    statements: dict[str, str] = field(default_factory=dict)
    decisions: list[DecisionRow] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A draft with what is needed to freeze it. `authors`: finding id -> who last changed it; the reader by default."""

    reading: Reading
    context: Context
    draft: Mapping[str, Any]
    authors: Mapping[str, int]

    @classmethod
    def of(cls, journal: Journal) -> Source:
        return cls(journal.reading, journal.context, journal.draft(), journal.authors())


def prepare(source: Source) -> Prepared:
    """What the draft says, ready to be frozen; `missing` names what it does not say yet."""
    draft = source.draft
    labels = list(Label.objects.filter(label_set_id=source.reading.label_set_id).order_by("order"))
    prepared = Prepared()
    prepared.statements, unmarked = label_statements(labels, draft)
    prepared.missing += [
        Missing(f"{label.name} is stated as marked, but nothing is marked.", label_key=label.key) for label in unmarked
    ]
    prepared.missing += _undecided(source)
    prepared.marks = _marks(source, labels)
    if not prepared.missing:
        prepared.decisions = [_decision(source, one) for one in draft["decisions"]]
    return prepared


def label_statements(labels: Sequence[Label], draft: Mapping[str, Any]) -> tuple[dict[str, str], list[Label]]:
    """label key -> status, and the labels stated as marked without a mark. A mark makes its label marked by itself."""
    marked = {one["label_key"] for one in draft["findings"] if one["kind"] not in MEASUREMENTS and one["voxel_count"]}
    marked |= {key for key, value in draft["tags"].items() if value}
    stated = draft["label_status"]
    statements = {
        label.key: "marked" if label.key in marked else stated.get(label.key, "not_assessed") for label in labels
    }
    return statements, [label for label in labels if statements[label.key] == "marked" and label.key not in marked]


def _undecided(source: Source) -> list[Missing]:
    """Suggestions without a decision; one that was withdrawn with its model needs none."""
    decided = {one["suggestion_id"] for one in source.draft["decisions"]}
    open_numbers = [number for number in source.context.suggestions if number not in decided]
    return [
        Missing(f"Suggestion {number} has no decision yet.", suggestion_id=number)
        for number in open_numbers
        if source.context.suggestions[number]["state"] != WITHDRAWN
    ]


def _marks(source: Source, labels: Sequence[Label]) -> list[NewVersion]:
    codes = {label.key: label.code for label in labels}
    reader = source.reading.reader_id
    marks = [
        _finding_mark(source, finding, codes)
        for finding in source.draft["findings"]
        if finding["kind"] != "segment" or finding["voxel_count"]
    ]
    return marks + [
        NewVersion(
            finding_id=f"tag:{key}"[:64], label_key=key, label_code=codes.get(key, ""), kind=AnnotationKind.TAG,
            provenance="MANUAL", geometry={"value": value}, author_id=reader,
        )
        for key, value in source.draft["tags"].items()
        if value
    ]  # fmt: skip


def _finding_mark(source: Source, finding: Mapping[str, Any], codes: Mapping[str, str]) -> NewVersion:
    rows, columns = source.context.grids[finding["grid_id"]].shape_zyx[1:]
    number = finding["suggestion_id"]
    return NewVersion(
        finding_id=finding["id"],
        label_key=finding["label_key"],
        label_code=codes.get(finding["label_key"], ""),
        kind=finding["kind"],
        provenance=finding["provenance"],
        grid_id=finding["grid_id"],
        suggestion_id=number,
        model_version="" if number is None else str(source.context.suggestions[number]["model_version"]),
        geometry=_geometry(finding),
        slices=[(one["k"], pack_runs(one["runs"], rows, columns)) for one in finding["slices"]],
        volume_ml=finding["volume_ml"],
        author_id=source.authors.get(finding["id"], source.reading.reader_id),
    )


def _geometry(finding: Mapping[str, Any]) -> dict[str, Any]:
    named = {"name": finding["name"]} if finding["name"] else {}
    return {**_shape(finding), **named}


def _shape(finding: Mapping[str, Any]) -> dict[str, Any]:
    if finding["kind"] == "measure":
        return {"k": finding["largest_slice"], **finding["measure"]}
    if finding["kind"] == "box":
        return dict(finding["box"])
    if finding["kind"] == "length":
        return {"points_lps": finding["points_lps"], "length": finding["length_mm"]}
    return {}


def _decision(source: Source, decided: Mapping[str, Any]) -> DecisionRow:
    suggestion = source.context.suggestions[decided["suggestion_id"]]
    finding = next((one for one in source.draft["findings"] if one["suggestion_id"] == suggestion["id"]), None)
    verdict, reason = decided["verdict"], decided["reason"] or ""
    if finding is None or verdict == "reject":
        return DecisionRow(suggestion["id"], verdict, reason, "", voxels_removed=suggestion["voxel_count"])
    grid = source.context.grids[suggestion["grid_id"]]
    difference = compare(finding, suggestion, grid)
    distance_mm = _finite(difference.mean_surface_distance) if grid.spacing_known else None
    added, removed = difference.voxels_added, difference.voxels_removed
    return DecisionRow(suggestion["id"], verdict, reason, finding["id"], added, removed, distance_mm)


def write(reading: Reading, prepared: Prepared, costs: Mapping[int, Cost] | None) -> None:
    """Store the next freeze of a reading. Without `costs` (a reviewer's edit) those of the reader are kept.

    Call inside a transaction, after the reading's row was locked by an update.
    """
    freeze = reading.freezes + 1
    add_versions(case=reading.case, reading_id=reading.pk, freeze=freeze, marks=prepared.marks)
    LabelStatement.objects.filter(reading=reading).delete()
    LabelStatement.objects.bulk_create(
        LabelStatement(reading=reading, label_key=key, status=status) for key, status in prepared.statements.items()
    )
    _write_decisions(reading, prepared.decisions, costs)
    Reading.objects.filter(pk=reading.pk).update(freezes=freeze, frozen_sequence=reading.sequence)
    reading.freezes, reading.frozen_sequence = freeze, reading.sequence


def _write_decisions(reading: Reading, rows: Sequence[DecisionRow], costs: Mapping[int, Cost] | None) -> None:
    if costs is None:
        kept = Decision.objects.filter(reading=reading).values_list("suggestion_id", "strokes", "seconds")
        costs = {number: Cost(strokes, seconds) for number, strokes, seconds in kept}
    Decision.objects.filter(reading=reading).delete()
    Decision.objects.bulk_create(_decision_row(reading, row, costs.get(row.suggestion_id, Cost())) for row in rows)


def _decision_row(reading: Reading, row: DecisionRow, cost: Cost) -> Decision:
    return Decision(
        reading=reading, suggestion_id=row.suggestion_id, verdict=row.verdict, reason=row.reason,
        finding_id=row.finding_id, voxels_added=row.voxels_added, voxels_removed=row.voxels_removed,
        surface_distance_mm=row.surface_distance_mm, strokes=cost.strokes, seconds=cost.seconds,
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
