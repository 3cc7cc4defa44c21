"""One whole loop in the production shape, through https on nginx, and what that shape promises beside it.

The tests are in the order of a day: they share one installation, and the last of them takes it apart.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, sync_playwright
from pynetdicom import AE

from tests.conftest import Say
from tests.loop.circle import Circle, Round
from tests.loop.demo import FLOOR, FLOOR_LABEL, REFERENCES, demo_circle
from tests.loop.system import PASSWORD, Person
from tests.phantoms import write_brain_phantoms
from tests.soak.production import ROOT, Production, missing_programs

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]
AUTH = "/_allauth/browser/v1/auth/"
PICTURES = ROOT / "test-artifacts" / "production"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
PAGES = 60
BURST = 200


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    if lacking := missing_programs():
        pytest.skip(f"the production shape needs {', '.join(lacking)} (docs/deployment.md)")
    shape = Production(tmp_path_factory.mktemp("production"))
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(shape.certificate)
    try:
        shape.start()
        yield shape
    finally:
        late = shape.stop()
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
    assert late == 0, "a process did not end in the time that systemd gives it"


@pytest.fixture(scope="module")
def circle(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Circle:
    """A project whose images came in through nginx, and its three people: maya, rada and rolf."""
    said: list[str] = []
    made = demo_circle(production, tmp_path_factory.mktemp("circle"), said.append)
    made.say = lambda text: print(f"\n  {text}", flush=True)
    made.say(said[-1])
    made.look_up_lanes()
    assert len(made.lanes["reference"]) >= REFERENCES
    made.read_and_approve(made.lanes["reference"])
    return made


class Listener(threading.Thread):
    """Live events of a project as a page gets them, with the moment of each."""

    def __init__(self, production: Production, cookies: httpx.Cookies, project_id: int) -> None:
        super().__init__(daemon=True)
        self.events: list[tuple[float, dict[str, Any]]] = []
        self.opened = threading.Event()
        self._over = threading.Event()
        self._path = f"{production.url}/api/v1/projects/{project_id}/events"
        self._client = httpx.Client(verify=production.tls(), cookies=cookies, timeout=30)

    def run(self) -> None:
        """As an EventSource does: opens the stream again when it ends or breaks."""
        while not self._over.is_set():
            try:
                with self._client.stream("GET", self._path) as stream:
                    stream.raise_for_status()
                    self.opened.set()
                    for line in stream.iter_lines():
                        if line.startswith("data: "):
                            self.events.append((time.monotonic(), json.loads(line.removeprefix("data: "))))
            except httpx.TransportError:
                time.sleep(0.5)

    def stop(self) -> None:
        self._over.set()
        self._client.close()


def requests_of(production: Production, web: str) -> list[dict[str, Any]]:
    """The lines that a web process logged for requests."""
    lines = production.log(f"medreview-web@{web}").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line["logger"] == "medreview.access"]


def browser_client(production: Production, *, address: str = "127.0.0.1") -> httpx.Client:
    """What a browser is to the server: cookies, CSRF token, Origin."""
    transport = httpx.HTTPTransport(verify=production.tls(), local_address=address)
    client = httpx.Client(base_url=production.url, transport=transport, timeout=60, headers={"Origin": production.url})
    client.get("/sign-in").raise_for_status()
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return client


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    answer = client.post(AUTH + "login", json={"username": name, "password": password}, headers=headers)
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return answer


def test_it_comes_up(production: Production, say: Say) -> None:
    with production.admin() as admin:
        (version,) = admin.execute("SHOW server_version").fetchone() or ("",)
    say(f"PostgreSQL {version}; settings: {', '.join(sorted(production.settings))}")
    say("\n  ".join(f"$ {command}" for command in production.commands))
    assert len(production.services) == 10


def test_a_loop_turns_through_nginx(production: Production, circle: Circle, say: Say) -> None:
    circle.manager.http = signed_in_manager(production, say)
    listener = Listener(production, circle.manager.http.cookies, circle.project_id)
    listener.start()
    assert listener.opened.wait(30)
    circle.read_and_approve(circle.lanes["learning"][:5])

    first = circle.retrain()
    circle.report(1, first)
    assert first.by_label[FLOOR_LABEL] >= FLOOR
    rows = circle.wait_for_suggestions(circle.promote_newest())
    assert any((row["suggestions"] or {}).get("count", 0) for row in rows)
    totals = circle.read_and_approve([row["case_id"] for row in rows][:5])
    say(f"suggestions read: {totals}")
    assert totals["suggestions"] > 0
    second, killed, successor = retrain_while_its_worker_dies(production, circle)
    circle.report(2, second)
    assert second.version == 2
    say(f"{killed} was killed in mid-training, {successor} went on; attempts: 2")
    assert {killed, successor} == {"medreview-batch@1", "medreview-batch@2"}

    listener.stop()
    kinds = {event["type"] for _, event in listener.events}
    say(f"live events through nginx: {len(listener.events)}, of kinds {', '.join(sorted(kinds))}")
    assert len({round(at) for at, _ in listener.events}) > 20, "events came in lumps: something held them back"


def signed_in_manager(production: Production, say: Say) -> httpx.Client:
    """From here on the manager acts with session and CSRF token."""
    client = browser_client(production)
    answer = sign_in(client, "maya")
    assert answer.status_code == 200
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    say(f"cookies: {'; '.join(f'{name} {flags(line)}' for name, line in sorted(cookies.items()))}")
    assert flags(cookies["sessionid"]) == "HttpOnly SameSite=Lax Secure"
    assert flags(cookies["csrftoken"]) == "SameSite=Lax Secure"
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    client.base_url = httpx.URL(f"{production.url}/api/v1/")
    return client


def flags(line: str) -> str:
    return " ".join(flag for flag in ("HttpOnly", "SameSite=Lax", "Secure") if f"; {flag}" in line)


def retrain_while_its_worker_dies(production: Production, circle: Circle) -> tuple[Round, str, str]:
    """Retrain, and kill the batch worker that has taken it; returns its name and that of the one that went on."""
    killed: list[str] = []

    def kill() -> None:
        deadline = time.monotonic() + 300
        while not killed and time.monotonic() < deadline:
            time.sleep(0.2)
            if owner := training_owner(production, "state = 'running' AND (progress->>'fraction')::float > 0.2"):
                killed.append(owner)
                production.stop_service(owner, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    found = circle.retrain()
    thread.join()
    assert killed, "no batch worker was killed"
    successor = training_owner(production, "state = 'succeeded' AND attempt = 2")
    production.start_service("medreview-batch@", killed[0].removeprefix("medreview-batch@"))
    return found, killed[0], successor


def training_owner(production: Production, condition: str) -> str:
    """The unit of the worker that holds, or held, the newest training; empty when there is none like that."""
    query = f"SELECT lease_owner FROM core_job WHERE kind = 'learning.train' AND {condition} ORDER BY id DESC"
    with psycopg.connect(production.database_url) as server:
        found = server.execute(query.encode()).fetchone()
    pid = int(str(found[0]).rpartition(":")[2]) if found else 0
    return next((name for name, process in production.services.items() if process.pid == pid), "")


def test_both_web_processes_served(production: Production, say: Say) -> None:
    ids = [production.get("/api/v1/me").headers["x-request-id"] for _ in range(20)]
    time.sleep(0.5)
    logged = {web: requests_of(production, web) for web in ("web1", "web2")}
    for web, lines in logged.items():
        mine = sum(line["request_id"] in ids for line in lines)
        say(f"{web}: {len(lines)} requests, {mine} of the last 20 by their X-Request-ID")
        assert mine > 0
        assert not [line for line in lines if line["status"] >= 500 and line["status"] != 503]
    seen = [line["request_id"] for lines in logged.values() for line in lines]
    assert all(seen.count(one) == 1 for one in ids)


def test_plain_http_leads_to_https(production: Production) -> None:
    answer = httpx.get(f"http://localhost:{production.ports['http']}/p/x?y=1")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://localhost/p/x?y=1"


def test_a_browser_needs_its_token_and_its_origin(production: Production, circle: Circle) -> None:
    client = browser_client(production)
    assert sign_in(client, "maya").status_code == 200
    for headers in ({"X-CSRFToken": ""}, {"Origin": "https://evil.example"}):
        refused = client.post("/api/v1/projects/1/imports", json={}, headers=headers)
        assert refused.status_code == 403
        assert "CSRF" in refused.json()["error"]["message"]
    assert client.post("/api/v1/projects/1/imports", json={}).status_code == 201


def test_too_large_is_said_in_words(production: Production, say: Say) -> None:
    """Before a byte of it was sent."""
    connection = http.client.HTTPSConnection("localhost", production.ports["https"], context=production.tls())
    connection.putrequest("POST", "/api/v1/imports/1/files")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(600 * 2**20))
    connection.endheaders()
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    say(f"600 MB: {answer.status} {error['message']}")
    assert (answer.status, error["code"], error["retryable"]) == (413, "too_large", False)
    assert answer.getheader("Content-Type") == "application/json"


def test_metrics_ask_for_their_token(production: Production) -> None:
    assert production.get("/metrics").status_code == 404
    answer = production.get("/metrics", headers={"Authorization": f"Bearer {production.passwords['metrics']}"})
    assert answer.status_code == 200
    assert "medreview_queue_depth" in answer.text


def test_open_pages_and_bursts_do_not_use_up_the_connections(production: Production, circle: Circle, say: Say) -> None:
    """PostgreSQL allows 100: a live page keeps none, a burst shares the pools."""
    token = production.command("user", "token", "rada")["token"]
    reader = Person(production, token)
    project = reader.get("/me")["projects"][0]["id"]
    browser = browser_client(production)
    assert sign_in(browser, "rada").status_code == 200
    pages = [Listener(production, browser.cookies, project) for _ in range(PAGES)]
    for page in pages:
        page.start()
    assert all(page.opened.wait(30) for page in pages)
    quiet = connections(production)
    with httpx.Client(
        verify=production.tls(), headers={"Authorization": f"Bearer {token}"}, timeout=60,
        limits=httpx.Limits(max_connections=BURST),
    ) as client, ThreadPoolExecutor(BURST) as pool:  # fmt: skip
        answers = list(
            pool.map(
                lambda _: client.get(f"{production.url}/api/v1/projects/{project}/worklist").status_code, range(400)
            )
        )
    for page in pages:
        page.stop()
    busy = connections(production)
    say(f"{PAGES} live pages: {quiet} connections; after 400 requests, {BURST} at once: {busy}")
    assert set(answers) == {200}
    assert quiet <= 50
    assert busy <= 60


def connections(production: Production) -> int:
    with production.admin() as admin:
        found = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'medreview'").fetchone()
    return int(str(found[0])) if found else 0


def test_dicom_comes_in_by_c_store(production: Production, circle: Circle, tmp_path: Path) -> None:
    import pydicom

    project = Person(production, production.command("user", "token", "maya")["token"]).get("/me")["projects"][0]
    production.command("ae-route", "add", "SHAPE", "--project", project["slug"])
    (phantom,) = write_brain_phantoms(tmp_path, 1, shape_zyx=(4, 16, 16), seed=99)
    dataset = pydicom.dcmread(phantom.files[0])
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", production.ports["dimse"], ae_title="SHAPE")
    assert association.is_established
    assert association.send_c_store(dataset).Status == 0
    association.release()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with psycopg.connect(production.database_url) as server:
            if server.execute(
                "SELECT 1 FROM archive_instance WHERE sop_instance_uid = %s", [dataset.SOPInstanceUID]
            ).fetchone():
                return
        time.sleep(0.5)
    raise AssertionError(f"not taken in\n{production.logs()}")


@contextmanager
def chromium_of(production: Production, name: str) -> Iterator[Page]:
    """A signed-in page of somebody whose browser speaks with nginx; no script error, no server error."""
    path = next((found for known in CHROMIUM_NAMES if (found := shutil.which(known))), None)
    assert path is not None, "there is no Chromium on PATH: run scripts/need-chromium"
    faults: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--enable-unsafe-swiftshader"], headless=True
        )
        context = chromium.new_context(
            base_url=production.url, viewport={"width": 1440, "height": 900}, ignore_https_errors=True, locale="en-GB"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 500 else None)
        page.goto("/sign-in")
        page.get_by_label("User name or email").fill(name)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/p/**")
        yield page
        chromium.close()
    assert not faults


def shot(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def test_chromium_reads_through_nginx(production: Production, circle: Circle, say: Say) -> None:
    with chromium_of(production, "rada") as page:
        page.get_by_role("row").nth(1).wait_for()
        page.get_by_text("Live", exact=True).wait_for()
        page.wait_for_timeout(1500)
        shot(page, "worklist")
        protocol = page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    say(f"Chromium speaks {protocol} to nginx; no script error, no server error")
    assert protocol == "h2"


def test_chromium_is_told_what_was_too_large(production: Production, circle: Circle, tmp_path: Path, say: Say) -> None:
    large = tmp_path / "large.dcm"
    with large.open("wb") as stream:
        stream.truncate(520 * 2**20)
    with chromium_of(production, "maya") as page:
        page.goto(f"/p/{circle.manager.get(f'/projects/{circle.project_id}')['slug']}/data")
        page.get_by_label("Choose files").set_input_files(large)
        said = page.get_by_text("A request may have 512 MB")
        said.first.wait_for(timeout=120_000)
        shot(page, "too-large")
        say(f"the page says of a file of 520 MB: {said.first.inner_text()}")


def test_a_rolling_restart_is_not_noticed(production: Production, circle: Circle, say: Say) -> None:
    token = production.command("user", "token", "rada")["token"]
    over, statuses = threading.Event(), []

    def ask() -> None:
        with httpx.Client(verify=production.tls(), headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            while not over.is_set():
                statuses.append(client.get(f"{production.url}/api/v1/me").status_code)

    browser = browser_client(production)
    assert sign_in(browser, "rada").status_code == 200
    page = Listener(production, browser.cookies, circle.project_id)
    page.start()
    assert page.opened.wait(30)
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for web in ("web1", "web2"):
        production.stop_service(f"medreview-web@{web}")
        production.start_service("medreview-web@", web)
        production.wait_ready()
    over.set()
    page.stop()
    for thread in threads:
        thread.join(60)
    say(f"both web processes restarted one after the other during {len(statuses)} requests: {set(statuses)}")
    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_a_database_that_restarts_is_waited_for(production: Production, circle: Circle, say: Say) -> None:
    token = production.command("user", "token", "rada")["token"]
    with httpx.Client(verify=production.tls(), headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        assert client.get(f"{production.url}/api/v1/me").status_code == 200
        production.stop_postgresql()
        refused = client.get(f"{production.url}/api/v1/me")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable"), refused.text
        assert refused.headers["retry-after"]
        production.start_postgresql()
        back = time.monotonic()
        while client.get(f"{production.url}/api/v1/me").status_code != 200:
            assert time.monotonic() - back < 15
            time.sleep(0.2)
    message = refused.json()["error"]["message"]
    say(f"database away: {refused.status_code} {message} Back after {time.monotonic() - back:.1f} s")
    manager = Person(production, production.command("user", "token", "maya")["token"])
    project = manager.get("/me")["projects"][0]["id"]
    export = manager.post(f"/projects/{project}/exports", {"format": "coco"})
    deadline = time.monotonic() + 60
    while manager.get(f"/exports/{export['id']}")["state"] != "done":
        assert time.monotonic() < deadline, production.logs()
        time.sleep(0.5)


def test_a_broker_that_restarts_empty_is_filled_again(production: Production, circle: Circle, say: Say) -> None:
    manager = Person(production, production.command("user", "token", "maya")["token"])
    project = manager.get("/me")["projects"][0]["id"]
    production.stop_service("redis", signal.SIGKILL)
    export = manager.post(f"/projects/{project}/exports", {"format": "coco"})
    shutil.rmtree(production.folder / "redis")
    production.start_redis()
    started = time.monotonic()
    while manager.get(f"/exports/{export['id']}")["state"] != "done":
        assert time.monotonic() - started < 60, production.logs()
        time.sleep(0.5)
    took = time.monotonic() - started
    say(f"broker killed, emptied and started again: an export asked for meanwhile was done {took:.1f} s later")


def test_the_databases_log_quotes_no_rows(production: Production) -> None:
    with psycopg.connect(production.database_url) as server:
        server.execute("CREATE TEMP TABLE patients (id text UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            server.execute("INSERT INTO patients VALUES ('PAT-0042'), ('PAT-0042')")
    log = production.postgresql_log()
    assert "duplicate key value" in log
    assert "PAT-0042" not in log


def test_a_superuser_is_made_by_django(production: Production) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "createsuperuser", "--noinput", "--username", "olga", "--email",
         "olga@example.org"],
        env={**production.environment, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}, check=True, capture_output=True,
    )  # fmt: skip
    token = production.command("user", "token", "olga")["token"]
    assert production.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_backup_and_check(production: Production, say: Say) -> None:
    made = production.command("backup", str(production.folder / "backup"))
    found = production.command("fsck")
    say(f"backup: {made['files']} files, {made['bytes'] >> 20} MB, problems: {made['problems']}")
    say(f"fsck: {found['checked']}")
    assert made["problems"] == []
    assert found["clean"]


def test_guessing_is_slowed_by_the_callers_own_address(production: Production, circle: Circle, say: Say) -> None:
    """60 tries for an address: a forged X-Forwarded-For is no other address, another machine is."""
    client = browser_client(production)
    statuses = [
        sign_in(client, f"nobody{n}", "wrong-password-1", **{"X-Forwarded-For": f"10.1.2.{n}"}).status_code
        for n in range(62)
    ]
    assert statuses[10] == 400
    assert statuses[-1] == 429
    elsewhere = sign_in(browser_client(production, address="127.0.0.2"), "rada")
    assert elsewhere.status_code == 200
    say(f"62 wrong sign-ins with forged addresses: {statuses.count(400)} refused, {statuses.count(429)} slowed; "
        f"from another address: {elsewhere.status_code}")  # fmt: skip


def test_without_web_processes_nginx_says_so(production: Production, say: Say) -> None:
    for web in ("web1", "web2"):
        production.stop_service(f"medreview-web@{web}")
    answer = production.get("/api/v1/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    say(f"without web processes: {answer.status_code} {answer.json()['error']['message']}")
