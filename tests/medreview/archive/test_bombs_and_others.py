"""While a bomb is being refused, others go on working."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.conftest import Say
from tests.medreview.archive.hostile_corpus import (
    RLELossless,
    codec,
    deflated_bomb,
    many_elements,
    raw,
    rle,
)
from tests.medreview.archive.live import LiveWeb

BOUNDARY = "bomb"
GENEROUS_SECONDS = 10.0


def bombs(folder: Path) -> bytes:
    """One request with a deflate bomb, a million elements and an RLE that over-expands, several of each."""
    parts = []
    makers = (deflated_bomb, raw(many_elements), codec(RLELossless, rle(b"\x81\x00" * 400, b"\x81\x00" * 400)))
    for number, make in enumerate(makers):
        make(folder / str(number))
        parts += [path.read_bytes() + bytes([n]) for path in (folder / str(number)).glob("*") for n in range(3)]
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return b"".join(head + part for part in parts) + f"\r\n--{BOUNDARY}--\r\n".encode()


def times(live: LiveWeb, until: threading.Event, at_least: int) -> list[float]:
    """Seconds of a cheap page that another user asks for again and again; each must succeed."""
    found = []
    with httpx.Client(headers={"Authorization": f"Bearer {live.reader_token}"}, timeout=GENEROUS_SECONDS) as http:
        while not until.is_set() or len(found) < at_least:
            started = time.perf_counter()
            assert http.get(f"{live.url}/api/v1/projects").status_code == 200
            found.append(time.perf_counter() - started)
            time.sleep(0.02)
    return found


def p95(seconds: list[float]) -> float:
    return float(np.percentile(seconds, 95))


def measure(live: LiveWeb, folder: Path, rounds: int, say: Say) -> tuple[float, float]:
    body, over = bombs(folder), threading.Event()
    over.set()
    idle = times(live, over, at_least=40 * rounds)
    over.clear()
    statuses: list[int] = []

    def bomb() -> None:
        headers = {
            "Authorization": f"Bearer {live.token}",
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        }
        try:
            for _ in range(rounds):
                statuses.append(
                    httpx.post(f"{live.dicomweb}/studies", content=body, headers=headers, timeout=300).status_code
                )
        finally:
            over.set()

    sender = threading.Thread(target=bomb)
    sender.start()
    busy = times(live, over, at_least=10)
    sender.join()
    assert statuses == [409] * rounds
    assert max(busy) < GENEROUS_SECONDS
    say(f"p95 idle {1000 * p95(idle):.0f} ms, while bombs are refused {1000 * p95(busy):.0f} ms, {len(busy)} requests")
    return p95(idle), p95(busy)


@pytest.mark.timeout(300)
def test_nobody_fails_while_bombs_are_refused(live: LiveWeb, tmp_path: Path, say: Say) -> None:
    measure(live, tmp_path, rounds=1, say=say)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_others_wait_at_most_twice_as_long_while_bombs_are_refused(live: LiveWeb, tmp_path: Path, say: Say) -> None:
    idle, busy = measure(live, tmp_path, rounds=10, say=say)
    assert busy <= 2 * idle
