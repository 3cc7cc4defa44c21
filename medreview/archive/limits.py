"""What a request may be, judged by its headers before a byte of the body is read, and again while it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from rest_framework import exceptions
from rest_framework.request import Request

from medreview.core.errors import TooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]
_ERROR = '{"error":{"code":"%s","message":"%s","retryable":false}}'


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
            await _refuse(send, 415, "unsupported_media_type", "Compressed requests are not taken.")
        elif not length.isdigit() or int(length[:20]) > limit:
            await _refuse(send, 413, "too_large", f"A request may have {limit} bytes; send fewer files at once.")
        else:
            await self._inner(scope, *_counted(receive, send, limit))


def _counted(receive: Receive, send: Send, limit: int) -> tuple[Receive, Send]:
    """For bodies without a stated length: beyond `limit` the rest is not read, and the answer is 413."""
    total, is_refused = 0, False

    async def counting() -> Message:
        nonlocal total, is_refused
        message = await receive()
        total += len(message.get("body", b""))
        if total <= limit or is_refused:
            return message
        is_refused = True
        await _refuse(send, 413, "too_large", f"A request may have {limit} bytes; send fewer files at once.")
        return {"type": "http.disconnect"}

    async def sending(message: Message) -> None:
        if not is_refused:
            await send(message)

    return counting, sending


async def _refuse(send: Send, status: int, code: str, text: str) -> None:
    body = (_ERROR % (code, text)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
