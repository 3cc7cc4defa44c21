"""Says with every answer which front end this server serves, so that a tab opened before an upgrade can notice it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "X-MedReview-Client"
# The entry script's name carries the hash of what is in it.
_ENTRY = re.compile(rb'src="/assets/(index-[\w-]+\.js)"')


@cache
def _entry_of(page: Path, modified_ns: int) -> str:
    found = _ENTRY.search(page.read_bytes())
    return found[1].decode() if found else ""


def client_version() -> str:
    """File name of the front end's entry script; empty when there is no built front end."""
    page = Path(settings.FRONTEND_DIST) / "index.html"
    try:
        return _entry_of(page, page.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


@sync_and_async_middleware
def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Add the header to answers of the API."""

    def mark(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/api/"):
            response.headers[HEADER] = client_version()
        return response

    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            return mark(request, await get_response(request))

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        return mark(request, get_response(request))  # type: ignore[arg-type]

    return now
