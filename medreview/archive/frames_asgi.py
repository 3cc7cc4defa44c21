"""A thin ASGI application in front of Django that answers single frames and nothing else.

Django's middleware, session and ORM cost 0.8 ms a frame; here the right to a series is looked up once and kept for
`RIGHTS_SECONDS` per (credentials, series): a revoked right takes effect that much later. Everything that is not a
frame somebody may see falls through to Django, which answers it like any other request.
"""

from __future__ import annotations

import os
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import OperationalError, close_old_connections
from django.http import HttpRequest
from django.utils.module_loading import import_string

from medreview.accounts.authentication import user_of_token
from medreview.accounts.models import User
from medreview.accounts.second_factor import lacks_second_factor
from medreview.archive.dicomweb.accept import frame_format
from medreview.archive.models import Instance
from medreview.archive.selectors import access_series
from medreview.archive.serving import IMMUTABLE, OCTETS, content_type, multipart
from medreview.core.asgi import AsgiApp, Message, Receive, Send, answer
from medreview.core.blobs import path_of
from medreview.core.errors import DomainError

RIGHTS_SECONDS = 15.0
_MAX_KEPT = 512
_UID = r"[0-9.]{1,64}"
_FRAME_URL = re.compile(
    rf"/dicomweb/(?P<slug>[-\w]{{1,50}})/studies/(?P<study>{_UID})/series/(?P<series>{_UID})"
    rf"/instances/(?P<instance>{_UID})/frames/(?P<frame>[1-9][0-9]{{0,5}})",
    re.ASCII,
)
# As Django's own route of these addresses is called: one series of metrics, whichever way a frame went out.
ROUTE = (
    "dicomweb/<slug:slug>/studies/<str:study_uid>/series/<str:series_uid>"
    "/instances/<str:instance_uid>/frames/<str:frames>"
)
_HEADERS = [
    (b"content-type", content_type().encode()),
    (b"cache-control", IMMUTABLE.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Accept, Cookie, Authorization"),
]


@dataclass(frozen=True)
class _Place:
    path: str
    frames: list[list[int]]
    syntax: str


@dataclass(frozen=True)
class _Right:
    """What one set of credentials may fetch of one series; empty when it may not."""

    places: dict[str, _Place]
    until: float


class FramesApp:
    """`FramesApp(django_application)` is itself an ASGI application."""

    def __init__(self, django: AsgiApp) -> None:
        self._django = django
        self._rights: OrderedDict[tuple[str, ...], _Right] = OrderedDict()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        found, started = None, time.monotonic()
        if scope["type"] == "http" and scope["method"] == "GET":
            found = _FRAME_URL.fullmatch(scope["path"])
        body = await self._frame(scope, found) if found is not None else None
        if body is None:
            await self._django(scope, receive, send)
            return
        await answer(scope, send, status=200, headers=_HEADERS, body=body, route=ROUTE, started=started)

    async def _frame(self, scope: Message, found: re.Match[str]) -> bytes | None:
        """The multipart body, or None when Django shall answer."""
        credentials = _credentials(scope)
        if credentials is None:
            return None
        right = await self._right(credentials, found["slug"], found["study"], found["series"])
        place = right.places.get(found["instance"])
        number = int(found["frame"])
        if place is None or number > len(place.frames) or not _takes_stored(scope, place.syntax):
            return None
        offset, length = place.frames[number - 1]
        frame = _read(place.path, offset, length)
        return multipart([frame], place.syntax) if frame is not None else None

    async def _right(self, credentials: tuple[str, str], slug: str, study: str, series: str) -> _Right:
        key = (*credentials, slug, study, series)
        kept = self._rights.get(key)
        if kept is not None and kept.until > time.monotonic():
            return kept
        places = await sync_to_async(_places, thread_sensitive=True)(credentials, slug, study, series)
        right = _Right(places, time.monotonic() + RIGHTS_SECONDS)
        if places:
            self._rights[key] = right
            while len(self._rights) > _MAX_KEPT:
                self._rights.popitem(last=False)
        return right


def _takes_stored(scope: Message, syntax: str) -> bool:
    """Whether the request's Accept is content with octets as stored; Django makes whatever else it wants."""
    if b"accept=" in scope.get("query_string", b""):
        return False
    header = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    chosen = frame_format(header, syntax)
    return chosen is not None and (chosen.media, chosen.syntax, chosen.is_multipart) == (OCTETS, syntax, True)


def _credentials(scope: Message) -> tuple[str, str] | None:
    """("bearer", token) or ("session", key), whichever the request carries."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme:
        return ("bearer", token.strip()) if scheme.lower() == "bearer" else None
    try:
        cookie = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return ("session", cookie.value) if cookie is not None else None


def _places(credentials: tuple[str, str], slug: str, study: str, series: str) -> dict[str, _Place]:
    """Where the instances of a series lie, if these credentials may see them; empty also while the database is away."""
    close_old_connections()
    try:
        user = _user(*credentials)
        if user is None:
            return {}
        found = access_series(viewer=user, slug=slug, study_uid=study, series_uid=series)
        rows = Instance.objects.filter(series=found.series).values_list(
            "sop_instance_uid", "frames_blob_id", "frames", "frame_transfer_syntax_uid"
        )
        return {uid: _Place(str(path_of(blob)), frames, syntax) for uid, blob, frames, syntax in rows if blob}
    except (DomainError, OperationalError):
        return {}


def _user(kind: str, value: str) -> User | None:
    if kind == "bearer":
        return user_of_token(value)
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(value)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active and not lacks_second_factor(user) else None


def _read(path: str, offset: int, length: int) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)
