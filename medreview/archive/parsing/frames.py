"""Where the frames of an image lie, and the proof that each one decodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames

from medreview.archive.parsing.codec_headers import KNOWN_SYNTAXES, check_frame
from medreview.archive.parsing.decode import EXPLICIT_LITTLE_ENDIAN, PixelSpec, decode_frame
from medreview.archive.parsing.refusal import RefusedError

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_NATIVE = frozenset({"1.2.840.10008.1.2", EXPLICIT_LITTLE_ENDIAN, _BIG_ENDIAN, "1.2.840.10008.1.2.1.99"})
_PHOTOMETRIC = {
    1: {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"},
    3: {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"},
}
MAX_FRAMES = 20_000
# What pydicom raises for an element that is absent, of another type, or of a VR that does not exist.
_UNREADABLE = (AttributeError, TypeError, ValueError, NotImplementedError)
_COUNTS = ("Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel")
_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


@dataclass
class Found:
    """`places` are (offset, length) inside `frames_in`: "source" (the file as received) or "frames" (taken out)."""

    places: list[list[int]]
    frames_in: str
    syntax: str
    pixel_sha256: str
    warnings: list[list[str]] = field(default_factory=list)


def find(dataset: FileDataset, syntax: str, source: Path, frames_path: Path, *, may_point_into_source: bool) -> Found:
    """Check lengths before anything is decoded, then locate or take out each frame. Raises RefusedError."""
    if syntax not in _NATIVE and syntax not in KNOWN_SYNTAXES:
        raise RefusedError("codec.unknown", f"The transfer syntax {syntax[:64]} is not one this system can decode.")
    spec = read_spec(dataset, syntax if syntax in KNOWN_SYNTAXES else EXPLICIT_LITTLE_ENDIAN)
    count = _frame_count(dataset)
    if syntax in KNOWN_SYNTAXES:
        return _encapsulated(dataset, spec, count, source, frames_path, may_point_into_source)
    return _native(dataset, spec, count, syntax, source, frames_path, may_point_into_source)


def read_spec(dataset: FileDataset, syntax: str) -> PixelSpec:
    """The image pixel module, checked for contradictions (PS3.3 C.7.6.3)."""
    if any(_vr(dataset, name) not in ("US", "UN") for name in _COUNTS if name in dataset):
        raise RefusedError("pixels.not_described", "The header gives the size of its pixels as something but numbers.")
    try:
        spec = PixelSpec(
            syntax=syntax,
            rows=int(dataset.Rows),
            columns=int(dataset.Columns),
            samples=int(dataset.get("SamplesPerPixel", 1) or 1),
            bits_allocated=int(dataset.BitsAllocated),
            bits_stored=int(dataset.get("BitsStored", None) or dataset.BitsAllocated),
            is_signed=int(dataset.get("PixelRepresentation", 0) or 0) == 1,
            photometric=str(dataset.get("PhotometricInterpretation", "") or ""),
            is_planar=int(dataset.get("PlanarConfiguration", 0) or 0) == 1,
        )
    except _UNREADABLE as error:
        raise RefusedError("pixels.not_described", f"The header does not describe its pixels ({error}).") from error
    if spec.samples > 1 and syntax == EXPLICIT_LITTLE_ENDIAN and "PlanarConfiguration" not in dataset:
        raise RefusedError("pixels.no_planar", "The header does not say how the channels lie (Planar Configuration).")
    if spec.rows < 1 or spec.columns < 1:
        raise RefusedError("pixels.empty", f"The image has {spec.rows} rows and {spec.columns} columns.")
    if spec.bits_allocated not in (8, 16, 32):
        raise RefusedError("pixels.bits", f"Pixels of {spec.bits_allocated} bits cannot be shown (8, 16 or 32 can).")
    if not 0 < spec.bits_stored <= spec.bits_allocated:
        raise RefusedError("pixels.bits", f"{spec.bits_stored} bits stored do not fit {spec.bits_allocated} allocated.")
    if spec.photometric not in _PHOTOMETRIC.get(spec.samples, set()):
        raise RefusedError(
            "pixels.photometric", f"{spec.samples} channels as {spec.photometric[:24]!r} cannot be shown."
        )
    if spec.photometric == "PALETTE COLOR" and "RedPaletteColorLookupTableData" not in dataset:
        raise RefusedError("pixels.no_palette", "A palette image without its palette cannot be shown.")
    return spec


def _vr(dataset: FileDataset, keyword: str) -> str:
    try:
        return str(dataset[keyword].VR)
    except Exception:
        return ""


def _frame_count(dataset: FileDataset) -> int:
    try:
        count = int(dataset.get("NumberOfFrames", None) or 1)
    except _UNREADABLE as error:
        raise RefusedError("pixels.frames", "The number of frames is not a number.") from error
    if not 1 <= count <= MAX_FRAMES:
        raise RefusedError("pixels.frames", f"{count} frames are more than the {MAX_FRAMES} allowed.")
    return count


def _native(
    dataset: FileDataset, spec: PixelSpec, count: int, syntax: str, source: Path, frames_path: Path, may_point: bool
) -> Found:
    element = _pixel_data(dataset)
    data = element.value
    size = len(data) if isinstance(data, bytes) else 0
    needed = spec.frame_length * count
    if size < needed:
        raise RefusedError("pixels.too_short", f"The pixel data has {size} bytes; its header promises {needed}.")
    if size > needed + 1:
        raise RefusedError("pixels.too_long", f"The pixel data has {size} bytes; its header promises only {needed}.")
    warnings: list[list[str]] = []
    if syntax == _BIG_ENDIAN:
        data = _swapped(data, spec, str(element.VR))
    digest = _digest(spec)
    digest.update(data[:needed])
    length = spec.frame_length
    if may_point and syntax != _BIG_ENDIAN and element.file_tell:
        base = element.file_tell + _header_skip(source, element.file_tell, data)
        places = [[base + n * length, length] for n in range(count)]
        return Found(places, "source", EXPLICIT_LITTLE_ENDIAN, digest.hexdigest(), warnings)
    frames_path.write_bytes(data[:needed])
    places = [[n * length, length] for n in range(count)]
    return Found(places, "frames", EXPLICIT_LITTLE_ENDIAN, digest.hexdigest(), warnings)


def _pixel_data(dataset: FileDataset) -> Any:
    try:
        return dataset["PixelData"]
    except Exception as error:
        raise RefusedError("parse.damaged", f"The pixel data cannot be read ({type(error).__name__}).") from error


def _swapped(data: bytes, spec: PixelSpec, vr: str) -> bytes:
    """Big endian words as little endian; 8-bit pixels in OW are swapped in pairs too (PS3.5 8.2)."""
    width = spec.bytes_per_sample
    if width == 1:
        if vr != "OW" or len(data) % 2:
            return data
        width = 2
    return np.frombuffer(data, dtype=f">u{width}").astype(f"<u{width}").tobytes()


def _encapsulated(
    dataset: FileDataset, spec: PixelSpec, count: int, source: Path, frames_path: Path, may_point: bool
) -> Found:
    element = _pixel_data(dataset)
    data: bytes = element.value or b""
    fragments = _fragments(data)
    _check_offset_table(data, fragments)
    warnings: list[list[str]] = []
    if may_point and element.file_tell and len(fragments) == count:
        base = element.file_tell + _header_skip(source, element.file_tell, data)
        places = [[base + offset, length] for offset, length in fragments]
        pieces = (data[offset : offset + length] for offset, length in fragments)
        return Found(places, "source", spec.syntax, _checked(pieces, spec, count), warnings)
    pieces_list = _joined(data, count)
    places, at = [], 0
    for piece in pieces_list:
        places.append([at, len(piece)])
        at += len(piece)
    digest = _checked(iter(pieces_list), spec, count)
    frames_path.write_bytes(b"".join(pieces_list))
    return Found(places, "frames", spec.syntax, digest, warnings)


def _header_skip(source: Path, at: int, data: bytes) -> int:
    """Distance from the element's recorded place to its value, settled by comparing bytes with the file."""
    with source.open("rb") as stream:
        for skip in (0, 8, 12):
            stream.seek(at + skip)
            if stream.read(min(len(data), 64)) == data[:64]:
                return skip
    raise RefusedError("parse.damaged", "The pixel data is not where the file says it is.")


