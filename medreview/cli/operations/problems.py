"""What a check found: a kind, the object, what is wrong with it and what to do."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Problem:
    kind: str
    object: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.object}: {self.what} {self.todo}"


@dataclass
class Report:
    """Everything found, what was looked at, and what `--repair` mended."""

    problems: list[Problem] = field(default_factory=list)
    repaired: list[Problem] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, object_: str, what: str, todo: str, *, is_repaired: bool = False) -> None:
        (self.repaired if is_repaired else self.problems).append(Problem(kind, object_, what, todo))

    def to_json(self) -> dict[str, Any]:
        return {
            "clean": not self.problems,
            "checked": dict(self.checked),
            "problems": [asdict(problem) for problem in self.problems],
            "repaired": [asdict(problem) for problem in self.repaired],
        }


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes (hex), read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
