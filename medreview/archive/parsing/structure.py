"""The bones of a DICOM file, walked before any library reads it: every element lies inside the file, nothing is nested
or repeated beyond reason, and the file ends where its data set ends (PS3.5 7, PS3.10 7).

pydicom forgives much of this silently: a cut file is an empty data set, garbage after the pixels is an element. What
the walk does not understand (a VR from the future) it leaves to the library.
"""

from __future__ import annotations

import errno
import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.datadict import dictionary_VR

from medreview.archive.parsing.refusal import RefusedError

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000
_META_START = 132
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXEL_DATA = 0x7FE00010
_LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT_VRS = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
     b"ST", b"TM", b"UI", b"UL", b"US"}
)  # fmt: skip
# A second value for one of these would leave open whose image it is.
_IDENTIFIERS = frozenset({0x00080016, 0x00080018, 0x00100020, 0x00100010, 0x00100021, 0x0020000D, 0x0020000E})
_AFTER_PIXELS = frozenset({0xFFFAFFFA, 0xFFFCFFFC})
_IMPLICIT, _BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"


@dataclass
class Structure:
    """`dataset_at` and `end` bound the data set; bytes from `end` on are no part of it."""

    dataset_at: int
    end: int
    warnings: list[list[str]] = field(default_factory=list)


@dataclass
class _Level:
    """A data set or the items of a sequence. `is_open` when its length is not said and a delimiter must come."""

    is_sequence: bool
    end: int
    is_open: bool
    is_implicit: bool
    last_tag: int = -1
    seen: set[int] = field(default_factory=set)


class _NotUnderstood(Exception):
    """Something this walk has no rule for."""


class _TailError(Exception):
    """What follows the pixels is no element."""


def check(path: Path, syntax: str) -> Structure:
    """Walk the file, whose data set is in `syntax` and not deflated. Raises RefusedError."""
    with path.open("rb") as stream, _mapped(stream.fileno()) as data:
        return _Walk(data, syntax).run(dataset_start(data))


def _mapped(descriptor: int) -> mmap.mmap:
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        raise MemoryError from error


def dataset_start(data: bytes | mmap.mmap) -> int:
    """Where the file meta information ends. Raises RefusedError when its stated length is not its length."""
    at, declared = _META_START, None
    while at + 8 <= len(data):
        group, element = struct.unpack_from("<HH", data, at)
        if group != 2:
            break
        vr = bytes(data[at + 4 : at + 6])
        is_long = vr in _LONG_VRS
        length = struct.unpack_from("<I", data, at + 8)[0] if is_long else struct.unpack_from("<H", data, at + 6)[0]
        value_at = at + (12 if is_long else 8)
        if value_at + length > len(data):
            raise RefusedError("parse.damaged", "The file ends inside its meta information.")
        if element == 0 and length == 4:
            declared = value_at + 4 + struct.unpack_from("<I", data, value_at)[0]
        at = value_at + length
    if declared is not None and declared != at:
        raise RefusedError("parse.meta_length", "The file meta information is not as long as it says.")
    return at


