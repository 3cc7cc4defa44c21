"""`medreview up --dimse-port`: the receiver starts, works and stops with the rest of the system."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pydicom
import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from tests import phantoms
from tests.loop.system import System, free_port

LABELS = '[{"name": "Lesion", "kind": "segment"}]'


class Receiving(System):
    """With a receiver, asked for by the environment as a service file would."""

    dimse_port = 0

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "MEDREVIEW_DIMSE_PORT": str(self.dimse_port), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Receiving]:
    running = Receiving(tmp_path / "var")
    running.dimse_port = free_port()
    running.start()
    wait_for("Ctrl-C", running)
    yield running
    running.stop()


def wait_for(text: str, system: System) -> None:
    """Until `medreview up` has said this."""
    deadline = time.monotonic() + 60
    while text not in (system.data_dir / "up.log").read_text():
        assert time.monotonic() < deadline, system.logs()
        time.sleep(0.2)


def receivers(port: int) -> list[int]:
    """Process ids of receivers that were started for this port."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"dimse" in words and str(port).encode() in words:
                found.append(int(folder.name))
    return found


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.mark.timeout(240)
def test_the_receiver_lives_and_ends_with_the_system(system: Receiving, tmp_path: Path) -> None:
    said = (system.data_dir / "up.log").read_text()
    assert f"AE title MEDREVIEW, host 127.0.0.1, port {system.dimse_port}" in said
    (tmp_path / "labels.json").write_text(LABELS)
    system.command("user", "add", "mona", "--password", "read-and-mark-7")
    token = system.command("user", "token", "mona")["token"]
    system.command("project", "create", "Received", "--labels", str(tmp_path / "labels.json"), "--manager", "mona")
    system.command("ae-route", "add", "INTAKE", "--project", "received")
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(4, 40, 32), patient_id="BY-C-STORE")
    send(system.dimse_port, phantom)
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        deadline = time.monotonic() + 60
        while True:
            found = client.get(f"{system.url}/dicomweb/received/instances").json()
            if len(found) == 4:
                break
            assert time.monotonic() < deadline, system.logs()
            time.sleep(0.3)
    (pid,) = receivers(system.dimse_port)
    assert system.stop() == 0
    assert not Path(f"/proc/{pid}").exists()
    assert receivers(system.dimse_port) == []
    assert not is_open(system.dimse_port)


def send(port: int, phantom: phantoms.Phantom) -> None:
    entity = AE(ae_title="SCANNER")
    datasets = [pydicom.dcmread(path) for path in phantom.files]
    entity.add_requested_context(Verification)
    entity.add_requested_context(datasets[0].SOPClassUID, datasets[0].file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title="INTAKE")
    assert association.is_established
    assert association.send_c_echo().Status == 0
    assert [association.send_c_store(dataset).Status for dataset in datasets] == [0] * len(datasets)
    association.release()


def up(data_dir: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    return subprocess.run(
        [sys.executable, "-m", "medreview.cli", "up", "--data-dir", str(data_dir), "--no-demo", *options],
        capture_output=True, text=True, timeout=60, env={**kept, **environment},
    )  # fmt: skip


def test_a_port_that_cannot_be_is_said_before_anything_starts(tmp_path: Path) -> None:
    port = str(free_port())
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        for options, environment, words in (
            (("--port", port, "--dimse-port", taken), {}, ("cannot listen", "--dimse-port")),
            (("--port", port), {"MEDREVIEW_DIMSE_PORT": taken}, ("cannot listen", "--dimse-port")),
            (("--port", port, "--dimse-port", port), {}, ("cannot both have port",)),
            (("--port", port, "--dimse-port", "0"), {}, ("--dimse-port",)),
            (("--port", port), {"MEDREVIEW_DIMSE_PORT": "many"}, ("--dimse-port",)),
        ):
            done = up(tmp_path / "var", *options, **environment)
            assert done.returncode != 0, options
            for word in words:
                assert word in " ".join((done.stdout + done.stderr).split()), (options, done.stderr)
    assert not (tmp_path / "var" / "medreview.sqlite3").exists()
