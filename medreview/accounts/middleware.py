"""A browser session ends when nobody used it for a while. Each use moves its end, but writes it rarely."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

_USED_AT = "used_at"
_WRITE_EVERY_SECONDS = 60


class IdleTimeout(MiddlewareMixin):
    """Renews the session of a signed-in person at most once a minute. Live events are no use: a page left open
    reconnects by itself."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.endswith("/events"):
            renew(request)
        return response


def renew(request: HttpRequest) -> None:
    """Move the end of the session; `SessionMiddleware`, which is outside, saves it and sends the cookie again."""
    session = request.session
    now = int(time.time())
    if "_auth_user_id" in session and now - int(session.get(_USED_AT, 0)) >= _WRITE_EVERY_SECONDS:
        session[_USED_AT] = now
