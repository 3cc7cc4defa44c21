"""The outcome list of an import: one row per series, or per file where there is no series."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Sequence
from typing import Any

from medreview.archive import headers
from medreview.archive.models import Grid, Import, ImportItem, Outcome, Series
from medreview.archive.parsing.refusal import QUARANTINE_RULES
from medreview.archive.services.parse_files import ParsedInstance
from medreview.archive.services.store_series import Verdicts, distinct_warnings
from medreview.archive.staging import Entry
from medreview.core import audit, blobs

_LISTED_FILES = 50


class OutcomeList:
    """Collects outcomes; `write` makes the rows. Counts are of files."""

    def __init__(self, import_: Import) -> None:
        self.import_ = import_
        self._items: list[ImportItem] = []
        self._grouped: dict[tuple[str, str, str], ImportItem] = {}
        self._per_rule: Counter[tuple[str, str, str]] = Counter()

    @property
    def count(self) -> int:
        return sum(item.files for item in self._items)

    def counts(self) -> dict[str, int]:
        found = Counter({value: 0 for value in Outcome.values})
        for item in self._items:
            found[item.outcome] += item.files
        return dict(found)

    def refuse(self, entry: Entry, rule: str, reason: str) -> None:
        """Refused, or kept in quarantine where the rule says so. Beyond 50 of a kind they share a row."""
        if rule in QUARANTINE_RULES:
            self._quarantine(entry, rule, reason, "")
            return
        key = (Outcome.REFUSED, rule, reason)
        self._per_rule[key] += 1
        if self._per_rule[key] <= _LISTED_FILES:
            self._items.append(self._item(Outcome.REFUSED, entry.name, [entry], rule=rule, reason=reason))
            return
        shared = self._grouped.get(key)
        if shared is None:
            shared = self._grouped[key] = self._item(Outcome.REFUSED, entry.name, [entry], rule=rule, reason=reason)
            self._items.append(shared)
            return
        shared.files += 1
        shared.bytes += entry.size
        shared.name = f"{shared.name.split(' and ')[0]} and {shared.files - 1} more"

    def duplicate(self, entries: Sequence[Entry], series: Series | None, reason: str) -> None:
        item = self._item(Outcome.DUPLICATE, _common_name(entries), entries, reason=reason)
        self._add_series(item, series)
        self._items.append(item)

    def known(self, entries: Sequence[Entry], series: Series) -> None:
        """Bytes that the project has already."""
        self.duplicate(entries, series, f"Same bytes as on {series.created_at:%Y-%m-%d}, nothing stored again.")

    def stored_before(self, entries: Sequence[Entry], series: Series) -> None:
        """Stored by an earlier attempt of this very import: as good as accepted now."""
        grids = list(Grid.objects.filter(series=series))
        self._items.append(self._accepted(entries, series, grids, distinct_warnings(grids)))

    def series(self, verdicts: Verdicts) -> None:
        if verdicts.accepted and verdicts.series is not None:
            entries = _entries(verdicts.accepted)
            self._items.append(self._accepted(entries, verdicts.series, verdicts.grids, verdicts.warnings))
        if verdicts.duplicates and verdicts.series is not None:
            self.known(_entries(verdicts.duplicates), verdicts.series)
        for piece, rule, reason in verdicts.quarantined:
            self._quarantine(piece.entry, rule, reason, headers.text(piece.header, "Modality", 16))

    def write(self) -> None:
        """Rows for all outcomes, and an audit event for each quarantined file (in the caller's transaction)."""
        ImportItem.objects.bulk_create(self._items, batch_size=200)
        for item in self._items:
            if item.outcome == Outcome.QUARANTINED:
                audit.record(
                    "import.quarantined",
                    actor_id=self.import_.created_by_id,
                    object_type="import",
                    object_id=self.import_.pk,
                    scope_id=self.import_.project_id,
                    outcome="refused",
                    rule=item.rule,
                )

    def _accepted(
        self, entries: Sequence[Entry], series: Series, grids: Sequence[Grid], warnings: Sequence[dict[str, Any]]
    ) -> ImportItem:
        worst = warnings[0] if warnings else None
        item = self._item(
            Outcome.WARNING if worst else Outcome.ACCEPTED,
            _common_name(entries),
            entries,
            rule=str(worst["rule"]) if worst else "",
            reason=" ".join(str(w["text"]) for w in warnings) if worst else _describe_stacks(grids),
        )
        item.blocks_training = any(warning["blocks_training"] for warning in warnings)
        self._add_series(item, series)
        return item

    def _quarantine(self, entry: Entry, rule: str, reason: str, modality: str) -> None:
        item = self._item(Outcome.QUARANTINED, entry.name, [entry], rule=rule, reason=reason)
        item.modality = modality
        item.kept = blobs.put_file(entry.path)
        self._items.append(item)

    def _item(
        self, outcome: Outcome, name: str, entries: Sequence[Entry], *, rule: str = "", reason: str = ""
    ) -> ImportItem:
        return ImportItem(
            batch=self.import_,
            outcome=outcome,
            name=name[-400:],
            files=len(entries),
            bytes=sum(entry.size for entry in entries),
            rule=rule[:64],
            reason=reason,
        )

    def _add_series(self, item: ImportItem, series: Series | None) -> None:
        if series is not None:
            item.series, item.patient, item.modality = series, series.study.patient, series.modality


def _entries(pieces: Sequence[ParsedInstance]) -> list[Entry]:
    """The files that instances came from, each once (a volume of slices is one file)."""
    return list({piece.entry.path: piece.entry for piece in pieces}.values())


def _common_name(entries: Sequence[Entry]) -> str:
    names = [entry.name for entry in entries]
    if len(names) == 1:
        return names[0]
    return posixpath.commonpath([posixpath.dirname(name) for name in names]) or f"{names[0]} and {len(names) - 1} more"


def _describe_stacks(grids: Sequence[Grid]) -> str:
    shapes = [" × ".join(str(n) for n in reversed(grid.shape_zyx)) for grid in grids]
    return f"{len(shapes)} {'stack' if len(shapes) == 1 else 'stacks'}, {', '.join(shapes[:4])}"
