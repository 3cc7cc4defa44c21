"""A real web server over a data directory of its own: migrated database and granian, without workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import httpx

from medreview.cli.up import web_command
from tests.loop.system import PASSWORD, free_port

_NOT_HANDED_ON = ("MEDREVIEW_REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
LABELS = [{"name": "Lesion", "kind": "segment"}]
# What six runs of the command line would do, in one process.
_SEED = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from medreview.accounts import services
from medreview.labels.services import create_label_set
call_command("migrate", verbosity=0, interactive=False)
password, labels = sys.argv[1], json.loads(sys.argv[2])
manager = services.create_user(username="manager", password=password)
reader = services.create_user(username="reader", password=password)
project = services.create_project(name="Live", actor=manager)
create_label_set(project=project, labels=labels, actor=manager)
services.add_member(project=project, user=reader, role="annotator", actor=manager)
print(json.dumps({
    "slug": project.slug,
    "project_id": project.pk,
    "token": services.create_token(user=manager, name="t"),
    "reader_token": services.create_token(user=reader, name="t"),
}))
"""


class LiveWeb:
    """Start with `start`, end with `stop`. `token` is of a manager, `reader_token` of an annotator of `slug`."""

    web_options: tuple[str, ...] = ()
    settings: ClassVar[dict[str, str]] = {}

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.slug = self.token = self.reader_token = ""
        self.project_id = 0
        self.web_pid = 0
        self._parts: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in _NOT_HANDED_ON}
        own = {"DJANGO_SETTINGS_MODULE": "medreview.config.settings", "OMP_NUM_THREADS": "1"}
        return {**kept, **own, "MEDREVIEW_DATA_DIR": str(self.data_dir), **self.settings}

    @property
    def dicomweb(self) -> str:
        return f"{self.url}/dicomweb/{self.slug}"

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", _SEED, PASSWORD, json.dumps(LABELS)],
            capture_output=True, text=True, env=self.environment, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the data directory could not be made: {done.stderr}")
        made = json.loads(done.stdout.strip().splitlines()[-1])
        self.slug, self.project_id = made["slug"], made["project_id"]
        self.token, self.reader_token = made["token"], made["reader_token"]
        self.start_web()

    def start_web(self) -> None:
        self.web_pid = self.run([*web_command("127.0.0.1", self.port), *self.web_options], "web").pid
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"the web server did not start:\n{(self.data_dir / 'web.log').read_text()[-3000:]}")

    def run(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        with (self.data_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self.environment)
        self._parts.append(process)
        return process

    def stop(self) -> None:
        """`start_web` may start the server again."""
        for process in self._parts:
            process.send_signal(signal.SIGINT)
        for process in self._parts:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._parts.clear()

    def command(self, *arguments: str, as_json: bool = True) -> dict[str, Any]:
        """Run `medreview …` against the same data."""
        done = subprocess.run(
            [sys.executable, "-m", "medreview.cli", *arguments, *(["--json"] if as_json else [])],
            capture_output=True, text=True, env=self.environment, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"medreview {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1]) if as_json else {}
        return result
