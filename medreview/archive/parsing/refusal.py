"""Why a file is not taken in, as a rule name and a sentence for people."""

from __future__ import annotations

QUARANTINE_RULES = frozenset({"phi.burned_in_text"})


class RefusedError(Exception):
    """The file breaks `rule`; `reason` says so in plain words and does not name the file."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
