"""Live events: ids only, published after commit, lost without harm.

A stream begins with READY once it hears everything; a page then asks again for what it shows, since what happened
before, between two streams for example, was told to nobody. Without a stream pages poll.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

READY = json.dumps({"type": "ready"})
log = logging.getLogger(__name__)
_client: redis.Redis | None = None


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    return _client


def channel(scope_id: int) -> str:
    return f"medreview:events:{scope_id}"


def publish_on_commit(scope_id: int, kind: str, object_id: int) -> None:
    """Tell the open pages of a project that something of `kind` changed."""
    transaction.on_commit(lambda: publish(scope_id, kind, object_id))


def publish(scope_id: int, kind: str, object_id: int) -> None:
    try:
        _redis().publish(channel(scope_id), json.dumps({"type": kind, "id": object_id}))
    except redis.RedisError as error:
        log.warning("event %s %s not published: %s", kind, object_id, error)


async def subscribe(scope_id: int, *, seconds: float) -> AsyncIterator[str | None]:
    """READY, then messages of a project as JSON text for at most `seconds`; None each 15 quiet seconds (keep-alive)."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(channel(scope_id))
            while asyncio.get_running_loop().time() < deadline:
                message = await pubsub.get_message(timeout=15)
                if message is None:
                    yield None
                else:
                    yield READY if message["type"] == "subscribe" else message["data"].decode()
    finally:
        await client.aclose()
