"""Why a file is not taken in, as a rule name and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping

# Kept, but out of everybody's sight until a manager decides.
QUARANTINE_RULES = frozenset({"phi.burned_in_text", "type.encapsulated_document"})
# Of these, what a person may let in after looking; the others can only be discarded.
RELEASABLE_RULES = frozenset({"phi.burned_in_text"})


class RefusedError(Exception):
    """The file breaks `rule`; `reason` says so in plain words and does not name the file. `identity` holds the UIDs
    that the file gives itself, as far as they could be read."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
        self.identity: Mapping[str, str] = {}
