"""A real C-STORE over a real socket: what is acknowledged is kept, and goes where the called AE title leads."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from medreview.accounts.models import Project, User
from medreview.archive.dimse import server
from medreview.archive.dimse.server import Receiver, take_in_left_over
from medreview.archive.models import Import, InboxInstance, Instance, Quarantined
from medreview.archive.parsing.codec_headers import KNOWN_SYNTAXES
from medreview.archive.services.doors import create_ae_route
from medreview.core import blobs, jobs
from medreview.core.models import AuditEvent, Job
from tests import phantoms
from tests.medreview.archive.conftest import client_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("threaded_db")]
SYNTAXES = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", *sorted(KNOWN_SYNTAXES)]
Send = Callable[..., list[int]]


@pytest.fixture
def receiver(threaded_db: None) -> Iterator[Receiver]:
    made = Receiver("127.0.0.1", 0)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def send(receiver: Receiver) -> Send:
    def store(*files: Path, called: str = "INTAKE", calling: str = "SCANNER") -> list[int]:
        datasets = [pydicom.dcmread(path) for path in files]
        entity = AE(ae_title=calling)
        for sop_class, syntax in {(d.SOPClassUID, d.file_meta.TransferSyntaxUID) for d in datasets}:
            entity.add_requested_context(sop_class, syntax)
        association = entity.associate("127.0.0.1", receiver.port, ae_title=called)
        assert association.is_established
        statuses = [int(association.send_c_store(dataset).Status) for dataset in datasets]
        association.release()
        return statuses

    return store


@pytest.fixture
def route(project: Project, manager: User) -> None:
    create_ae_route(project=project, actor=manager, ae_title="INTAKE")


def take_in() -> None:
    """Do the jobs that ended associations have queued, as a light worker does."""
    for _ in range(100):
        if Job.objects.filter(kind="archive.ingest", state="queued").exists():
            break
        time.sleep(0.05)
    for job in Job.objects.filter(kind="archive.ingest", state="queued"):
        jobs.execute(job.pk, owner="test")


def test_echo_is_answered(receiver: Receiver) -> None:
    assert echo(receiver) == 0


def echo(receiver: Receiver) -> int | None:
    """The status of a C-ECHO; None when no association could be had."""
    entity = AE()
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", receiver.port, ae_title="ANY")
    if not association.is_established:
        return None
    status = int(association.send_c_echo().Status)
    association.release()
    return status


@pytest.mark.parametrize("syntax", [None, "rle", "jpegls", "j2k"])
def test_a_series_comes_in_as_one_import_of_the_routes_project(
    send: Send, route: None, project: Project, tmp_path: Path, syntax: str | None
) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(5, 40, 32), transfer_syntax=syntax)
    assert send(*phantom.files) == [0] * 5
    take_in()
    import_ = Import.objects.get()
    assert (import_.project, import_.state, import_.source) == (project, "done", "dimse")
    assert import_.options["received_from"] == "SCANNER at 127.0.0.1 to INTAKE"
    assert import_.summary["counts"]["accepted"] == 5
    rows = {row.sop_instance_uid: row for row in Instance.objects.all()}
    for uid, path in zip(phantom.sop_uids, phantom.files, strict=True):
        got, sent = pydicom.dcmread(blobs.path_of(rows[uid].stored_id)), pydicom.dcmread(path)
        assert got == sent
        assert got.PixelData == sent.PixelData
    assert send(*phantom.files) == [0] * 5
    take_in()
    assert Import.objects.latest("id").summary["counts"]["duplicate"] == 5
    assert not Quarantined.objects.exists()


def test_what_was_uploaded_before_is_known_though_its_file_is_written_otherwise(
    send: Send, route: None, project: Project, manager: User, tmp_path: Path
) -> None:
    from medreview.archive.services import import_paths

    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(3, 24, 20))
    import_paths(project=project, actor=manager, paths=[tmp_path / "s"])
    assert send(*phantom.files) == [0] * 3
    take_in()
    assert Import.objects.latest("id").summary["counts"]["duplicate"] == 3


def test_other_content_under_a_known_uid_is_told_and_quarantined(send: Send, route: None, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(2, 24, 20))
    send(*phantom.files)
    take_in()
    other = pydicom.dcmread(phantom.files[0])
    other.PixelData = bytes(len(other.PixelData))
    other.save_as(tmp_path / "other.dcm")
    assert send(tmp_path / "other.dcm") == [0x0111]
    take_in()
    kept = Quarantined.objects.get()
    assert (kept.rule, kept.sop_instance_uid) == ("uid.second_copy_differs", phantom.sop_uids[0])
    assert kept.first_copy is not None
    assert kept.received_from.startswith("SCANNER at")


def test_what_breaks_a_rule_is_refused_at_the_door(send: Send, route: None, tmp_path: Path) -> None:
    path = phantoms.write_cr_image(tmp_path / "s").files[0]
    bad = pydicom.dcmread(path)
    bad.Rows = 60_000
    bad.save_as(path)
    assert send(path) == [0xA900]
    assert not Import.objects.exists()
    event = AuditEvent.objects.get(action="dimse.refused")
    assert event.detail["rule"] == "pixels.too_short"


def test_a_route_lets_only_its_callers_in(send: Send, project: Project, manager: User, tmp_path: Path) -> None:
    create_ae_route(project=project, actor=manager, ae_title="INTAKE", calling_ae_titles=["CT1"])
    create_ae_route(project=project, actor=manager, ae_title="FAR", peer_addresses=["10.0.0.0/8"])
    path = phantoms.write_cr_image(tmp_path / "s").files[0]
    assert send(path, calling="CT2") == [0x0124]
    assert send(path, called="FAR") == [0x0124]
    assert send(path, calling="CT1") == [0]
    take_in()
    assert Instance.objects.count() == 1
    assert not InboxInstance.objects.exists()


def test_without_a_route_it_waits_in_the_inbox_until_a_manager_assigns_it(
    send: Send, project: Project, manager: User, annotator: User, tmp_path: Path
) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(3, 24, 20), patient_id="SECRET")
    assert send(*phantom.files, called="NOWHERE") == [0] * 3
    assert send(*phantom.files, called="NOWHERE") == [0] * 3
    assert not Instance.objects.exists()
    client = client_of(manager)
    shown = client.get("/api/v1/inbox")
    assert "SECRET" not in shown.content.decode()
    study = shown.json()["results"][0]
    assert (study["instances"], study["called_ae_title"], study["modalities"]) == (3, "NOWHERE", ["MR"])
    assert client_of(annotator).get("/api/v1/inbox").status_code == 403
    body = {"project_id": project.pk, "study_instance_uids": [phantom.study_uid]}
    assert client_of(annotator).post("/api/v1/inbox/assign", body, format="json").status_code == 403
    assert client.post("/api/v1/inbox/assign", body, format="json").status_code == 201
    take_in()
    assert Instance.objects.filter(project=project).count() == 3
    assert client.get("/api/v1/inbox").json()["results"] == []
    assert client.post("/api/v1/inbox/assign", body, format="json").status_code == 400


def test_garbage_at_the_port_harms_nobody(receiver: Receiver) -> None:
    rng = np.random.default_rng(7)
    noise = [(int(rng.integers(0, 9)), int(rng.integers(0, 400)), rng.bytes(300)) for _ in range(40)]
    attacks = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x01\x00" + struct.pack(">I", 0xFFFFFFFF) + b"x" * 4096,
        b"\x04\x00" + struct.pack(">I", 1 << 30),
        b"\x01\x00\x00\x00\x00\x04\x00\x01\x00\x00",
        b"",
        *(bytes([kind, 0]) + struct.pack(">I", length) + body for kind, length, body in noise),
    ]
    for attack in attacks:
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as wire:
            wire.sendall(attack)
    started = time.monotonic()
    while echo(receiver) != 0:
        assert time.monotonic() - started < 20, "nobody gets through after the garbage"
        time.sleep(0.2)
    print(f"answered again after {time.monotonic() - started:.1f} s")


def test_objects_of_a_receiver_that_died_are_taken_in_later(
    project: Project, manager: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medreview.archive.services import add_files, create_import

    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(2, 24, 20))
    import_ = create_import(project=project, actor=None, source="dimse")
    add_files(import_=import_, files=[(p.name, [p.read_bytes()]) for p in phantom.files])
    assert take_in_left_over() == 0
    monkeypatch.setattr(server, "_LEFT_OVER_SECONDS", -1.0)
    assert take_in_left_over() == 1
    take_in()
    assert Instance.objects.count() == 2


def test_routes_are_managed_over_the_api(project: Project, manager: User, annotator: User, stranger: User) -> None:
    url = f"/api/v1/projects/{project.pk}/ae-routes"
    client = client_of(manager)
    made = client.post(url, {"ae_title": "CT_ROOM", "peer_addresses": ["10.1.2.3"]}, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["peer_addresses"] == ["10.1.2.3/32"]
    assert client.post(url, {"ae_title": "CT_ROOM"}, format="json").status_code == 409
    for bad in (
        {"ae_title": "much too long a title"},
        {"ae_title": "A\\B"},
        {"ae_title": "A", "peer_addresses": ["x"]},
    ):
        assert client.post(url, bad, format="json").status_code == 400
    assert [row["ae_title"] for row in client.get(url).json()["results"]] == ["CT_ROOM"]
    one = f"/api/v1/ae-routes/{made.json()['id']}"
    for user, status in ((annotator, 403), (stranger, 404)):
        assert client_of(user).get(url).status_code == status
        assert client_of(user).delete(one).status_code == status
    assert client.delete(one).status_code == 204
    assert client.get(url).json()["results"] == []
