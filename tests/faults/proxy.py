"""A bad network between a browser and the server: a proxy that loses, doubles, refuses and cuts, and counts it.

It speaks as much HTTP/1.1 as a browser needs (one request a connection) and runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from urllib.parse import urlsplit

FAULTS = ("none", "lost_request", "lost_answer", "twice", "bad_gateway", "cut_answer")
_BAD_GATEWAY = b"\r\n".join(
    [b"HTTP/1.1 502 Bad Gateway", b"Content-Type: text/html", b"Content-Length: 16", b"Connection: close", b"",
     b"<h1>no luck</h1>"]
)  # fmt: skip


class BadNetwork:
    """`offline` cuts everything; `share` of the requests whose path holds `only` meet a random fault."""

    def __init__(self, server_url: str, *, seed: int, only: str = "/operations", share: float = 0.5) -> None:
        parts = urlsplit(server_url)
        self.server = (str(parts.hostname), int(parts.port or 80))
        self.only, self.share = only, share
        self.fired: Counter[str] = Counter()
        self.offline = False
        self._random = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> BadNetwork:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def go_offline(self) -> None:
        """Cut what is open and refuse what comes."""
        self.offline = True
        self.fired["offline"] += 1
        self._loop.call_soon_threadsafe(self._cut_all)

    def go_online(self) -> None:
        self.offline = False

    async def _end(self) -> None:
        """Let nothing be left that would speak to a loop that has ended."""
        self._listener.close()
        self._cut_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cut_all(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._listener = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._listener.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._answer_one(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort() if self.offline else writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.offline:
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        request = _close(head) + await reader.readexactly(length)
        fault = self._choose(head)
        if fault == "lost_request":
            return
        if fault == "bad_gateway":
            writer.write(_BAD_GATEWAY)
            await writer.drain()
            return
        if fault == "twice":
            await self._forward(request, None)
        if fault == "lost_answer":
            await self._forward(request, None)
            return
        await self._forward(request, writer, cut=fault == "cut_answer")

    def _choose(self, head: bytes) -> str:
        method, path, _ = head.split(b" ", 2)
        if method != b"POST" or self.only.encode() not in path or self._random.random() >= self.share:
            return "none"
        fault = self._random.choice(FAULTS[1:])
        self.fired[fault] += 1
        return fault

    async def _forward(self, request: bytes, writer: asyncio.StreamWriter | None, *, cut: bool = False) -> None:
        """Send the request on and pass the answer back as it comes; `cut` ends it in the middle of its first part."""
        try:
            answer, onward = await asyncio.open_connection(*self.server)
        except OSError:
            self.fired["server down"] += 1
            return
        self._open.add(onward)
        try:
            onward.write(request)
            await onward.drain()
            while part := await answer.read(65536):
                if writer is None:
                    continue
                writer.write(part[: len(part) // 2] if cut else part)
                await writer.drain()
                if cut:
                    return
        finally:
            self._open.discard(onward)
            onward.close()


def _close(head: bytes) -> bytes:
    """The same request, to be the only one of its connection."""
    lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n"
