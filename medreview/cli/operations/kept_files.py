"""Whose a kept file is, without parsing it: the PatientID element is looked for in its bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from medreview.core import blobs
from medreview.core.errors import NotFound

_LITTLE, _BIG = b"\x10\x00\x20\x00", b"\x00\x10\x00\x20"  # (0010,0020)
_MAX_LENGTH = 200


def names_patient(sha256: str, patient_id: str) -> bool:
    """Whether the stored bytes hold a PatientID element with this value, in any uncompressed transfer syntax.

    A file whose data set is deflated is not looked into; such files are refused or taken in, never kept.
    """
    try:
        data = blobs.read(sha256)
    except NotFound:
        return False
    return any(_text(value) == patient_id.strip() for value in _values(data))


def _values(data: bytes) -> Iterator[bytes]:
    for tag, order in ((_LITTLE, "<"), (_BIG, ">")):
        at = data.find(tag)
        while at >= 0:
            start, form = (8, f"{order}H") if data[at + 4 : at + 6] == b"LO" else (8, f"{order}I")
            field = data[at + 6 : at + 8] if form.endswith("H") else data[at + 4 : at + 8]
            if len(field) == struct.calcsize(form):
                (length,) = struct.unpack(form, field)
                if length <= _MAX_LENGTH:
                    yield data[at + start : at + start + length]
            at = data.find(tag, at + 1)


def _text(value: bytes) -> str:
    return value.decode("latin-1").strip(" \0")
