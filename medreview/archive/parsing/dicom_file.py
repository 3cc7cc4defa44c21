"""One DICOM file: is it what it says, and where are its frames? `dcmread` succeeding is not validation."""

from __future__ import annotations

import hashlib
import shutil
import warnings as python_warnings
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileDataset

from medreview.archive.parsing import contents, frames, structure
from medreview.archive.parsing.header_json import HeaderWriter
from medreview.archive.parsing.refusal import RefusedError

DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", DEFLATED})
_MAX_INFLATED = 512 * 1024 * 1024
_MAX_RATIO = 100
_LARGE_FILE = 256 * 1024 * 1024
_META_BYTES = 1 << 20
_CHUNK = 1 << 20
Answer = dict[str, Any]


def parse(path: Path, frames_path: Path, released: Collection[str] = ()) -> Answer:
    """Check a file with the DICM prefix and find its frames; writes `frames_path` when they must be taken out.

    Rules named in `released` have been waived by a person. Returns {"header", "transfer_syntax_uid", "frames",
    "frames_in", "frame_transfer_syntax_uid", "pixel_sha256", "dataset_sha256", "stored_bytes", "sanitised",
    "warnings"}. Raises RefusedError.
    """
    inflated, trimmed = frames_path.with_suffix(".inflated"), frames_path.with_suffix(".trimmed")
    meta = _file_meta(path)
    syntax = contents.text(meta, "TransferSyntaxUID").rstrip("\x00")
    try:
        if not syntax:
            raise RefusedError("required.missing", "The file does not say its transfer syntax (0002,0010).")
        source = inflate(path, inflated) if syntax == DEFLATED else path
        bones = structure.check(source, structure_syntax(syntax))
        whole, source = source, _without_tail(source, bones.end, trimmed)
        dataset = _read(source)
        answer = _described(dataset, syntax, source, frames_path, released, may_point=whole == path)
        answer["warnings"] = [*bones.warnings, *answer["warnings"]]
        answer["stored_bytes"] = bones.end if whole == path else path.stat().st_size
        answer["dataset_sha256"] = _dataset_digest(path, syntax, answer["stored_bytes"])
        answer["sanitised"] = _has_preamble(path)
    except RefusedError as refused:
        refused.identity = refused.identity or contents.identity_of_meta(meta)
        raise
    finally:
        inflated.unlink(missing_ok=True)
        trimmed.unlink(missing_ok=True)
    return answer


def structure_syntax(syntax: str) -> str:
    """How the bytes of a data set lie when it is not deflated."""
    return syntax if syntax in NATIVE - {DEFLATED} else "1.2.840.10008.1.2.1"


def _described(
    dataset: FileDataset, syntax: str, source: Path, frames_path: Path, released: Collection[str], *, may_point: bool
) -> Answer:
    try:
        contents.check_identifiers(dataset)
        contents.check_is_image(dataset, released)
        writer = HeaderWriter()
        with python_warnings.catch_warnings(record=True) as said:
            python_warnings.simplefilter("always")
            header = writer.write(dataset)
        contents.check_geometry(header)
        found = frames.find(dataset, syntax, source, frames_path, may_point_into_source=may_point)
    except RefusedError as refused:
        refused.identity = contents.identity(dataset)
        raise
    warnings = [*found.warnings, *contents.warnings_of(header, writer.unreadable, [str(w.message) for w in said])]
    return {
        "header": header,
        "transfer_syntax_uid": syntax,
        "frames": found.places,
        "frames_in": found.frames_in,
        "frame_transfer_syntax_uid": found.syntax,
        "pixel_sha256": found.pixel_sha256,
        "warnings": warnings,
    }


def _file_meta(path: Path) -> Dataset:
    try:
        return pydicom.filereader.read_file_meta_info(path)
    except Exception as error:
        raise RefusedError("parse.damaged", "The file meta information cannot be read.") from error


def _without_tail(source: Path, end: int, trimmed: Path) -> Path:
    """The file up to `end`: what follows is no part of the data set and must not be read as one."""
    if end == source.stat().st_size:
        return source
    with source.open("rb") as whole, trimmed.open("wb") as kept:
        shutil.copyfileobj(whole, kept)
        kept.truncate(end)
    return trimmed


def _read(path: Path) -> FileDataset:
    try:
        return pydicom.dcmread(path)
    except MemoryError as error:
        if path.stat().st_size > _LARGE_FILE:
            raise
        raise RefusedError("parse.damaged", "An element claims far more bytes than the file has.") from error
    except RecursionError as error:
        raise RefusedError("parse.too_deep", "Sequences are nested too deep to be read.") from error
    except Exception as error:
        raise RefusedError(
            "parse.damaged", f"The DICOM structure is damaged ({str(error)[:120] or type(error).__name__})."
        ) from error


def _dataset_digest(path: Path, syntax: str, end: int) -> str:
    """sha256 of the syntax and the data set's bytes as received: equal however the file meta was written."""
    digest = hashlib.sha256(f"{syntax}:".encode())
    with path.open("rb") as stream:
        left = end - structure.dataset_start(stream.read(_META_BYTES))
        stream.seek(end - left)
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as stream:
        return any(stream.read(128))


def inflate(path: Path, target: Path) -> Path:
    """The file with its deflated data set inflated within bounds, marked explicit little endian."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[140:144], "little")
    start = 144 + length
    if raw[132:140] != b"\x02\x00\x00\x00UL\x04\x00" or start > len(raw):
        raise RefusedError("parse.damaged", "The file meta information of a deflated file is damaged.")
    limit = min(_MAX_INFLATED, max(_MAX_RATIO * len(raw), 1 << 20))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        body = inflater.decompress(raw[start:], limit + 1)
    except zlib.error as error:
        raise RefusedError("parse.damaged", f"The deflated data is damaged ({error}).") from error
    if len(body) > limit:
        raise RefusedError("parse.inflates_too_far", f"The deflated data grows beyond {limit} bytes.")
    meta = raw[144:start].replace(DEFLATED.encode(), b"1.2.840.10008.1.2.1\x00\x00\x00")
    target.write_bytes(raw[:144] + meta + body)
    return target
