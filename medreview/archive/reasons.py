"""Our rules as the status codes of the standard: failure reasons of STOW-RS (PS3.18 table I.2-2) are those of C-STORE
(PS3.4 table B.2-1, PS3.7 C)."""

from __future__ import annotations

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
SOP_CLASS_NOT_SUPPORTED = 0x0122
NOT_AUTHORIZED = 0x0124
OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH = 0xA900
ELEMENTS_DISCARDED = 0xB006
CANNOT_UNDERSTAND = 0xC000
SYNTAX_NOT_SUPPORTED = 0xC122
# First match of a rule's beginning.
_REASONS = (
    ("uid.second_copy_differs", DUPLICATE_INSTANCE),
    ("codec.unknown", SYNTAX_NOT_SUPPORTED),
    ("type.", SOP_CLASS_NOT_SUPPORTED),
    ("phi.", PROCESSING_FAILURE),
    ("parse.time_limit", OUT_OF_RESOURCES),
    ("parse.memory_limit", OUT_OF_RESOURCES),
    ("parse.inflates_too_far", OUT_OF_RESOURCES),
    ("parse.too_many_elements", OUT_OF_RESOURCES),
    ("parse.", CANNOT_UNDERSTAND),
    ("codec.", CANNOT_UNDERSTAND),
)


def reason_of(rule: str) -> int:
    return next((code for start, code in _REASONS if rule.startswith(start)), DOES_NOT_MATCH)
