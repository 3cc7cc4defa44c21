"""What stands in front of Django: the types of ASGI, and answers that carry an id and are logged like Django's own."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from medreview.core import logs
from medreview.core.api import body as error_body

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]


async def answer(
    scope: Message, send: Send, *, status: int, headers: Headers, body: bytes, route: str, started: float
) -> None:
    """Send a whole answer with its length and X-Request-ID, and log and count it as `route` (which names no patient).

    `started` is the monotonic time at which the request came.
    """
    given = dict(scope["headers"]).get(logs.HEADER.lower().encode(), b"").decode("latin-1")
    with logs.request(given) as request_id:
        sent = [
            *headers,
            (b"content-length", str(len(body)).encode()),
            (logs.HEADER.lower().encode(), request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})
        logs.answered(method=scope["method"], route=route, status=status, started=started)


async def refuse(
    scope: Message,
    send: Send,
    *,
    status: int,
    code: str,
    message: str,
    retryable: bool = False,
    headers: Headers = (),
    started: float | None = None,
    **detail: Any,
) -> None:
    """Answer with the API's error document before Django has seen the request."""
    await answer(
        scope,
        send,
        status=status,
        headers=[(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff"), *headers],
        body=json.dumps(error_body(code, message, retryable, **detail)).encode(),
        route=logs.route_of_path(scope["path"]),
        started=time.monotonic() if started is None else started,
    )
