"""Files to parsed instances whose bytes are stored: hash, parse in a disposable child, write blobs. No rows here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medreview.archive.parsing.pool import BATCH_BYTES, BATCH_FILES, Answer, ParseServer
from medreview.archive.parsing.work import FileRequest, digest_of
from medreview.archive.staging import Entry
from medreview.core import blobs

WORKERS = 2
_PREAMBLE = 128
_CHUNK = 1 << 20


@dataclass(frozen=True)
class StoredBytes:
    sha256: str
    size: int


@dataclass(frozen=True)
class ParsedInstance:
    """One SOP Instance whose bytes are in the store but which has no row yet."""

    entry: Entry
    source_sha256: str
    stored: StoredBytes
    frames_blob: StoredBytes
    frames: list[list[int]]
    header: dict[str, Any]
    transfer_syntax_uid: str
    frame_transfer_syntax_uid: str
    pixel_sha256: str
    dataset_sha256: str
    is_sanitised: bool
    warnings: list[list[str]]


@dataclass(frozen=True)
class ParsedFile:
    """What became of one file: instances, or the rule and reason of its refusal with what it calls itself."""

    entry: Entry
    source_sha256: str
    instances: list[ParsedInstance] = field(default_factory=list)
    rule: str = ""
    reason: str = ""
    identity: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Described:
    """What people said about a file that is not DICOM."""

    patient_id: str
    description: str
    modality: str
    released: tuple[str, ...] = ()


def digests(entries: Sequence[Entry]) -> list[str]:
    """sha256 of each file as received, in order."""
    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(lambda entry: digest_of(entry.path), entries))


def parse_files(
    entries: Sequence[tuple[Entry, str]], folder: Path, describe: Callable[[Entry], Described]
) -> Iterator[list[ParsedFile]]:
    """Parse `(entry, sha256)` pairs batch by batch, in order, on a few threads with a fork server each."""
    local = threading.local()
    servers: list[ParseServer] = []

    def start() -> None:
        local.server = ParseServer(folder / f"parse-{threading.get_ident()}").__enter__()
        servers.append(local.server)

    def do(batch: Sequence[tuple[Entry, str]]) -> list[ParsedFile]:
        requests = [_request(index, entry, describe(entry)) for index, (entry, _) in enumerate(batch)]
        answers = local.server.parse(requests)
        return [
            _stored(entry, sha256, answer, local.server.folder)
            for (entry, sha256), answer in zip(batch, answers, strict=True)
        ]

    batches = list(_batches(entries))
    threads = ThreadPoolExecutor(max(1, min(WORKERS, len(batches))), initializer=start)
    try:
        yield from threads.map(do, batches)
    finally:
        threads.shutdown(cancel_futures=True)
        for server in servers:
            server.__exit__()


def _batches(entries: Sequence[tuple[Entry, str]]) -> Iterator[list[tuple[Entry, str]]]:
    batch: list[tuple[Entry, str]] = []
    size = 0
    for pair in entries:
        if batch and (len(batch) == BATCH_FILES or size + pair[0].size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(pair)
        size += pair[0].size
    if batch:
        yield batch


def _request(index: int, entry: Entry, said: Described) -> FileRequest:
    return FileRequest(
        index, str(entry.path), entry.name, said.patient_id, said.description, said.modality, said.released
    )


def _stored(entry: Entry, sha256: str, answer: Answer, folder: Path) -> ParsedFile:
    if "instances" not in answer:
        identity = answer.get("identity", {})
        return ParsedFile(entry, sha256, rule=answer["rule"], reason=answer["reason"], identity=identity)
    instances = []
    for found in answer["instances"]:
        made = folder / Path(found["file"]).name if found["file"] else None
        taken_out = (made or folder / f"f{answer['index']}").with_suffix(".frames")
        stored = StoredBytes(*blobs.write_chunks(_without_preamble(made or entry.path, found["stored_bytes"])))
        in_source = found["frames_in"] == "source"
        frames_blob = stored if in_source else StoredBytes(*blobs.write_chunks(_chunks(taken_out)))
        instances.append(
            ParsedInstance(
                entry=entry,
                source_sha256=sha256,
                stored=stored,
                frames_blob=frames_blob,
                frames=found["frames"],
                header=found["header"],
                transfer_syntax_uid=found["transfer_syntax_uid"],
                frame_transfer_syntax_uid=found["frame_transfer_syntax_uid"],
                pixel_sha256=found["pixel_sha256"],
                dataset_sha256=found["dataset_sha256"],
                is_sanitised=found["sanitised"],
                warnings=found["warnings"],
            )
        )
        for left in (made, taken_out):
            if left is not None:
                left.unlink(missing_ok=True)
    return ParsedFile(entry, sha256, instances)


def _without_preamble(path: Path, end: int) -> Iterator[bytes]:
    """The file up to `end` with its preamble zeroed: what is there is no image and may be a program (PS3.10 7.1)."""
    with path.open("rb") as stream:
        stream.seek(_PREAMBLE)
        yield bytes(_PREAMBLE)
        left = end - _PREAMBLE
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
