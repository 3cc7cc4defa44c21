"""Image sizes read from the codec's own header, before anything is decoded.

A compressed frame may claim any size in its codestream; a decoder believes it and allocates. The size there must equal
Rows and Columns of the DICOM header (PS3.5 8.2), and is read here with a few bytes of parsing.
"""

from __future__ import annotations

import struct

from medreview.archive.parsing.refusal import RefusedError

JPEG_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in ("50", "51", "57", "70"))
JPEG_LS_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"})
JPEG_2000_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in ("90", "91", "201", "202", "203"))
RLE_SYNTAX = "1.2.840.10008.1.2.5"
KNOWN_SYNTAXES = JPEG_SYNTAXES | JPEG_LS_SYNTAXES | JPEG_2000_SYNTAXES | {RLE_SYNTAX}

_RLE_PADDING = 2  # a segment is padded to an even length, which may read as one more literal
_SOF_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
_START_OF_SCAN = b"\xff\xda"
# A progressive JPEG of a few hundred kB can ask for more passes over the image than anyone wants to wait for.
MAX_SCANS = 256
_BARE_MARKERS = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def check_frame(syntax: str, frame: bytes, rows: int, columns: int, samples: int, bytes_per_sample: int) -> None:
    """Raise RefusedError unless the codestream says what the DICOM header says."""
    if syntax == RLE_SYNTAX:
        _check_rle(frame, samples * bytes_per_sample, rows * columns)
        return
    if syntax not in JPEG_2000_SYNTAXES and frame.count(_START_OF_SCAN) > MAX_SCANS:
        raise RefusedError("codec.too_many_scans", f"The JPEG has more than {MAX_SCANS} scans.")
    size = _jpeg_2000_size(frame) if syntax in JPEG_2000_SYNTAXES else _jpeg_size(frame)
    if size[:2] != (rows, columns):
        raise RefusedError(
            "codec.size_differs",
            f"The compressed image is {size[0]} x {size[1]} pixels, its header says {rows} x {columns}.",
        )
    if size[2] != samples:
        raise RefusedError(
            "codec.samples_differ", f"The compressed image has {size[2]} channels, its header says {samples}."
        )


def jpeg_precision(frame: bytes) -> int:
    """Bits per sample that a JPEG or JPEG-LS codestream declares."""
    return _jpeg_size(frame)[3]


def _jpeg_size(frame: bytes) -> tuple[int, int, int, int]:
    """(rows, columns, components, bits) of the start-of-frame segment."""
    if frame[:2] != b"\xff\xd8":
        raise RefusedError("codec.not_a_codestream", "The transfer syntax says JPEG but the pixel data is not JPEG.")
    at = 2
    while at + 4 <= len(frame):
        if frame[at] != 0xFF:
            break
        marker = frame[at + 1]
        if marker == 0xFF or marker in _BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker in _SOF_MARKERS:
            if at + 10 > len(frame):
                break
            bits, rows, columns, components = struct.unpack(">BHHB", frame[at + 4 : at + 10])
            return rows, columns, components, bits
        if length < 2 or marker == 0xDA:
            break
        at += 2 + length
    raise RefusedError("codec.damaged", "The JPEG data ends before it says how large the image is.")


def _jpeg_2000_size(frame: bytes) -> tuple[int, int, int]:
    """(rows, columns, components) of the SIZ marker, found after SOC (raw codestream or inside JP2 boxes)."""
    start = 0 if frame[:4] == b"\xff\x4f\xff\x51" else frame.find(b"\xff\x4f\xff\x51", 0, 65_536)
    if start < 0 or start + 42 > len(frame):
        raise RefusedError(
            "codec.not_a_codestream", "The transfer syntax says JPEG 2000 but the pixel data is not JPEG 2000."
        )
    x_size, y_size, x_offset, y_offset = struct.unpack(">IIII", frame[start + 8 : start + 24])
    components = int.from_bytes(frame[start + 40 : start + 42], "big")
    return y_size - y_offset, x_size - x_offset, components


def _check_rle(frame: bytes, planes: int, plane_bytes: int) -> None:
    if len(frame) < 64:
        raise RefusedError("codec.damaged", "An RLE frame is shorter than its own header.")
    count, *offsets = struct.unpack("<16I", frame[:64])
    if count != planes:
        raise RefusedError("codec.samples_differ", f"An RLE frame has {count} segments where {planes} are needed.")
    used = offsets[:count]
    if any(o < 64 or o >= len(frame) for o in used) or used != sorted(used):
        raise RefusedError("codec.damaged", "The RLE segment table points outside its frame.")
    for start, end in zip(used, [*used[1:], len(frame)], strict=True):
        if _expanded(frame, start, end, plane_bytes + _RLE_PADDING) > plane_bytes + _RLE_PADDING:
            raise RefusedError("codec.over_expands", "An RLE segment expands to more than its plane of the image.")


def _expanded(frame: bytes, at: int, end: int, limit: int) -> int:
    """How many bytes a PackBits segment makes (PS3.5 G.3.1), counted up to a little over `limit`."""
    total = 0
    while at < end and total <= limit:
        head = frame[at]
        if head < 128:
            total += min(head + 1, end - at - 1)
            at += head + 2
        else:
            total += 257 - head if head > 128 and at + 1 < end else 0
            at += 2 if head > 128 else 1
    return total
