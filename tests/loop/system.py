"""The real system for tests: `medreview up` in its own data directory, with its own broker, workers and web server."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import psycopg.sql

PASSWORD = "read-and-mark-7"
START_SECONDS = 240.0
# pytest-django names the settings of the tests in the environment; the product runs on its own.
_NOT_HANDED_ON = ("MEDREVIEW_REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class System:
    """Start with `start`, end with `stop`; `command` runs the `medreview` program against the same data."""

    def __init__(self, data_dir: Path, *, options: tuple[str, ...] = ("--no-demo",)) -> None:
        self.data_dir, self.options, self.port = data_dir, options, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process of `medreview up`."""
        if self._process is None:
            raise RuntimeError("the system was not started")
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in _NOT_HANDED_ON}
        if self.database_url:
            kept["DATABASE_URL"] = self.database_url
        return {**kept, "MEDREVIEW_DATA_DIR": str(self.data_dir)}

    @property
    def database_url(self) -> str:
        """A database of its own on the server of scripts/on-postgres; empty where the system makes a SQLite file."""
        server = os.environ.get("MEDREVIEW_TEST_DATABASE_URL", "")
        name = "system_" + hashlib.sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return urlsplit(server)._replace(path=f"/{name}").geturl() if server else ""

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self.database_url:
            make_database(os.environ["MEDREVIEW_TEST_DATABASE_URL"], self.database_url)
        log = (self.data_dir / "up.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "medreview.cli", "up", "--port", str(self.port), "--data-dir", str(self.data_dir),
             *self.options],
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise RuntimeError(f"the system did not start:\n{self.logs()}")

    def stop(self) -> int:
        """Ask it to stop as Ctrl-C does; returns the exit status."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run `medreview … --json` and return its result."""
        done = subprocess.run(
            [sys.executable, "-m", "medreview.cli", *arguments, "--json"],
            capture_output=True, text=True, env=self.environment, timeout=600,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"medreview {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result

    def logs(self) -> str:
        """The end of every log, for a failing test's message."""
        parts = [self.data_dir / "up.log", *sorted((self.data_dir / "logs").glob("*.log"))]
        return "\n".join(f"--- {p.name}\n{p.read_text(errors='replace')[-3000:]}" for p in parts if p.exists())


def make_database(server: str, wanted: str) -> None:
    """Make the database of the address `wanted`, unless it is there from an earlier start."""
    with psycopg.connect(server, autocommit=True) as connection, contextlib.suppress(psycopg.errors.DuplicateDatabase):
        name = psycopg.sql.Identifier(urlsplit(wanted).path.lstrip("/"))
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(name))


class Person:
    """Someone who acts only through HTTP, with the browser's session and CSRF token, or with a bearer token."""

    def __init__(self, system: System, token: str) -> None:
        self.http = httpx.Client(
            base_url=f"{system.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=120
        )

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self.http.get(path, params=query))

    def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Any:
        return self._answer(self.http.post(path, json=body if body is not None else {}, headers=headers))

    def patch(self, path: str, body: Any) -> Any:
        return self._answer(self.http.patch(path, json=body))

    def upload(self, import_id: int, files: list[tuple[str, bytes]]) -> Any:
        """Send files with their relative paths in one multipart request."""
        return self._answer(
            self.http.post(
                f"/imports/{import_id}/files",
                files=[("file", (name.rsplit("/", 1)[-1], data)) for name, data in files],
                data={"path": [name for name, _ in files]},
            )
        )

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if response.is_error:
            raise RuntimeError(
                f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:600]}"
            )
        return response.json() if response.content else None


def add_person(system: System, username: str, *, project: str = "", roles: tuple[str, ...] = ()) -> Person:
    arguments = ["user", "add", username, "--password", PASSWORD, "--name", username.title(), "--token"]
    if project:
        arguments += ["--project", project]
        for role in roles:
            arguments += ["--role", role]
    return Person(system, system.command(*arguments)["token"])
