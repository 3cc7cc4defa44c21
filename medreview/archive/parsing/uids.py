"""UIDs: the rule they must follow, and UIDs made from content."""

from __future__ import annotations

import re
import uuid

_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))*", re.ASCII)
_NAMESPACE = uuid.UUID("0b9a3c44-6c0e-4a4e-8a1f-5f1d8f6d7a52")
_STANDARD_ROOT = "1.2.840.10008."


def is_usable_uid(uid: str) -> bool:
    """PS3.5 9.1, and not one of the standard's own UIDs."""
    return 0 < len(uid) <= 64 and _UID.fullmatch(uid) is not None and not uid.startswith(_STANDARD_ROOT)


def uid_from(*parts: object) -> str:
    """A UID that depends on `parts` alone (the 2.25 form, PS3.5 B.2): the same content gets the same identity."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, parts))).int}"
