"""The cache that all web processes share: counters of sign-in attempts, codes already used. Never the truth about work.

It lives in the broker's server. While that is away each process counts for itself: people can still sign in, and
guessing passwords is still slowed down.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

_log = logging.getLogger(__name__)


class SharedCache(RedisCache):  # type: ignore[misc]  # Django's stubs have no class for it
    """Redis, with this process's own memory in its place while it cannot be reached."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("medreview-without-broker", {"MAX_ENTRIES": 10_000})

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("incr", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("delete", *args, **kwargs)

    def clear(self) -> Any:
        return self._ask("clear")

    def _ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError):
            _log.warning("The broker is away; this process counts sign-in attempts for itself.")
            return getattr(self._own, name)(*args, **kwargs)
