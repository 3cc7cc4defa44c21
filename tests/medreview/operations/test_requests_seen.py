"""Every answer of a real server of two processes has an id, a line in the log and its place in the metrics, also one
that is given before Django sees the request; and none of them names a patient."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from medreview.archive.frames_asgi import ROUTE as FRAMES
from medreview.core import request_metrics
from tests import phantoms
from tests.faults.victims import wait_for
from tests.medreview.archive.live import LiveWeb
from tests.phantoms import Phantom

COUNTED = "medreview_http_requests_total"
REQUESTS = 24
ANY = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
ID = "X-Request-ID"


class TwoProcesses(LiveWeb):
    web_options = ("--workers", "2")
    settings: ClassVar[dict[str, str]] = {"MEDREVIEW_LOG_FORMAT": "json"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoProcesses]:
    running = TwoProcesses(tmp_path_factory.mktemp("seen") / "var")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def phantom(web: TwoProcesses, tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    made = phantoms.write_mr_series(
        tmp_path_factory.mktemp("p") / "s", shape_zyx=(2, 40, 32), patient_id="QQID", patient_name="QQNAME^X"
    )
    parts = b"".join(b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n" + path.read_bytes() for path in made.files)
    headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    assert ask(web, "POST", f"/dicomweb/{web.slug}/studies", headers, parts + b"\r\n--b--\r\n").status_code == 200
    return made


def ask(
    web: LiveWeb, method: str, path: str, headers: dict[str, str] | None = None, content: bytes = b""
) -> httpx.Response:
    """Over a connection of its own, so that both processes get their share."""
    given = {"Authorization": f"Bearer {web.token}", **(headers or {})}
    with httpx.Client(timeout=30) as client:
        return client.request(method, web.url + path, headers=given, content=content)


def frame_path(web: LiveWeb, phantom: Phantom) -> str:
    series = f"/dicomweb/{web.slug}/studies/{phantom.study_uid}/series/{phantom.series_uid}"
    return f"{series}/instances/{phantom.sop_uids[0]}/frames/1"


def samples(text: str, name: str, **labels: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }


def frames_counted(text: str) -> Counter[str]:
    """Answers to requests for frames, by status."""
    found = samples(text, COUNTED, method="GET", route=FRAMES)
    return Counter({dict(labels)["status"]: int(number) for labels, number in found.items()})


def metrics(web: LiveWeb) -> str:
    with httpx.Client(timeout=30) as client:
        answer = client.get(f"{web.url}/metrics")
    assert answer.status_code == 200
    return answer.text


def access_line(web: LiveWeb, request_id: str) -> dict[str, Any]:
    """The one line about a request; it is written when the answer has gone, so it may still be on its way."""

    def look() -> list[dict[str, Any]]:
        lines = (web.data_dir / "web.log").read_text().splitlines()
        parsed = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [line for line in parsed if line["logger"] == "medreview.access" and line["request_id"] == request_id]

    (line,) = wait_for(look, 10, f"the log line of {request_id}")
    return dict(line)


def test_frames_are_counted_and_timed_over_both_processes(web: TwoProcesses, phantom: Phantom) -> None:
    time.sleep(1.5)  # what earlier tests asked is written down
    path, before = frame_path(web, phantom), frames_counted(metrics(web))
    answers = [ask(web, "GET", path, {"Accept": ANY}) for _ in range(REQUESTS)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers[ID] for answer in answers}) == REQUESTS
    assert ask(web, "GET", path, {"Accept": "image/gif"}).status_code == 406
    asked = Counter({"200": REQUESTS, "406": 1})
    texts = settled(web, before + asked)
    assert len(list((web.data_dir / "run" / "metrics").glob("*/*-*.json"))) == 2, "both processes have answered"
    for text in texts:
        (timed,) = samples(text, "medreview_http_request_seconds_count", route=FRAMES).values()
        (summed,) = samples(text, "medreview_http_request_seconds_sum", route=FRAMES).values()
        (within,) = samples(text, "medreview_http_request_seconds_bucket", route=FRAMES, le="30.0").values()
        assert timed == within == (before + asked).total()
        assert 0 < summed < 30 * timed


def settled(web: LiveWeb, expected: Counter[str]) -> list[str]:
    """Eight answers, of both processes, once each has written down what it counted (after a second)."""
    deadline = time.monotonic() + 15
    while True:
        texts = [metrics(web) for _ in range(8)]
        if all(frames_counted(text) == expected for text in texts):
            return texts
        assert time.monotonic() < deadline, [frames_counted(text) for text in texts]
        time.sleep(0.3)


def test_a_frame_has_its_id_and_its_line_like_every_request(web: TwoProcesses, phantom: Phantom) -> None:
    given = "trace-of-a-frame-01"
    answer = ask(web, "GET", frame_path(web, phantom), {"Accept": ANY, ID: given})
    assert (answer.status_code, answer.headers[ID]) == (200, given)
    assert ask(web, "GET", frame_path(web, phantom), {"Accept": ANY, ID: "bad id"}).headers[ID] != "bad id"
    line = access_line(web, given)
    assert (line["route"], line["method"], line["status"]) == (FRAMES, "GET", 200)
    assert line["milliseconds"] >= 0


def test_what_is_refused_before_django_is_seen_too(web: TwoProcesses) -> None:
    path = f"/api/v1/projects/{web.project_id}/imports"
    answer = ask(web, "POST", path, {"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"}, b"x")
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_media_type"
    line = access_line(web, answer.headers[ID])
    assert (line["status"], line["method"]) == (415, "POST")
    assert line["route"].startswith("api/v1/")
    assert "<" in line["route"]
    found = wait_for(lambda: samples(metrics(web), COUNTED, status="415"), 15, "the count of the refusal")
    assert list(found.values()) == [1]


def test_odd_methods_and_addresses_make_no_labels_of_their_own(web: TwoProcesses) -> None:
    for n in range(5):
        ask(web, f"ODD{n}", "/healthz")
        ask(web, "GET", f"/nowhere/QQID/{n}")
    wait_for(lambda: sum(samples(metrics(web), COUNTED, method="other").values()) == 5, 15, "five odd methods")
    assert "ODD" not in metrics(web)


def test_neither_metrics_nor_log_name_a_patient(web: TwoProcesses, phantom: Phantom) -> None:
    ask(web, "GET", f"/dicomweb/{web.slug}/studies?PatientName=QQNAME*")
    ask(web, "GET", f"/dicomweb/{web.slug}/studies/{phantom.study_uid}/metadata?x=QQID")
    text = metrics(web)
    log = (web.data_dir / "web.log").read_text()
    for word in ("QQID", "QQNAME", phantom.study_uid, phantom.series_uid, phantom.sop_uids[0]):
        assert word not in text
        assert word not in log
    assert "dicomweb/<slug:slug>/studies" in log


_ANOTHER_HOST = """
import socket, sys
from pathlib import Path
socket.gethostname = lambda: sys.argv[2]
from medreview.core import request_metrics
request_metrics.share(Path(sys.argv[1]))
request_metrics.count(method="GET", route="elsewhere", status=200, seconds=0.01)
"""


def another_host(web: LiveWeb, name: str) -> Path:
    folder = web.data_dir / "run" / "metrics"
    # Its numbers are written when it ends.
    subprocess.run([sys.executable, "-c", _ANOTHER_HOST, str(folder), name], check=True, timeout=60)
    return folder / name


def test_hosts_that_share_the_data_are_counted_until_they_are_gone_for_a_day(web: TwoProcesses) -> None:
    gone = another_host(web, "gone")
    (counted,) = samples(metrics(web), "medreview_http_requests_total", route="elsewhere").items()
    assert (dict(counted[0])["host"], counted[1]) == ("gone", 1)
    for path in (*gone.iterdir(), gone):
        os.utime(path, (0, 0))
    another_host(web, "new")
    (counted,) = samples(metrics(web), "medreview_http_requests_total", route="elsewhere").items()
    assert (dict(counted[0])["host"], counted[1]) == ("new", 1)
    assert not gone.exists()


def test_a_restarted_server_counts_anew(web: TwoProcesses) -> None:
    """Files of processes that are gone are not added up for ever."""
    web.stop()
    web.start_web()
    for text in [metrics(web) for _ in range(3)]:
        assert not samples(text, "medreview_http_requests_total", route=FRAMES)


def test_a_folder_that_cannot_be_written_costs_no_request(tmp_path: Path) -> None:
    """As on a full disk: the numbers wait, and are told when there is room again."""
    counting = request_metrics._Shared()
    counting.share(tmp_path / "metrics")
    (host,) = (tmp_path / "metrics").iterdir()
    host.rmdir()
    counting.count(("GET", "here", "200"), 0.2)
    counting._write()
    assert [sum(timed.classes) for timed in counting.total().values()] == [1]
    host.mkdir()
    counting._write()
    (file,) = host.iterdir()
    (host / "1-ab.json").write_text(file.read_text())
    (host / "2-cd.json").write_text("[[")
    ((key, timed),) = counting.total().items()
    assert (key[1:], sum(timed.classes), timed.seconds) == (("GET", "here", "200"), 2, 0.4)
