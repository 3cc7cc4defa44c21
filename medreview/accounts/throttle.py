"""How often one may try to sign in: counted per name and per address, in the cache that all web processes share.

A try counts before the password is looked at, so that parallel guesses do not slip through. Signing in clears the
count of the name, and takes one try back from the address: many people may share one, but whoever knows one password
may not use it to guess on.
"""

from __future__ import annotations

import hashlib
import math
import time
from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """At most `tries` in each window of `seconds`."""

    kind: str
    tries: int
    seconds: int


PER_NAME = Limit("name", 8, 300)
PER_ADDRESS = Limit("address", 60, 300)


def seconds_to_wait(*, name: str, address: str) -> int:
    """Count one try; 0 when it may go on, otherwise how long to wait."""
    return max(_count(PER_NAME, name.strip().lower()), _count(PER_ADDRESS, address))


def signed_in(*, name: str, address: str) -> None:
    """After a sign-in that worked."""
    now = time.time()
    cache.delete(_key(PER_NAME, name.strip().lower(), now))
    with suppress(ValueError):  # a new window began meanwhile
        cache.decr(_key(PER_ADDRESS, address, now))


def _count(limit: Limit, who: str) -> int:
    now = time.time()
    key = _key(limit, who, now)
    cache.add(key, 0, timeout=limit.seconds)
    try:
        tries = cache.incr(key)
    except ValueError:  # the window ended between the two calls
        return 0
    return math.ceil(limit.seconds - now % limit.seconds) if tries > limit.tries else 0


def _key(limit: Limit, who: str, now: float) -> str:
    """Names are kept as hashes: what somebody typed there may be a password."""
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    return f"sign-in:{limit.kind}:{digest}:{int(now // limit.seconds)}"
