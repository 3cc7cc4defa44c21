"""Which workers and doors are alive: each process says so every few seconds in the broker, and is forgotten when it
falls silent. Only a courtesy to whoever looks at the status page: what happens to work is decided by leases."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import redis
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings

SAY_SECONDS = 5.0
SILENT_SECONDS = 20.0
_KEY = "medreview:alive"
_TIMEOUT_SECONDS = 2
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alive:
    """A process that was heard of lately. `serves`: names of queues, or of a door."""

    serves: tuple[str, ...]
    port: int | None = None


class Announcement:
    """Says that this process lives, from a thread of its own, until `stop`. A broker that is away is no reason to
    stop working: nothing is raised."""

    def __init__(self, serves: Sequence[str], *, port: int | None = None) -> None:
        self._name = f"{socket.gethostname()}:{os.getpid()}:{'+'.join(serves)}"
        self._told = {"serves": list(serves), "port": port}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._say, daemon=True)

    def start(self) -> Announcement:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join(_TIMEOUT_SECONDS)

    def _say(self) -> None:
        client = _client()
        is_said = True
        while True:
            try:
                client.hset(_KEY, self._name, json.dumps({**self._told, "at": _now(client)}))
                is_said = True
            except redis.RedisError as error:
                if is_said:
                    log.warning("the broker is away; the status page will not show this process: %s", error)
                is_said = False
            if self._over.wait(SAY_SECONDS):
                break
        try:
            client.hdel(_KEY, self._name)
        except redis.RedisError:
            log.debug("the broker is away; it forgets this process by itself")


def list_alive() -> list[Alive] | None:
    """The processes heard of in the last seconds; None when the broker does not answer."""
    client = _client()
    try:
        now = _now(client)
        told = cast(dict[bytes, bytes], client.hgetall(_KEY))
        found, silent = [], []
        for name, text in told.items():
            one = _read(text)
            if one is None or now - one["at"] > SILENT_SECONDS:
                silent.append(name)
            else:
                found.append(Alive(tuple(one["serves"]), one["port"]))
        if silent:
            client.hdel(_KEY, *silent)
    except redis.RedisError:
        return None
    finally:
        client.close()
    return found


def _read(text: bytes) -> dict[str, Any] | None:
    try:
        one: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return one


def _now(client: redis.Redis) -> float:
    """The broker's clock, so that skewed hosts do not look silent."""
    seconds, microseconds = client.time()
    return seconds + microseconds / 1e6


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )


_worker: list[Announcement] = []


def _worker_is_ready(sender: Any = None, **_: object) -> None:
    """In the worker's main process: a solo worker that computes goes on saying so."""
    _worker.append(Announcement(sorted(sender.app.amqp.queues.consume_from)).start())


def _worker_goes(**_: object) -> None:
    while _worker:
        _worker.pop().stop()


worker_ready.connect(_worker_is_ready)
worker_shutdown.connect(_worker_goes)
