"""Frames, metadata, search and storage over DICOMweb, beside an Orthanc in the same run: `make bench`.

Interleaved rounds on one 300-slice CT of 512 by 512; every payload is compared with the stored pixels. MedReview runs
as `medreview up` serves (one web process, permissions on, a bearer token); Orthanc with authentication off and HTTP
compression on. CPU is that of all processes of a server. A ratio whose range crosses 1 is a tie.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread

from tests import phantoms
from tests.medreview.archive.live import LiveWeb
from tests.orthanc import ORTHANC, WEB_PLUGIN, Orthanc
from tests.phantoms import Phantom

SHAPE_ZYX = (300, 512, 512)
ROUNDS = 5
WINDOW_SECONDS = 3.0
REPEATS = 20
PER_STORE = 10
CLIENTS = (1, 8)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One peer: where its DICOMweb root is and which process is its head."""

    name: str
    port: int
    root: str
    headers: dict[str, str]
    pid: int
    seen: dict[str, list[float]] = field(default_factory=dict)

    def note(self, measure: str, value: float) -> None:
        self.seen.setdefault(measure, []).append(value)

    def cpu_seconds(self) -> float:
        """User and system time of the process and all below it, those that have ended included."""
        total, front = 0.0, [self.pid]
        while front:
            pid = front.pop()
            with contextlib.suppress(FileNotFoundError):  # it ended while we looked
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(field) for field in fields[11:15]) / TICKS
            for task in Path(f"/proc/{pid}/task").glob("*"):
                with contextlib.suppress(FileNotFoundError):
                    front += [int(child) for child in (task / "children").read_text().split()]
        return total


def connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def get(wire: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    wire.request("GET", path, headers=headers)
    answer = wire.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return body


def frames_worker(server: Server, phantom: Phantom, start: int, told: Any) -> None:
    """Fetch frame after frame for a window; tells the seconds each took."""
    wire, took, number = connection(server.port), [], start
    headers = {**server.headers, "Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'}
    end = time.monotonic() + WINDOW_SECONDS
    while time.monotonic() < end:
        number = (number + 1) % len(phantom.sop_uids)
        path = f"{series_path(server, phantom)}/instances/{phantom.sop_uids[number]}/frames/1"
        began = time.monotonic()
        body = get(wire, path, headers)
        took.append(time.monotonic() - began)
        if phantom.stored[number].tobytes() not in body:
            raise RuntimeError(f"{server.name} sent other pixels for slice {number}")
    told.put(took)


def series_path(server: Server, phantom: Phantom) -> str:
    return f"{server.root}/studies/{phantom.study_uid}/series/{phantom.series_uid}"


def measure_frames(server: Server, phantom: Phantom, clients: int) -> None:
    told: Any = multiprocessing.Queue()
    began, cpu = time.monotonic(), server.cpu_seconds()
    workers = [
        multiprocessing.Process(target=frames_worker, args=(server, phantom, 37 * n, told)) for n in range(clients)
    ]
    for worker in workers:
        worker.start()
    took = [seconds for _ in workers for seconds in told.get(timeout=120)]
    for worker in workers:
        worker.join()
    elapsed, cpu = time.monotonic() - began, server.cpu_seconds() - cpu
    server.note(f"frames/s, {clients} client(s)", len(took) / elapsed)
    server.note(f"frame p95 ms, {clients} client(s)", 1000 * float(np.percentile(took, 95)))
    server.note(f"CPU ms a frame, {clients} client(s)", 1000 * cpu / len(took))


def measure_json(server: Server, what: str, path: str, count: int, *, gzip: bool) -> None:
    wire = connection(server.port)
    headers = {**server.headers, "Accept": "application/dicom+json"}
    if gzip:
        headers["Accept-Encoding"] = "gzip"
    elif len(json.loads(get(wire, path, headers))) != count:
        raise RuntimeError(f"{server.name} {what}: not {count} rows")
    took = []
    for _ in range(REPEATS):
        began = time.monotonic()
        get(wire, path, headers)
        took.append(time.monotonic() - began)
    server.note(f"{what} ms", 1000 * statistics.median(took))


def measure_store(server: Server, phantom: Phantom) -> None:
    client = DICOMwebClient(f"http://127.0.0.1:{server.port}{server.root}", headers=server.headers)
    datasets = [dcmread(path) for path in phantom.files]
    began, cpu = time.monotonic(), server.cpu_seconds()
    for start in range(0, len(datasets), PER_STORE):
        client.store_instances(datasets[start : start + PER_STORE])
    server.note("stored instances/s, 10 a request", len(datasets) / (time.monotonic() - began))
    server.note("CPU ms a stored instance", 1000 * (server.cpu_seconds() - cpu) / len(datasets))


def measure(servers: list[Server], folder: Path) -> None:
    phantom = phantoms.write_ct_series(folder / "ct", shape_zyx=SHAPE_ZYX, patient_id="BENCH")
    for server in servers:
        measure_store(server, phantom)
    series = phantom.series_uid
    for number in range(ROUNDS):
        for server in servers if number % 2 else servers[::-1]:
            for clients in CLIENTS:
                measure_frames(server, phantom, clients)
            metadata = f"{series_path(server, phantom)}/metadata"
            measure_json(server, "series metadata", metadata, SHAPE_ZYX[0], gzip=False)
            measure_json(server, "series metadata, gzip", metadata, SHAPE_ZYX[0], gzip=True)
            search = f"{server.root}/instances?SeriesInstanceUID={series}&limit=300"
            measure_json(server, "search of 300 instances", search, SHAPE_ZYX[0], gzip=False)
        another = phantoms.write_ct_series(
            folder / f"more{number}", shape_zyx=(40, 512, 512), patient_id=f"MORE{number}"
        )
        for server in servers:
            measure_store(server, another)


def table(ours: Server, peer: Server, say: Callable[[str], None]) -> None:
    """Median [range] of both, and the ratio of the medians: more than 1 is in our favour."""
    say(f"{'':36}{ours.name:>28}{peer.name:>28}{'ratio':>8}")
    for name, mine in ours.seen.items():
        theirs = peer.seen[name]
        a, b = statistics.median(mine), statistics.median(theirs)
        ratio = a / b if "/s" in name else b / a
        cells = "".join(f"{f'{m:.4g} [{min(v):.4g}..{max(v):.4g}]':>28}" for m, v in ((a, mine), (b, theirs)))
        say(f"{name:36}{cells}{ratio:>8.2f}")


def main() -> None:
    if ORTHANC is None or not WEB_PLUGIN.exists():
        raise SystemExit("no Orthanc to compare with: apt-get install orthanc orthanc-dicomweb")
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        live, orthanc = LiveWeb(folder / "var"), None
        try:
            live.start()
            orthanc = Orthanc(
                folder / "orthanc", KeepAlive=True, TcpNoDelay=True, HttpCompressionEnabled=True,
                DicomWeb={"SeriesMetadata": "Full", "StudiesMetadata": "Full"},
            )  # fmt: skip
            orthanc.wait()
            version = orthanc.http.get("/system").json()["Version"]
            ours = Server(
                "MedReview", live.port, f"/dicomweb/{live.slug}", {"Authorization": f"Bearer {live.token}"},
                live.web_pid,
            )  # fmt: skip
            peer = Server(f"Orthanc {version}", orthanc.port, "/dicom-web", {}, orthanc.process.pid)
            measure([ours, peer], folder)
            table(ours, peer, lambda line: print(line, flush=True))
        finally:
            live.stop()
            if orthanc is not None:
                orthanc.process.terminate()
                orthanc.process.wait(20)


if __name__ == "__main__":
    main()
