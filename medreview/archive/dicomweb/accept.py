"""The Accept header of DICOMweb requests (PS3.18 8.7.4): media ranges with a transfer syntax each."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from medreview.archive.parsing.codec_headers import JPEG_2000_SYNTAXES, JPEG_LS_SYNTAXES, JPEG_SYNTAXES, RLE_SYNTAX
from medreview.archive.parsing.decode import EXPLICIT_LITTLE_ENDIAN

OCTETS = "application/octet-stream"
DICOM = "application/dicom"
_PIECE = re.compile(r'(?:[^,;"]|"(?:[^"\\]|\\.)*")+')
_RANGE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_MAX_HEADER = 4096


@dataclass(frozen=True)
class Range:
    """One media range. `media` is the type inside when it is multipart/related."""

    media: str
    is_multipart: bool
    syntax: str
    quality: float = 1.0
    parameters: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class FrameFormat:
    """How frames or files are sent: in which transfer syntax, under which media type, as one part or many."""

    media: str
    syntax: str
    is_multipart: bool


def ranges(header: str) -> list[Range]:
    """The ranges of an Accept header, best first; `*/*` for an empty one."""
    found = [_range(match.group()) for match in _RANGE.finditer(header[:_MAX_HEADER])]
    kept = [one for one in found if one.media and one.quality > 0]
    return sorted(kept, key=lambda one: -one.quality) or [Range("*/*", False, "")]


def _range(text: str) -> Range:
    media, *rest = (match.group().strip() for match in _PIECE.finditer(text))
    parameters = {}
    for piece in rest:
        name, _, value = piece.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    media = media.lower()
    is_multipart = media == "multipart/related"
    inner = parameters.get("type", "*/*").lower() if is_multipart else media
    return Range(inner, is_multipart, parameters.get("transfer-syntax", ""), _quality(parameters), parameters)


def _quality(parameters: dict[str, str]) -> float:
    try:
        return min(1.0, max(0.0, float(parameters.get("q", "1"))))
    except ValueError:
        return 1.0


@lru_cache(maxsize=512)
def frame_format(header: str, stored: str) -> FrameFormat | None:
    """What to send of a frame kept in `stored`; None when nothing the client takes can be made (406)."""
    for one in ranges(header):
        found = _frame_format(one, stored)
        if found is not None:
            return found
    return None


def _frame_format(one: Range, stored: str) -> FrameFormat | None:
    if one.media in ("*/*", "multipart/*", "application/*"):
        return _allowed(one, FrameFormat(OCTETS, stored, True), {"", "*", stored})
    is_multipart = one.is_multipart
    if one.media == OCTETS:
        if one.syntax in ("*", stored):
            return FrameFormat(OCTETS, stored, is_multipart)
        # Without a transfer syntax octets are explicit little endian (PS3.18 8.7.3.5.2).
        return _allowed(one, FrameFormat(OCTETS, EXPLICIT_LITTLE_ENDIAN, is_multipart), {"", EXPLICIT_LITTLE_ENDIAN})
    if one.media in _image_types(stored):
        return _allowed(one, FrameFormat(one.media, stored, is_multipart), {"", "*", stored})
    return None


def _allowed(one: Range, made: FrameFormat, syntaxes: Collection[str]) -> FrameFormat | None:
    return made if one.syntax in syntaxes else None


def _image_types(syntax: str) -> tuple[str, ...]:
    """Media types of a compressed frame (PS3.18 table 8.7.3-5)."""
    if syntax in JPEG_SYNTAXES:
        return ("image/jpeg",)
    if syntax in JPEG_LS_SYNTAXES:
        return "image/jls", "image/x-jls"
    if syntax in JPEG_2000_SYNTAXES:
        return ("image/jphc",) if ".4.20" in syntax else ("image/jp2",)
    return ("image/dicom-rle", "image/x-dicom-rle") if syntax == RLE_SYNTAX else ()


def file_format(header: str, stored: str) -> FrameFormat | None:
    """How a whole file kept in `stored` is sent: as it is, or as Explicit VR Little Endian; None when the client takes
    neither (406). Without a transfer syntax it is sent as it is."""
    for one in ranges(header):
        if one.media in (DICOM, "*/*", "application/*", "multipart/*"):
            is_multipart = one.media != DICOM or one.is_multipart
            if one.syntax in ("", "*", stored):
                return FrameFormat(DICOM, stored, is_multipart)
            if one.syntax == EXPLICIT_LITTLE_ENDIAN:
                return FrameFormat(DICOM, EXPLICIT_LITTLE_ENDIAN, is_multipart)
    return None


def image_type(header: str) -> str | None:
    """ "image/jpeg" or "image/png" for a rendered image (PS3.18 8.7.4: JPEG unless said otherwise)."""
    for one in ranges(header):
        if one.media in ("*/*", "image/*", "image/jpeg"):
            return "image/jpeg"
        if one.media == "image/png":
            return one.media
    return None


def takes_json(header: str) -> bool:
    wanted = {"application/dicom+json", "application/json", "*/*", "application/*"}
    return any((one.media in wanted and not one.is_multipart) or one.media == "*/*" for one in ranges(header))
