"""A real web server over a data directory of its own: migrated database and granian, without workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from medreview.cli.up import web_command
from tests.loop.system import PASSWORD, free_port

_NOT_HANDED_ON = ("MEDREVIEW_REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
LABELS = [{"name": "Lesion", "kind": "segment"}]


class LiveWeb:
    """Start with `start`, end with `stop`. `token` is of a manager, `reader_token` of an annotator of `slug`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.slug = self.token = self.reader_token = ""
        self.project_id = 0
        self._parts: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in _NOT_HANDED_ON}
        return {**kept, "MEDREVIEW_DATA_DIR": str(self.data_dir), "OMP_NUM_THREADS": "1"}

    @property
    def dicomweb(self) -> str:
        return f"{self.url}/dicomweb/{self.slug}"

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.command("migrate", as_json=False)
        (self.data_dir / "labels.json").write_text(json.dumps(LABELS))
        self.command("user", "add", "manager", "--password", PASSWORD)
        made = self.command(
            "project", "create", "Live", "--labels", str(self.data_dir / "labels.json"), "--manager", "manager"
        )
        self.slug, self.project_id = made["slug"], made["id"]
        self.command("user", "add", "reader", "--password", PASSWORD, "--project", self.slug, "--role", "annotator")
        self.token = self.command("user", "token", "manager")["token"]
        self.reader_token = self.command("user", "token", "reader")["token"]
        self.run(web_command("127.0.0.1", self.port), "web")
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
        for process in self._parts:
            process.send_signal(signal.SIGINT)
        for process in self._parts:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

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
