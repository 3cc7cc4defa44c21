"""Refuses uploads by their headers while the disk is nearly full, before a byte of the body is written anywhere.

It stands in front of Django, whose ASGI handler spools a body to disk before any view is asked. Files come as multipart
or as octets; drafts, submits, reviews and everything else come as JSON and pass.
"""

from __future__ import annotations

from medreview.core import disk
from medreview.core.asgi import AsgiApp, Message, Receive, Send, refuse
from medreview.core.errors import StorageFull

_SAVES = (b"application/json", b"application/x-www-form-urlencoded")
_WRITES = frozenset({"POST", "PUT", "PATCH"})
_TRY_LATER = [(b"retry-after", b"60")]


class DiskGuard:
    """`DiskGuard(application)` is itself an ASGI application."""

    def __init__(self, application: AsgiApp) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        size = _upload_bytes(scope)
        if size is not None:
            try:
                disk.require_space(size)
            except StorageFull as full:
                await refuse(
                    scope, send, status=507, code=full.code, message=full.message, retryable=full.retryable,
                    headers=_TRY_LATER, **full.detail,
                )  # fmt: skip
                return
        await self._application(scope, receive, send)


def _upload_bytes(scope: Message) -> int | None:
    """How many bytes an upload announces (0 when it does not say); None for everything that is no upload."""
    if scope["type"] != "http" or scope["method"] not in _WRITES:
        return None
    headers: dict[bytes, bytes] = dict(scope["headers"])
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if not kind or kind in _SAVES:
        return None
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0
