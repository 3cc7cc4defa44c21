"""The place where received bytes wait, under names we choose. No client's name ever becomes a path.

`manifest.jsonl` in an import's folder has one line per file: our name, theirs, the size.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from medreview.archive.parsing.refusal import RefusedError
from medreview.core import disk
from medreview.core.errors import TooLarge

MAX_FILE_BYTES = 4 * 1024**3
MAX_ARCHIVE_ENTRIES = 20_000
_FREE_ARCHIVE_BYTES = 512 * 1024 * 1024
_MAX_RATIO = 100
_MAX_ARCHIVE_BYTES = 64 * 1024**3
_MANIFEST = "manifest.jsonl"
_CHUNK = 1 << 20
_SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Entry:
    """One received file: where its bytes are, what it was called, how large it is."""

    path: Path
    name: str
    size: int


def folder_of(import_id: int) -> Path:
    return Path(settings.STAGING_DIR) / f"import-{import_id}"


def receive(import_id: int, name: str, chunks: Iterable[bytes]) -> Entry:
    """Keep the bytes of one upload; call `sync` after the last. Raises TooLarge beyond `MAX_FILE_BYTES`,
    StorageFull when the disk is nearly full."""
    disk.require_space()
    folder = folder_of(import_id)
    folder.mkdir(parents=True, exist_ok=True)
    path, size = folder / secrets.token_hex(12), 0
    try:
        with disk.full_is_told(), path.open("xb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_FILE_BYTES:
                    raise TooLarge(f"{name[:200]} is larger than {MAX_FILE_BYTES} bytes.")
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    line = json.dumps({"file": path.name, "name": safe_name(name), "size": size}) + "\n"
    with (folder / _MANIFEST).open("ab") as manifest:
        manifest.write(line.encode())
    return Entry(path, safe_name(name), size)


def sync(import_id: int) -> None:
    """Make what was received outlast a power cut: the manifest's lines and the folder's names."""
    folder = folder_of(import_id)
    for path in (folder / _MANIFEST, folder):
        if path.exists():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def received(import_id: int) -> list[Entry]:
    """What an import has received, in order of name."""
    manifest = folder_of(import_id) / _MANIFEST
    if not manifest.exists():
        return []
    entries = []
    for line in manifest.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        entries.append(Entry(folder_of(import_id) / row["file"], row["name"], row["size"]))
    return sorted(entries, key=lambda entry: entry.name)


def remove(import_id: int) -> None:
    shutil.rmtree(folder_of(import_id), ignore_errors=True)


def safe_name(name: str) -> str:
    """A name to show: forward slashes, no control characters, no leading or `..` parts, at most 400 characters."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name.replace("\\", "/"))
    parts = [part for part in kept.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-400:] or "unnamed"


def keep(folder: Path, name: str, chunks: Iterable[bytes], limit: int = MAX_FILE_BYTES) -> Entry:
    """A file of `folder` under a name of ours, for work that ends with the request: not synced. Raises TooLarge."""
    path, size = folder / secrets.token_hex(12), 0
    with path.open("xb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"{safe_name(name)[:200]} is larger than {limit} bytes.")
            stream.write(chunk)
    return Entry(path, safe_name(name), size)


def chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes in pieces."""
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def files_below(paths: Iterable[Path]) -> list[Entry]:
    """The files at `paths`, folders walked in order, system files and links left out; named relative to the folder's
    parent."""
    entries = []
    for path in paths:
        base = path.resolve().parent
        for file in _walk(path.resolve()):
            entries.append(Entry(file, safe_name(str(file.relative_to(base))), file.stat().st_size))
    return entries


def _walk(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, names, files in os.walk(path):
        names.sort()
        for name in sorted(files):
            file = Path(folder) / name
            if not is_system_file(name) and file.is_file() and not file.is_symlink():
                yield file


def is_system_file(name: str) -> bool:
    last = name.rsplit("/", 1)[-1].lower()
    return last in _SYSTEM_FILES or last.startswith("._") or "__macosx/" in name.lower()


def expand_archive(entry: Entry, folder: Path) -> list[Entry]:
    """The files of a zip, extracted to names of ours in `folder`. Raises RefusedError for the whole archive: links,
    absolute or `..` names, too many entries, or more bytes (counted, not declared) than its size allows."""
    limit = min(_MAX_ARCHIVE_BYTES, max(_FREE_ARCHIVE_BYTES, _MAX_RATIO * entry.size))
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Entry] = []
    try:
        with zipfile.ZipFile(entry.path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MAX_ARCHIVE_ENTRIES:
                raise RefusedError(
                    "archive.too_many_entries", f"The zip has {len(members)} files; {MAX_ARCHIVE_ENTRIES} are allowed."
                )
            for info in members:
                _check_member(info)
            for info in members:
                if is_system_file(info.filename):
                    continue
                made.append(_extract(archive, info, entry, folder, limit - sum(done.size for done in made)))
    except RefusedError:
        _discard(made)
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        _discard(made)
        raise RefusedError("archive.damaged", f"The zip cannot be read ({str(error)[:120]}).") from error
    return made


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or (len(name) > 1 and name[1] == ":"):
        raise RefusedError("archive.path_outside", "The zip has an entry that points outside its own folder.")
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        raise RefusedError("archive.link", "The zip has a symbolic link; nothing of it was taken in.")


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, entry: Entry, folder: Path, room: int) -> Entry:
    path, size = folder / secrets.token_hex(12), 0
    with archive.open(info) as source, path.open("xb") as out:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > room:
                path.unlink()
                raise RefusedError("archive.inflates_too_far", "The zip grows far beyond its own size; not taken in.")
            out.write(chunk)
    return Entry(path, safe_name(f"{entry.name}/{info.filename}"), size)


def _discard(entries: Iterable[Entry]) -> None:
    for entry in entries:
        entry.path.unlink(missing_ok=True)
