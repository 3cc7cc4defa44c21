"""A body that is too long or packed never reaches Django, whether it says so or not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from medreview.archive.limits import BodyLimitApp


def call(headers: dict[str, str], chunks: list[bytes]) -> tuple[int, int]:
    """(status, bytes that the application behind got)."""
    sent: list[Any] = []
    got = 0

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        nonlocal got
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            got += len(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    waiting = [{"type": "http.request", "body": c, "more_body": n + 1 < len(chunks)} for n, c in enumerate(chunks)]

    async def receive() -> Any:
        await asyncio.sleep(0)
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(k.encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/me", "headers": raw}
    async_to_sync(BodyLimitApp(inner))(scope, receive, send)
    return sent[0]["status"], got


@pytest.mark.parametrize(
    ("headers", "chunks", "status", "got"),
    [
        ({"content-length": "10"}, [b"x" * 10], 200, 10),
        ({"content-length": "101"}, [b"x" * 101], 413, 0),
        ({"content-length": "-1"}, [b"x"], 413, 0),
        ({"content-length": "9" * 40}, [b"x"], 413, 0),
        ({}, [b"x" * 60, b"x" * 60, b"x" * 60], 413, 60),
        ({}, [b"x" * 60, b"x" * 40], 200, 100),
        ({"content-encoding": "gzip"}, [b"x"], 415, 0),
        ({"content-encoding": "identity"}, [b"x"], 200, 1),
    ],
)
def test_a_body_is_refused_before_or_while_it_is_read(
    settings: Any, headers: dict[str, str], chunks: list[bytes], status: int, got: int
) -> None:
    settings.UPLOAD_MAX_REQUEST_BYTES = 100
    assert call(headers, chunks) == (status, got)
