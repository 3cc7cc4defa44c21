"""Live events over the real broker."""

from __future__ import annotations

import asyncio
import json

from medreview.core import events

SCOPE = 4711


async def hear(count: int) -> list[str]:
    """Publish as soon as the stream says that it is ready; returns the first messages."""
    heard: list[str] = []
    async for message in events.subscribe(SCOPE, seconds=10):
        assert message is not None, "15 quiet seconds"
        heard.append(message)
        if message == events.READY:
            for number in range(count - 1):
                events.publish(SCOPE, "learning", number)
        if len(heard) == count:
            break
    return heard


def test_nothing_is_missed_once_a_stream_says_that_it_is_ready() -> None:
    for _ in range(20):
        first, *rest = asyncio.run(hear(4))
        assert json.loads(first) == {"type": "ready"}
        assert [json.loads(message) for message in rest] == [{"type": "learning", "id": n} for n in range(3)]


def test_a_stream_hears_its_own_project_only() -> None:
    async def listen() -> str | None:
        stream = events.subscribe(SCOPE, seconds=10)
        assert await anext(stream) == events.READY
        events.publish(SCOPE + 1, "learning", 1)
        events.publish(SCOPE, "review", 2)
        return await anext(stream)

    assert json.loads(asyncio.run(listen()) or "") == {"type": "review", "id": 2}
