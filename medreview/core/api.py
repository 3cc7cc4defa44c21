"""API helpers: one response shape for every error, cursor pages, If-Match."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.http.request import HttpRequest
from rest_framework import exceptions, status
from rest_framework.response import Response

from medreview.core import errors

_STATUS: dict[type[errors.DomainError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.Invalid: 400,
    errors.Unprocessable: 422,
    errors.Stale: 412,
    errors.PreconditionRequired: 428,
    errors.TooLarge: 413,
    errors.StorageFull: 507,
    errors.JobFailed: 409,
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: {"error": {"code", "message", "retryable", ...}} for all we know, None (500) for what we do not."""
    if isinstance(error, errors.DomainError):
        return Response(body(error.code, error.message, error.retryable, **error.detail), status=_status_of(error))
    if isinstance(error, Http404):
        missing = errors.NotFound()
        return Response(body(missing.code, missing.message, False), status=404)
    if isinstance(error, PermissionDenied):
        return Response(body("not_allowed", "Your role does not allow this.", False), status=403)
    if isinstance(error, RequestDataTooBig):
        return Response(body("too_large", "The request is too large; send fewer files at once.", False), status=413)
    if isinstance(error, RecursionError) and "JSON" in str(error):
        return Response(body("invalid", "The JSON is nested too deeply to be read.", False), status=400)
    if isinstance(error, exceptions.ValidationError):
        return Response(body("invalid", "Some fields cannot be used.", False, fields=error.detail), status=400)
    if isinstance(error, exceptions.APIException):
        text = str(error.detail)
        code = str(getattr(error.detail, "code", error.default_code))
        challenge = getattr(error, "auth_header", None)
        headers = {"WWW-Authenticate": challenge} if challenge else None
        return Response(body(code, text, False), status=error.status_code, headers=headers)
    return None


def _status_of(error: errors.DomainError) -> int:
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return status.HTTP_400_BAD_REQUEST


def body(code: str, message: str, retryable: bool, **detail: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "retryable": retryable, **detail}}


def if_match(request: HttpRequest) -> int | None:
    """The journal sequence in `If-Match: "12"`; None when the header is absent. Raises Invalid for anything else."""
    raw = request.headers.get("If-Match")
    if raw is None:
        return None
    text = raw.strip().removeprefix("W/").strip('"')
    if not text.isdecimal():
        raise errors.Invalid(f"If-Match must be a quoted sequence number, not {raw[:40]!r}.")
    return int(text)
