"""The outcome list of an import: one row per series, or per file where there is no series."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medreview.archive import headers
from medreview.archive.models import Grid, Import, ImportItem, Instance, Outcome, Quarantined, Series
from medreview.archive.parsing.refusal import QUARANTINE_RULES
from medreview.archive.services.parse_files import ParsedInstance
from medreview.archive.services.store_series import Verdicts, distinct_warnings
from medreview.archive.staging import Entry
from medreview.core import audit, blobs

_LISTED_FILES = 50
_TURNED_AWAY = (Outcome.REFUSED, Outcome.QUARANTINED)
_QUARANTINE_FIELDS = (
    "batch", "reason", "name", "size", "kept", "sop_class_uid", "sop_instance_uid", "series_instance_uid",
    "study_instance_uid", "modality", "first_copy", "received_from",
)  # fmt: skip
Identities = Sequence[Mapping[str, str]]
_LEVELS = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality")


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file, for those who must answer for each: `identity` is what it calls itself, `warnings`
    are about the file alone."""

    entry: Entry
    outcome: str
    rule: str = ""
    reason: str = ""
    identity: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Sequence[str]] = ()


def identity_of_header(header: headers.Header) -> dict[str, str]:
    return {keyword: headers.text(header, keyword, 64) for keyword in _LEVELS}


def sender_of(import_: Import) -> str:
    """Who brought an import's files: what the network said, else the person's name, else the command line."""
    said = str(import_.options.get("received_from", ""))
    return said or (import_.created_by.username if import_.created_by else import_.source)


class OutcomeList:
    """Collects outcomes; `write` makes the rows. Counts are of files."""

    def __init__(self, import_: Import) -> None:
        self.import_ = import_
        self.files: list[FileOutcome] = []
        self.sanitised = 0
        self._items: list[ImportItem] = []
        self._quarantined: list[Quarantined] = []
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

    def rules(self) -> dict[str, int]:
        """How many files each rule turned away."""
        return dict(Counter(found.rule for found in self.files if found.outcome in _TURNED_AWAY))

    def refuse(
        self, entry: Entry, rule: str, reason: str, identity: Mapping[str, str] | None = None, sha256: str = ""
    ) -> None:
        """Refused, or kept in quarantine where the rule says so. Beyond 50 of a kind they share a row."""
        if rule in QUARANTINE_RULES:
            self._quarantine(entry, rule, reason, identity or {}, sha256)
            return
        self.files.append(FileOutcome(entry, Outcome.REFUSED, rule, reason, identity or {}))
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

    def duplicate(
        self, entries: Sequence[Entry], series: Series | None, reason: str, identities: Identities = ()
    ) -> None:
        self._note_files(Outcome.DUPLICATE, entries, identities)
        item = self._item(Outcome.DUPLICATE, _common_name(entries), entries, reason=reason)
        self._add_series(item, series)
        self._items.append(item)

    def known(self, entries: Sequence[Entry], series: Series, identities: Identities = ()) -> None:
        """Bytes that the project has already."""
        reason = f"Same bytes as on {series.created_at:%Y-%m-%d}, nothing stored again."
        self.duplicate(entries, series, reason, identities)

    def stored_before(self, entries: Sequence[Entry], series: Series, identities: Identities = ()) -> None:
        """Stored by an earlier attempt of this very import: as good as accepted now."""
        self._note_files(Outcome.ACCEPTED, entries, identities)
        grids = list(Grid.objects.filter(series=series))
        self._items.append(self._accepted(entries, series, grids, distinct_warnings(grids)))

    def series(self, verdicts: Verdicts) -> None:
        if verdicts.accepted and verdicts.series is not None:
            entries = _entries(verdicts.accepted)
            self._items.append(self._accepted(entries, verdicts.series, verdicts.grids, verdicts.warnings))
            for piece in verdicts.accepted:
                outcome = Outcome.WARNING if piece.warnings else Outcome.ACCEPTED
                own = identity_of_header(piece.header)
                self.files.append(FileOutcome(piece.entry, outcome, identity=own, warnings=piece.warnings))
            self.sanitised += sum(piece.is_sanitised for piece in verdicts.accepted)
        if verdicts.duplicates and verdicts.series is not None:
            identities = [identity_of_header(piece.header) for piece in verdicts.duplicates]
            entries = [piece.entry for piece in verdicts.duplicates]
            self.known(_entries(verdicts.duplicates), verdicts.series)
            self._note_files(Outcome.DUPLICATE, entries, identities)
        for piece, rule, reason in verdicts.quarantined:
            self._quarantine(piece.entry, rule, reason, identity_of_header(piece.header), piece.source_sha256)

    def write(self) -> None:
        """Rows for all outcomes, and an audit event for each quarantined file (in the caller's transaction)."""
        ImportItem.objects.bulk_create(self._items, batch_size=200)
        for row in self._quarantined:
            kept, is_new = Quarantined.objects.get_or_create(
                project=row.project,
                source_sha256=row.source_sha256,
                rule=row.rule,
                state=row.state,
                defaults={name: getattr(row, name) for name in _QUARANTINE_FIELDS},
            )
            audit.record(
                "import.quarantined",
                actor_id=self.import_.created_by_id,
                object_type="quarantined",
                object_id=kept.pk,
                scope_id=self.import_.project_id,
                outcome="refused",
                rule=row.rule,
                import_id=self.import_.pk,
                again=not is_new,
            )

    def _note_files(self, outcome: Outcome, entries: Sequence[Entry], identities: Identities) -> None:
        for entry, identity in zip(entries, identities, strict=False):
            self.files.append(FileOutcome(entry, outcome, identity=identity))

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

    def _quarantine(self, entry: Entry, rule: str, reason: str, identity: Mapping[str, str], sha256: str) -> None:
        item = self._item(Outcome.QUARANTINED, entry.name, [entry], rule=rule, reason=reason)
        item.modality = identity.get("Modality", "")
        item.kept = blobs.put_file(entry.path)
        self._items.append(item)
        self.files.append(FileOutcome(entry, Outcome.QUARANTINED, rule, reason, identity))
        uid = identity.get("SOPInstanceUID", "")
        project = self.import_.project
        first = Instance.objects.filter(project=project, sop_instance_uid=uid).first() if uid else None
        self._quarantined.append(
            Quarantined(
                project=project,
                batch=self.import_,
                rule=rule[:64],
                reason=reason,
                name=entry.name[-400:],
                size=entry.size,
                source_sha256=sha256 or item.kept.sha256,
                kept=item.kept,
                sop_class_uid=identity.get("SOPClassUID", ""),
                sop_instance_uid=uid,
                series_instance_uid=identity.get("SeriesInstanceUID", ""),
                study_instance_uid=identity.get("StudyInstanceUID", ""),
                modality=item.modality,
                first_copy=first,
                received_from=sender_of(self.import_)[:200],
            )
        )

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