class _Walk:
    def __init__(self, data: mmap.mmap, syntax: str) -> None:
        self._data, self._order = data, ">" if syntax == _BIG_ENDIAN else "<"
        self._is_implicit = syntax == _IMPLICIT
        self._levels: list[_Level] = []
        self._count = 0
        self._pixels_end = 0
        self._odd: list[int] = []
        self._warnings: dict[str, str] = {}

    def run(self, start: int) -> Structure:
        at = start
        self._levels = [_Level(False, len(self._data), False, self._is_implicit)]
        try:
            while self._levels:
                at = self._step(at)
        except _NotUnderstood:
            if not self._pixels_end:
                return Structure(start, len(self._data))
            at = self._pixels_end
        except _TailError:
            at = self._pixels_end
        if at < len(self._data):
            self._warn("parse.trailing_bytes", f"{len(self._data) - at} bytes after the image were not stored.")
        if self._odd:
            tags = ", ".join(f"{tag:08X}" for tag in self._odd[:5])
            self._warn("parse.odd_length", f"Elements of odd length: {tags}.")
        return Structure(start, at, [[rule, text] for rule, text in self._warnings.items()])

    def _step(self, at: int) -> int:
        level = self._levels[-1]
        if at >= level.end:
            if at > level.end:
                raise self._bad("parse.damaged", "An element reaches beyond the sequence that holds it.")
            if level.is_open:
                raise self._bad("parse.no_delimiter", "A sequence is not closed before the file ends.")
            self._levels.pop()
            return at
        if at + 8 > level.end:
            if len(self._levels) == 1 and self._pixels_end:
                raise _TailError
            raise self._bad("parse.damaged", "The file ends inside an element.")
        return self._item(at, level) if level.is_sequence else self._element(at, level)

    def _item(self, at: int, level: _Level) -> int:
        tag, length = self._tag(at), self._u32(at + 4)
        if tag == _SEQUENCE_END and level.is_open:
            self._levels.pop()
            return at + 8
        if tag != _ITEM:
            raise _NotUnderstood
        self._push(False, at + 8, length, level.is_implicit)
        return at + 8

    def _element(self, at: int, level: _Level) -> int:
        tag = self._tag(at)
        if tag == _ITEM_END and level.is_open:
            self._levels.pop()
            return at + 8
        vr, length, value_at = self._head(at, tag, level)
        is_top = len(self._levels) == 1
        if is_top:
            self._look_at_order(tag, level)
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise RefusedError("parse.too_many_elements", f"The header has more than {MAX_ELEMENTS} elements.")
        if length == _UNDEFINED:
            return self._undefined(tag, vr, value_at, level, is_top)
        if value_at + length > level.end:
            raise self._overrun(tag, length, level.end - value_at, is_top)
        if length % 2:
            self._odd.append(tag)
        if vr == b"SQ":
            self._push(True, value_at, length, level.is_implicit)
            return value_at
        return self._past(tag, value_at + length, is_top)

    def _head(self, at: int, tag: int, level: _Level) -> tuple[bytes, int, int]:
        """(VR, length, where the value starts); the VR of an implicit element is SQ or nothing."""
        if level.is_implicit:
            length = self._u32(at + 4)
            return (b"SQ" if length == _UNDEFINED or _is_sequence(tag) else b""), length, at + 8
        vr = bytes(self._data[at + 4 : at + 6])
        if vr in _SHORT_VRS:
            return vr, struct.unpack_from(f"{self._order}H", self._data, at + 6)[0], at + 8
        if vr not in _LONG_VRS:
            if vr.isalpha() and vr.isupper() and not self._pixels_end:
                raise RefusedError("parse.unknown_vr", f"Element {tag:08X} has the unknown VR {vr.decode('ascii')}.")
            raise _NotUnderstood
        if at + 12 > level.end:
            raise self._bad("parse.damaged", "The file ends inside an element.")
        return vr, self._u32(at + 8), at + 12

    def _undefined(self, tag: int, vr: bytes, value_at: int, level: _Level, is_top: bool) -> int:
        if tag == _PIXEL_DATA and vr in (b"OB", b"OW", b""):
            return self._past(tag, self._fragments_end(value_at), is_top)
        if vr not in (b"SQ", b"UN", b""):
            raise _NotUnderstood
        # A sequence of unknown VR is always in implicit little endian (PS3.5 6.2.2).
        self._push(True, value_at, _UNDEFINED, level.is_implicit or vr == b"UN")
        return value_at

    def _fragments_end(self, at: int) -> int:
        while at + 8 <= len(self._data):
            tag, length = self._tag(at), self._u32(at + 4)
            at += 8
            if tag == _SEQUENCE_END:
                return at
            if tag != _ITEM or at + length > len(self._data):
                break
            at += length
        raise RefusedError("pixels.fragments", "The compressed pixel data is cut off or not in items.")

    def _past(self, tag: int, at: int, is_top: bool) -> int:
        if is_top and tag == _PIXEL_DATA:
            self._pixels_end = at
        return at

    def _push(self, is_sequence: bool, at: int, length: int, is_implicit: bool) -> None:
        parent = self._levels[-1]
        is_open = length == _UNDEFINED
        end = parent.end if is_open else at + length
        if end > parent.end:
            raise self._bad("parse.damaged", "A sequence reaches beyond what holds it.")
        self._levels.append(_Level(is_sequence, end, is_open, is_implicit))
        if len(self._levels) > 2 * MAX_DEPTH + 2:
            raise RefusedError("parse.too_deep", f"Sequences are nested more than {MAX_DEPTH} deep.")

    def _look_at_order(self, tag: int, level: _Level) -> None:
        if self._pixels_end and tag > _PIXEL_DATA and tag not in _AFTER_PIXELS:
            raise _TailError
        if tag in level.seen:
            if tag in _IDENTIFIERS:
                raise RefusedError(
                    "parse.duplicate_identifier", f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is there twice."
                )
            self._warn("parse.duplicate_element", f"Element {tag:08X} is there twice; the last one counts.")
        elif tag < level.last_tag:
            self._warn("parse.out_of_order", f"Element {tag:08X} comes too late; elements must ascend.")
        level.seen.add(tag)
        level.last_tag = max(tag, level.last_tag)

    def _overrun(self, tag: int, length: int, left: int, is_top: bool) -> Exception:
        if is_top and tag == _PIXEL_DATA:
            return RefusedError("pixels.too_short", f"The pixel data says {length} bytes; the file has {left} more.")
        return self._bad("parse.damaged", f"Element {tag:08X} claims {length} bytes where {left} are left.")

    def _bad(self, rule: str, text: str) -> Exception:
        """After the pixels it is trailing garbage; before them the file cannot be used."""
        return _TailError() if self._pixels_end else RefusedError(rule, text)

    def _warn(self, rule: str, text: str) -> None:
        self._warnings.setdefault(rule, text)

    def _tag(self, at: int) -> int:
        group, element = struct.unpack_from(f"{self._order}HH", self._data, at)
        return (int(group) << 16) | int(element)

    def _u32(self, at: int) -> int:
        return int(struct.unpack_from(f"{self._order}I", self._data, at)[0])


def _is_sequence(tag: int) -> bool:
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False
