"""What a request may be, judged by its headers before a byte of the body is read, and again while it is read."""

from __future__ import annotations

import time

from django.conf import settings
from rest_framework import exceptions
from rest_framework.request import Request

from medreview.core.asgi import AsgiApp, Message, Receive, Send, refuse
from medreview.core.errors import TooLarge

# The rest of the body is not read: nothing else can come over this connection.
_CLOSE = [(b"connection", b"close")]


def check_request(request: Request) -> None:
    """Raises UnsupportedMediaType for a compressed body, TooLarge for one that says it is too long."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise exceptions.UnsupportedMediaType(
            "compressed", "Compressed requests are not taken; send the files as they are (a zip is a file)."
        )
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isdecimal() and int(length) > settings.UPLOAD_MAX_REQUEST_BYTES:
        raise TooLarge(f"A request may have {settings.UPLOAD_MAX_REQUEST_BYTES} bytes; send fewer files at once.")


class BodyLimitApp:
    """ASGI application in front of Django, which would store a body of any size before a view can refuse it."""

    def __init__(self, inner: AsgiApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = settings.UPLOAD_MAX_REQUEST_BYTES
        length = headers.get(b"content-length", b"0")
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            said = "Compressed requests are not taken."
            await refuse(scope, send, status=415, code="unsupported_media_type", message=said, headers=_CLOSE)
        elif not length.isdigit() or int(length[:20]) > limit:
            await _refuse_large(scope, send, limit, time.monotonic())
        else:
            await self._inner(scope, *_counted(scope, receive, send, limit))


def _counted(scope: Message, receive: Receive, send: Send, limit: int) -> tuple[Receive, Send]:
    """For bodies without a stated length: beyond `limit` the rest is not read, and the answer is 413."""
    total, is_refused, started = 0, False, time.monotonic()

    async def counting() -> Message:
        nonlocal total, is_refused
        message = await receive()
        total += len(message.get("body", b""))
        if total <= limit or is_refused:
            return message
        is_refused = True
        await _refuse_large(scope, send, limit, started)
        return {"type": "http.disconnect"}

    async def sending(message: Message) -> None:
        if not is_refused:
            await send(message)

    return counting, sending


async def _refuse_large(scope: Message, send: Send, limit: int, started: float) -> None:
    said = f"A request may have {limit} bytes; send fewer files at once."
    await refuse(scope, send, status=413, code="too_large", message=said, headers=_CLOSE, started=started)
