"""An Orthanc pushes studies by C-STORE and by DICOMweb and pulls them back unchanged."""

from __future__ import annotations

import io
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest

from medreview.cli import broker
from medreview.cli.up import worker_command
from tests import phantoms
from tests.loop.system import free_port
from tests.medreview.archive.live import LiveWeb
from tests.orthanc import ORTHANC, WEB_PLUGIN, Orthanc
from tests.phantoms import Phantom

# Another program has to be installed for it, which a fresh machine has not: `make soak`.
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(ORTHANC is None, reason="no Orthanc here: apt-get install orthanc orthanc-dicomweb"),
]
needs_plugin = pytest.mark.skipif(
    not WEB_PLUGIN.exists(), reason="no DICOMweb plugin: apt-get install orthanc-dicomweb"
)


@pytest.fixture(scope="module")
def peers(live: LiveWeb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveWeb, Orthanc]]:
    """The web server with a receiver, a broker and a worker, and an Orthanc that knows them."""
    port, orthanc = free_port(), None
    live.run(broker.command(live.data_dir / "run" / "v.sock", live.data_dir / "broker"), "broker")
    live.command("ae-route", "add", "INTAKE", "--project", live.slug, "--calling", "ORTHANC")
    live.run([sys.executable, "-m", "medreview.cli", "dimse", "--port", str(port)], "dimse")
    live.run(worker_command("light"), "light")
    try:
        orthanc = Orthanc(tmp_path_factory.mktemp("orthanc") / "o", **known(live, port))
        orthanc.wait()
        wait_for_port(port)
        yield live, orthanc
    finally:
        if orthanc is not None:
            orthanc.process.send_signal(signal.SIGTERM)
            orthanc.process.wait(20)


def known(live: LiveWeb, dimse_port: int) -> dict[str, Any]:
    """What Orthanc's configuration says of us."""
    web = {"Url": live.dicomweb, "HttpHeaders": {"Authorization": f"Bearer {live.token}"}}
    return {
        "DicomModalities": {"medreview": ["INTAKE", "127.0.0.1", dimse_port]},
        "DicomWeb": {"Servers": {"medreview": web}},
    }


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "the receiver does not listen"
            time.sleep(0.2)
        else:
            return


def assert_held(live: LiveWeb, phantom: Phantom) -> None:
    """Within some seconds the archive holds every instance of the phantom, unchanged."""
    http = httpx.Client(headers={"Authorization": f"Bearer {live.token}"}, timeout=30)
    deadline = time.monotonic() + 90
    found: list[Any] = []
    while time.monotonic() < deadline and len(found) < len(phantom.files):
        answer = http.get(f"{live.dicomweb}/instances", params={"StudyInstanceUID": phantom.study_uid})
        found = answer.json()
        time.sleep(0.3)
    assert {row["00080018"]["Value"][0] for row in found} == set(phantom.sop_uids)
    for uid, path in zip(phantom.sop_uids, phantom.files, strict=True):
        url = f"{live.dicomweb}/studies/{phantom.study_uid}/series/{phantom.series_uid}/instances/{uid}"
        got = pydicom.dcmread(io.BytesIO(http.get(url, headers={"Accept": "application/dicom"}).content))
        assert_unchanged(got, path)


def assert_unchanged(got: pydicom.FileDataset, path: Path) -> None:
    """Every data element with its VR, the pixels as bytes, and the transfer syntax; the preamble aside."""
    sent = pydicom.dcmread(path)
    shown = [{element.tag: (element.VR, element.value) for element in one.iterall()} for one in (got, sent)]
    assert shown[0] == shown[1]
    assert got == sent
    assert got.PixelData == sent.PixelData
    for name in ("TransferSyntaxUID", "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID"):
        assert got.file_meta[name] == sent.file_meta[name]


def assert_pulled_back(orthanc: Orthanc, phantom: Phantom, study: str) -> None:
    """Orthanc forgets the study, finds it here and gets it again by DICOMweb, as it was."""
    orthanc.http.delete(f"/studies/{study}")
    assert orthanc.http.get(f"/studies/{study}").status_code == 404
    found = orthanc.post(
        "/dicom-web/servers/medreview/qido", {"Uri": "/studies", "Arguments": {"PatientID": phantom.patient_id}}
    )
    assert len(found) == 1
    orthanc.post(
        "/dicom-web/servers/medreview/retrieve", {"Resources": [{"Study": phantom.study_uid}], "Synchronous": True}
    )
    back = orthanc.files(study)
    assert back.keys() == set(phantom.sop_uids)
    for uid, path in zip(phantom.sop_uids, phantom.files, strict=True):
        assert_unchanged(back[uid], path)


@needs_plugin
@pytest.mark.timeout(300)
@pytest.mark.parametrize("syntax", [None, "jpegls"])
def test_orthanc_pushes_by_c_store_and_pulls_back(
    peers: tuple[LiveWeb, Orthanc], tmp_path: Path, syntax: str | None
) -> None:
    web, orthanc = peers
    name = f"PUSH-{syntax}"
    phantom = phantoms.write_mr_series(tmp_path / name, shape_zyx=(12, 40, 32), patient_id=name, transfer_syntax=syntax)
    study = orthanc.take(phantom)
    assert orthanc.post("/modalities/medreview/echo", {}) == {}
    sent = orthanc.post("/modalities/medreview/store", {"Resources": [study], "Synchronous": True})
    assert (sent["InstancesCount"], sent["FailedInstancesCount"]) == (12, 0)
    assert_held(web, phantom)
    assert_pulled_back(orthanc, phantom, study)


@needs_plugin
@pytest.mark.timeout(300)
@pytest.mark.parametrize("syntax", [None, "rle"])
def test_orthanc_stores_and_retrieves_by_dicomweb(
    peers: tuple[LiveWeb, Orthanc], tmp_path: Path, syntax: str | None
) -> None:
    web, orthanc = peers
    name = f"WEB-{syntax}"
    phantom = phantoms.write_mr_series(tmp_path / name, shape_zyx=(24, 40, 32), patient_id=name, transfer_syntax=syntax)
    study = orthanc.take(phantom)
    orthanc.post("/dicom-web/servers/medreview/stow", {"Resources": [study], "Synchronous": True})
    assert_held(web, phantom)
    assert_pulled_back(orthanc, phantom, study)


@needs_plugin
@pytest.mark.timeout(300)
def test_a_series_that_comes_in_pieces_is_one_stack(peers: tuple[LiveWeb, Orthanc], tmp_path: Path) -> None:
    """Orthanc stores ten instances a request: the case must not be left with the first ten slices."""
    web, orthanc = peers
    phantom = phantoms.write_mr_series(tmp_path / "pieces", shape_zyx=(35, 40, 32), patient_id="PIECES")
    orthanc.post("/dicom-web/servers/medreview/stow", {"Resources": [orthanc.take(phantom)], "Synchronous": True})
    assert_held(web, phantom)
    with sqlite3.connect(web.data_dir / "medreview.sqlite3") as rows:
        shapes = rows.execute(
            "SELECT grid.shape_zyx FROM archive_grid grid JOIN archive_series series ON series.id = grid.series_id "
            "WHERE series.series_instance_uid = ?",
            [phantom.series_uid],
        ).fetchall()
    assert shapes == [("[35, 40, 32]",)]
