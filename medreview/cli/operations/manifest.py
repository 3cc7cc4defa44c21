"""What a backup says about itself. `manifest.json` is written last: a folder without it is no backup.

`files.jsonl` has a line per file (path, size, sha256); the manifest holds its hash, so every byte is accounted for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from medreview.core.errors import Invalid

NAME = "manifest.json"
LIST = "files.jsonl"
FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """One file of a backup; `path` is relative, with forward slashes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`schema` lists the migrations of the database by app; `problems` what was wrong with the source already."""

    made_at: str
    version: str
    vendor: str
    database: str
    schema: dict[str, list[str]]
    files: int
    bytes: int
    list_sha256: str
    problems: list[str] = field(default_factory=list)
    format: int = FORMAT


class FileList:
    """Writes `files.jsonl` while files are copied into `root`."""

    def __init__(self, root: Path) -> None:
        self.root, self.files, self.bytes = root, 0, 0
        self._digest = hashlib.sha256()
        self._stream: IO[bytes] = (root / LIST).open("xb")

    def copy(self, source: Path, path: str, *, expected: str = "") -> str:
        """Copy one file; returns its hash. With `expected` a copy with another hash is removed and "" returned."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        sha256, size = copy_file(source, target)
        if expected and sha256 != expected:
            target.unlink()
            return ""
        self.add(Entry(path, size, sha256))
        return sha256

    def add(self, entry: Entry) -> None:
        line = json.dumps(asdict(entry), sort_keys=True).encode() + b"\n"
        self._digest.update(line)
        self._stream.write(line)
        self.files, self.bytes = self.files + 1, self.bytes + entry.size

    def close(self) -> str:
        """The hash of the whole list."""
        self._stream.close()
        return self._digest.hexdigest()


def copy_file(source: Path, target: Path) -> tuple[str, int]:
    """Copy bytes to a new file; returns their (sha256, size)."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
    return digest.hexdigest(), size


def write(root: Path, manifest: Manifest) -> None:
    partial = root / f"{NAME}.partial"
    partial.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True), encoding="utf-8")
    partial.replace(root / NAME)


def read(root: Path) -> Manifest:
    """Raises Invalid when the folder is no whole backup, or of a format that this version does not know."""
    try:
        given: dict[str, Any] = json.loads((root / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Invalid(f"{root} has no {NAME}: it is not a backup, or one that did not end; take another.") from error
    except (OSError, ValueError) as error:
        raise Invalid(f"{root / NAME} cannot be read ({type(error).__name__}); take another backup.") from error
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise Invalid(f"{root / NAME} is not of format {FORMAT}, the one this version reads.")
    try:
        return Manifest(**given)
    except TypeError as error:
        raise Invalid(f"{root / NAME} is damaged ({error}); take another backup.") from error


def entries(root: Path, manifest: Manifest) -> Iterator[Entry]:
    """The files of a backup. Raises Invalid when the list itself was changed."""
    path = root / LIST
    try:
        lines = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}); take another backup.") from error
    if hashlib.sha256(lines).hexdigest() != manifest.list_sha256:
        raise Invalid(f"{path} is not the list that the manifest names; take another backup.")
    for line in lines.splitlines():
        yield Entry(**json.loads(line))