def _fragments(data: bytes) -> list[tuple[int, int]]:
    """(offset, length) of each fragment after the Basic Offset Table (PS3.5 A.4)."""
    places, at = [], 0
    while at + 8 <= len(data):
        tag, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if tag == _DELIMITER:
            break
        if tag != _ITEM or at + 8 + length > len(data):
            raise RefusedError("pixels.fragments", "The compressed pixel data is cut off or not in items.")
        places.append((at + 8, length))
        at += 8 + length
    if not places:
        raise RefusedError("pixels.fragments", "The compressed pixel data holds no fragment.")
    return places[1:]


def _check_offset_table(data: bytes, fragments: list[tuple[int, int]]) -> None:
    """Each entry of a Basic Offset Table is the start of a fragment, and they ascend (PS3.5 A.4)."""
    length = int.from_bytes(data[4:8], "little")
    if not length:
        return
    if length % 4 or not fragments:
        raise RefusedError("pixels.offset_table", "The offset table of the compressed frames is damaged.")
    offsets = np.frombuffer(data[8 : 8 + length], dtype="<u4").tolist()
    first = fragments[0][0] - 8
    starts = {offset - 8 - first for offset, _ in fragments}
    if offsets != sorted(set(offsets)) or not starts.issuperset(offsets):
        raise RefusedError("pixels.offset_table", "The offset table points to places where no frame begins.")


def _joined(data: bytes, count: int) -> list[bytes]:
    try:
        pieces = list(generate_frames(data, number_of_frames=count))
    except Exception as error:
        raise RefusedError("pixels.fragments", f"The frames cannot be told apart ({str(error)[:120]}).") from error
    if len(pieces) != count:
        raise RefusedError("pixels.frames", f"The header promises {count} frames, {len(pieces)} are there.")
    return pieces


def _checked(pieces: Iterable[bytes], spec: PixelSpec, count: int) -> str:
    """The digest of the decoded pixels of all frames; raises RefusedError for the first that does not decode."""
    digest = _digest(spec)
    for piece in pieces:
        check_frame(spec.syntax, piece, spec.rows, spec.columns, spec.samples, spec.bytes_per_sample)
        digest.update(np.ascontiguousarray(decode_frame(piece, spec)).tobytes())
    return digest.hexdigest()


def _digest(spec: PixelSpec) -> hashlib._Hash:
    """A hash that starts with the shape, so that equal bytes of another shape are not equal pixels."""
    return hashlib.sha256(f"{spec.rows}x{spec.columns}x{spec.samples}x{spec.bits_allocated}:".encode())
