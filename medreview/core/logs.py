"""Logs as lines or JSON, each with the id of the request or job it belongs to, and none with patient data.

Messages of this code hold ids and codes. What other code adds may hold anything: an exception's text and a warning
quote values, a path holds UIDs. So an exception is written as its type and where it happened, a warning as its
category, a request as its route; the full text of a job's error is with its row. `MEDREVIEW_LOG_VALUES=true` writes the
texts too, for a machine without real data.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

from medreview.core import request_metrics

FORMATS = ("line", "json")
HEADER = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_MAX_FRAMES = 12
_NO_ROUTE = "(no route)"
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_job_id: ContextVar[int | None] = ContextVar("job_id", default=None)
_only_job_id: int | None = None
_OF_TASKS = frozenset({"exc", "traceback", "args", "kwargs", "return_value"})
access_log = logging.getLogger("medreview.access")


def configuration(*, level: str, form: str, with_values: bool) -> dict[str, Any]:
    """The value of Django's LOGGING. Raises ImproperlyConfigured for an unknown `form` or `level`."""
    if form not in FORMATS:
        raise ImproperlyConfigured(f"MEDREVIEW_LOG_FORMAT must be one of {', '.join(FORMATS)}, not {form!r}")
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ImproperlyConfigured(f"MEDREVIEW_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {level!r}")
    formatter = {"()": "medreview.core.logs.SafeFormatter", "form": form, "with_values": with_values}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"safe": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "safe"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "medreview": {"level": "INFO"},
            # A line for each request is for machines; people read the rest.
            "medreview.access": {"level": "INFO" if form == "json" else "WARNING"},
            # Refusals (4xx) have their line above.
            "django.request": {"level": "ERROR"},
        },
    }


class SafeFormatter(logging.Formatter):
    """A record as one line of text or one JSON object, without values that may be a patient's."""

    def __init__(self, *, form: str, with_values: bool) -> None:
        super().__init__()
        self.form, self.with_values = form, with_values

    def format(self, record: logging.LogRecord) -> str:
        fields = self._fields(record)
        if self.form == "json":
            return json.dumps(fields, default=str, ensure_ascii=True)
        at, level, logger, event = (fields.pop(name) for name in ("at", "level", "logger", "event"))
        where = fields.pop("where", [])
        rest = "".join(f" {name}={value}" for name, value in fields.items())
        return "\n  ".join([f"{at} {level} {logger} {event}{rest}", *where])

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": self._text(record),
        }
        # Django tells of an answer after the middleware has ended: the request still knows its id.
        request_id = _request_id.get() or getattr(getattr(record, "request", None), "medreview_id", "")
        if request_id:
            fields["request_id"] = request_id
        job_id = _job_id.get() or _only_job_id
        if job_id is not None:
            fields["job_id"] = job_id
        fields.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(self._error(record.exc_info[1]))
        return fields

    def _text(self, record: logging.LogRecord) -> str:
        if self.with_values:
            return record.getMessage()
        if record.name == "py.warnings":
            return _category_of_warning(record)
        if record.name.startswith(("django.request", "django.security")):
            return _about_request(record)
        return _message(record)

    def _error(self, error: BaseException) -> dict[str, Any]:
        frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
        text = f"{type(error).__name__}: {error}" if self.with_values else _safe(error)
        return {"error": text, "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


def _message(record: logging.LogRecord) -> str:
    """Like `record.getMessage()`, with exceptions as their type and what Celery tells of a failed task left out.

    A message that does not fit its values is written as it stands: the logging package would print the values instead.
    """
    text, values = str(record.msg), record.args
    if not values:
        return text
    try:
        if isinstance(values, dict):
            return text % {name: "-" if name in _OF_TASKS else _safe(value) for name, value in values.items()}
        return text % tuple(_safe(value) for value in cast(tuple[object, ...], values))
    except (TypeError, ValueError, KeyError):
        return text


def _safe(value: Any) -> Any:
    """An exception as its type (and the system's own words for its errno), everything else as it is."""
    if not isinstance(value, BaseException):
        return value
    reason = value.strerror if isinstance(value, OSError) and isinstance(value.strerror, str) else ""
    return f"{type(value).__name__} ({reason})" if reason else type(value).__name__


def _category_of_warning(record: logging.LogRecord) -> str:
    """ "FILE:LINE: UserWarning" of "FILE:LINE: UserWarning: text with values"."""
    found = re.match(r"(.*?:\d+: \w+)", record.getMessage())
    return found[1] if found else "a warning"


def _about_request(record: logging.LogRecord) -> str:
    about, status = getattr(record, "request", None), getattr(record, "status_code", "")
    if not isinstance(about, HttpRequest):
        return f"{record.name} {status}".strip()
    return f"{status} {about.method} {route_of(about)}".strip()


def route_of(request: HttpRequest) -> str:
    """The pattern that matched, such as `api/v1/readings/<int:reading_id>`: it names no patient."""
    match = request.resolver_match
    return match.route if match is not None and match.route is not None else _NO_ROUTE


def route_of_path(path: str) -> str:
    """Like `route_of`, of a request that Django has not seen."""
    try:
        return resolve(path).route or _NO_ROUTE
    except Resolver404:
        return _NO_ROUTE


def capture_warnings() -> None:
    """Send Python's warnings through the formatter: a parser's warning quotes what it read."""
    logging.captureWarnings(True)


@contextmanager
def job(job_id: int) -> Iterator[None]:
    """Every line of this block carries the job's id."""
    token = _job_id.set(job_id)
    try:
        yield
    finally:
        _job_id.reset(token)


def work_only_for(job_id: int) -> None:
    """Every line of this process from now on carries the job's id, in its threads too (they inherit no context)."""
    global _only_job_id
    _only_job_id = job_id


@contextmanager
def request(given_id: str) -> Iterator[str]:
    """Every line of this block carries the request's id, which is the one that came with it if that is well-formed."""
    request_id = given_id if _GIVEN_ID.fullmatch(given_id) else secrets.token_hex(8)
    token = _request_id.set(request_id)
    try:
        yield request_id
    finally:
        _request_id.reset(token)


def answered(*, method: str, route: str, status: int, started: float) -> None:
    """Log and count one answer; `started` is the monotonic time of its request."""
    seconds = time.monotonic() - started
    request_metrics.count(method=method, route=route, status=status, seconds=seconds)
    fields = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000)}
    access_log.info("request", extra={"fields": fields})


@sync_and_async_middleware
def request_context(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Give each request an id (or keep a well-formed one that came with it), answer it back, and log one line."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            started = time.monotonic()
            with _context_of(request):
                return _finish(request, await get_response(request), started)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        with _context_of(request):
            return _finish(request, get_response(request), started)

    return answer


@contextmanager
def _context_of(django_request: HttpRequest) -> Iterator[None]:
    with request(django_request.headers.get(HEADER, "")) as request_id:
        django_request.medreview_id = request_id  # type: ignore[attr-defined]
        yield


def _finish(request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
    response[HEADER] = _request_id.get()
    answered(method=request.method or "", route=route_of(request), status=response.status_code, started=started)
    return response
