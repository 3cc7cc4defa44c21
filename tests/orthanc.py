"""An Orthanc of the machine (Debian: `apt-get install orthanc orthanc-dicomweb`) as a peer for tests and benchmarks."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pydicom

from tests.loop.system import free_port
from tests.phantoms import Phantom

ORTHANC = shutil.which("Orthanc")
WEB_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


class Orthanc:
    """`settings` are more keys of its configuration. `http` speaks to it; `wait` until it answers."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.port, self.folder = free_port(), folder
        whole = {
            "Name": "peer", "StorageDirectory": str(folder / "db"), "IndexDirectory": str(folder / "db"),
            "HttpPort": self.port, "DicomPort": free_port(), "DicomAet": "ORTHANC", "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "OverwriteInstances": True,
            "Plugins": [str(WEB_PLUGIN)] if WEB_PLUGIN.exists() else [],
            **settings,
        }  # fmt: skip
        folder.mkdir(parents=True)
        (folder / "orthanc.json").write_text(json.dumps(whole))
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120)
        with (folder / "orthanc.log").open("ab") as log:
            self.process = subprocess.Popen([str(ORTHANC), str(folder / "orthanc.json")], stdout=log, stderr=log)

    def wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.http.get("/system").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise RuntimeError((self.folder / "orthanc.log").read_text()[-3000:])

    def post(self, path: str, body: Any) -> Any:
        answer = self.http.post(path, json=body) if not isinstance(body, bytes) else self.http.post(path, content=body)
        assert answer.status_code == 200, (path, answer.text, (self.folder / "orthanc.log").read_text()[-2000:])
        return answer.json()

    def take(self, phantom: Phantom) -> str:
        """Give the study to Orthanc; returns its id there."""
        for path in phantom.files:
            study = self.post("/instances", path.read_bytes())["ParentStudy"]
        return str(study)

    def files(self, study: str) -> dict[str, pydicom.FileDataset]:
        rows = self.http.get(f"/studies/{study}/instances").json()
        raw = [self.http.get(f"/instances/{row['ID']}/file").content for row in rows]
        return {dataset.SOPInstanceUID: dataset for dataset in (pydicom.dcmread(io.BytesIO(one)) for one in raw)}
