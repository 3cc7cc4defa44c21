"""The errors the domain raises. `core.api` gives each one response shape; nothing here speaks HTTP.

A message says what happened, to which object, and what to do. `retryable` says whether trying again makes sense.
"""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Base of every error that a person can read."""

    code = "error"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.detail = detail


class NotFound(DomainError):
    """Absent, or not yours: the two look the same."""

    code = "not_found"

    def __init__(self, message: str = "There is no such object, or it is not yours to see.", **detail: Any) -> None:
        super().__init__(message, **detail)


class NotAllowed(DomainError):
    """A member whose roles do not allow the action."""

    code = "not_allowed"


class Conflict(DomainError):
    """The object is in another state than the action needs."""

    code = "conflict"


class InvalidTransition(Conflict):
    """The state table has no row for this (state, event)."""

    code = "invalid_transition"


class Invalid(DomainError):
    """The input cannot be used; `fields` in the detail names what is wrong where known."""

    code = "invalid"


class Unprocessable(DomainError):
    """Well-formed input whose content is refused."""

    code = "unprocessable"


class Stale(DomainError):
    """The client built on an older version; the detail carries the current one."""

    code = "stale"
    retryable = True


class PreconditionRequired(DomainError):
    """The request must say which version it builds on (If-Match)."""

    code = "precondition_required"


class TooLarge(DomainError):
    """More bytes, files or items than allowed."""

    code = "too_large"


class StorageFull(DomainError):
    """The disk is nearly full: nothing large is taken in until there is room again; saves go on."""

    code = "storage_full"
    retryable = True


class LeaseLost(DomainError):
    """Another worker holds the job now; this one's result is refused."""

    code = "lease_lost"


class JobFailed(DomainError):
    """A job cannot finish. `retryable` decides between another attempt and the end."""

    code = "job_failed"

    def __init__(self, message: str, *, retryable: bool = False, **detail: Any) -> None:
        super().__init__(message, **detail)
        self.retryable = retryable
