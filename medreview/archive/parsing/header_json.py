"""A pydicom data set as DICOM JSON (PS3.18 F.2) without bulk data, with hostile text made harmless.

Elements that cannot be read are left out and counted; identifiers that are missing that way are refused by the caller.
"""

from __future__ import annotations

import math
from typing import Any

from pydicom.dataset import Dataset

from medreview.archive.parsing.refusal import RefusedError

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000
_PIXEL_TAGS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009, 0x7FE00001, 0x7FE00002})
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_INLINE_BINARY = frozenset({0x00281201, 0x00281202, 0x00281203, 0x00281221, 0x00281222, 0x00281223})
_MAX_TEXT = 16_384


class HeaderWriter:
    """Walks one data set; `unreadable` lists the tags that had to be left out."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []
        self._count = 0

    def write(self, dataset: Dataset, depth: int = 0) -> dict[str, Any]:
        """Raises RefusedError when the nesting or the number of elements is beyond the limits."""
        if depth > MAX_DEPTH:
            raise RefusedError("parse.too_deep", f"Sequences are nested more than {MAX_DEPTH} deep.")
        self._count += len(dataset)
        if self._count > MAX_ELEMENTS:
            raise RefusedError("parse.too_many_elements", f"The header has more than {MAX_ELEMENTS} elements.")
        header: dict[str, Any] = {}
        for tag in sorted(dataset.keys()):
            if int(tag) in _PIXEL_TAGS or 0x60000000 <= int(tag) <= 0x60FFFFFF:
                continue
            try:
                entry = self._element(dataset, tag, depth)
            except (RefusedError, RecursionError, MemoryError):
                raise
            except Exception:
                self.unreadable.append(f"{int(tag):08X}")
                continue
            if entry is not None:
                header[f"{int(tag):08X}"] = entry
        return header

    def _element(self, dataset: Dataset, tag: Any, depth: int) -> dict[str, Any] | None:
        element = dataset[tag]
        if element.VR == "SQ":
            return {"vr": "SQ", "Value": [self.write(item, depth + 1) for item in element.value]}
        if str(element.VR) in _BINARY and int(tag) not in _INLINE_BINARY:
            return None
        entry: dict[str, Any] = element.to_json_dict(None, 1 << 20)
        if "Value" in entry:
            entry["Value"] = [_clean(value) for value in entry["Value"]]
        return entry


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # No NUL and no half characters: the database refuses both.
        return value.replace("\x00", "")[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items()}
    return value
