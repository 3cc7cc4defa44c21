"""What an import of labelled images did, case by case."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

IMPORTED, MATCHED, NO_LABEL, NO_IMAGE, ALREADY, REFUSED = (
    "imported", "matched", "no label file", "image not taken in", "already read", "refused"
)  # fmt: skip


@dataclass
class CaseLine:
    """One image. `matched` counts findings by label key; `outcome` is one of the words above."""

    name: str
    patient_id: str
    outcome: str
    matched: dict[str, int] = field(default_factory=dict)
    case: str = ""
    detail: str = ""


@dataclass
class ImportReport:
    """`label_of` maps the set's categories to label keys; `unmatched` are categories the project has no label for."""

    dry_run: bool
    images: int = 0
    import_id: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    label_of: dict[str, str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    cases: list[CaseLine] = field(default_factory=list)

    def totals(self) -> dict[str, int]:
        """Cases by outcome and findings by label."""
        found = Counter(line.outcome for line in self.cases)
        for line in self.cases:
            for key, count in line.matched.items():
                found[f"findings: {key}"] += count
        return dict(found)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "totals": self.totals()}

    def text(self) -> str:
        """A few lines for people."""
        lines = [f"{self.images} images" + (" would be taken in" if self.dry_run else "")]
        if self.counts:
            lines.append(", ".join(f"{count} {name}" for name, count in self.counts.items() if count))
        lines += [f"{category} -> {key}" for category, key in self.label_of.items()]
        if self.unmatched:
            lines.append(
                f"no label of the project fits: {', '.join(self.unmatched)} (add labels, or map them with --map)"
            )
        lines += [f"{name}: {count}" for name, count in sorted(self.totals().items())]
        lines += [f"{line.name}: {line.outcome}. {line.detail}" for line in self.cases if line.detail][:20]
        return "\n".join(lines)
