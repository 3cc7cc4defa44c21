"""Reading values out of stored DICOM JSON headers (PS3.18 F.2). Absent, empty and unreadable look the same."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydicom.datadict import tag_for_keyword

Header = Mapping[str, Any]


@cache
def _tag(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"{keyword} is not a DICOM keyword")
    return f"{tag:08X}"


def values(header: Header, keyword: str) -> list[Any]:
    found = header.get(_tag(keyword))
    return list(found.get("Value") or []) if isinstance(found, Mapping) else []


def text(header: Header, keyword: str, limit: int = 200) -> str:
    """The first value as one line of text: control characters out, cut to `limit`."""
    found = values(header, keyword)
    if not found or found[0] is None:
        return ""
    value = found[0].get("Alphabetic", "") if isinstance(found[0], Mapping) else found[0]
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(value))
    return kept.strip()[:limit]


def number(header: Header, keyword: str) -> float | None:
    """The first value as a finite number, or None."""
    found = values(header, keyword)
    return _finite(found[0]) if found else None


def integer(header: Header, keyword: str) -> int | None:
    value = number(header, keyword)
    return int(value) if value is not None and abs(value) < 2**31 else None


def numbers(header: Header, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers, or None."""
    found = [_finite(value) for value in values(header, keyword)]
    if len(found) != count or any(value is None for value in found):
        return None
    return tuple(value for value in found if value is not None)


def is_present(header: Header, keyword: str) -> bool:
    return bool(values(header, keyword))


def items(header: Header, keyword: str) -> list[Header]:
    """The items of a sequence."""
    return [item for item in values(header, keyword) if isinstance(item, Mapping)]


def inline_binary(header: Header, keyword: str) -> str:
    """Base64 text of a binary element that was kept inline; empty when there is none."""
    found = header.get(_tag(keyword))
    return str(found.get("InlineBinary") or "") if isinstance(found, Mapping) else ""


def first_item(header: Header, keyword: str) -> Header:
    found = items(header, keyword)
    return found[0] if found else {}


def _finite(value: Any) -> float | None:
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if math.isfinite(result) else None
