"""The quarantine and STOW-RS as their callers meet them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.conf import settings

from medreview.accounts.models import Project, User
from medreview.archive.models import ImportItem, InboxInstance, Instance, Quarantined
from medreview.core import blobs, jobs
from medreview.core.models import AuditEvent, Job
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn, client_of

BOUNDARY = "b-7"
TYPE = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
URL = "/dicomweb/intake/studies"


def related(*bodies: bytes, media: str = "application/dicom") -> bytes:
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: {media}\r\n\r\n".encode()
    return b"".join(head + body for body in bodies) + f"\r\n--{BOUNDARY}--\r\n".encode()


def stow(user: User, *bodies: bytes, url: str = URL, **extra: Any) -> Any:
    content_type = extra.pop("content_type", TYPE)
    return client_of(user).post(url, extra.pop("data", None) or related(*bodies), content_type=content_type, **extra)


def test_a_part_of_the_instances_fails_with_its_reason(manager: User, tmp_path: Path) -> None:
    good = phantoms.write_cr_image(tmp_path / "good").files[0]
    cut = phantoms.write_cr_image(tmp_path / "cut", seed=2)
    answer = stow(manager, good.read_bytes(), cut.files[0].read_bytes()[:-50], b"no image", b"PK\x03\x04 a zip")
    assert answer.status_code == 202
    body = answer.json()
    assert len(body["00081199"]["Value"]) == 1
    failed = body["00081198"]["Value"][0]
    assert failed["00081155"]["Value"] == [cut.sop_uids[0]]
    assert failed["00081197"]["Value"] == [0xA900]
    assert failed["00091001"]["Value"] == ["pixels.too_short"]
    assert [item["00081197"]["Value"] for item in body["0008119A"]["Value"]] == [[0x0122], [0x0122]]
    assert AuditEvent.objects.get(action="import.ingested").detail["rules"]["type.not_dicom"] == 2
    assert not [path for path in Path(settings.STAGING_DIR).rglob("*") if path.is_file()]


def test_storing_into_one_study_refuses_others(manager: User, tmp_path: Path) -> None:
    one, two = (phantoms.write_cr_image(tmp_path / str(seed), seed=seed) for seed in (1, 2))
    url = f"{URL}/{one.study_uid}"
    assert stow(manager, one.files[0].read_bytes(), url=url).status_code == 200
    other = stow(manager, two.files[0].read_bytes(), url=url)
    assert other.status_code == 409
    assert other.json()["00081198"]["Value"][0]["00091001"]["Value"] == ["uid.other_study"]
    assert Instance.objects.count() == 1


def test_who_may_import_may_store(annotator: User, stranger: User, tmp_path: Path) -> None:
    good = phantoms.write_cr_image(tmp_path / "good").files[0].read_bytes()
    assert stow(annotator, good).status_code == 403
    assert stow(stranger, good).status_code == 404
    assert not Instance.objects.exists()


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"content_type": 'multipart/related; type="application/dicom"'}),
        (400, {"data": b"no boundary here"}),
        (400, {"data": f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\nends".encode()}),
        (400, {"data": f"--{BOUNDARY}--".encode()}),
        (400, {"data": f"--{BOUNDARY}\r\nno colon\r\n\r\n".encode() + related(b"x")}),
        (415, {"content_type": "application/dicom"}),
        (415, {"data": related(b"x", media="text/html")}),
        (415, {"HTTP_CONTENT_ENCODING": "gzip"}),
        (413, {"CONTENT_LENGTH": str(4 << 30)}),
        (413, {"data": related(*[b"x"] * 10_000)}),
        (406, {"HTTP_ACCEPT": "text/html"}),
    ],
)
def test_a_body_that_is_none_is_said_so(manager: User, status: int, request_: dict[str, Any]) -> None:
    answer = stow(manager, b"x", **request_)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]["message"]
    assert not [path for path in Path(settings.STAGING_DIR).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "query",
    ["PatientID=%25", "PatientID=_HANTOM-CR", "PatientID=%27%3BDROP", "PatientID=[P]HANTOM-CR", "PatientName=%25",
     "StudyInstanceUID=%00", "00100020=%5C", "PatientID=PHANTOM.CR", "StudyInstanceUID=*"],
)  # fmt: skip
def test_only_stars_and_question_marks_are_wild(take_in: TakeIn, manager: User, tmp_path: Path, query: str) -> None:
    phantoms.write_cr_image(tmp_path / "s")
    take_in(tmp_path / "s")
    client = client_of(manager)
    assert client.get(f"{URL}?{query}").json() == []
    assert len(client.get(f"{URL}?PatientID=PHANTOM%3FC*").json()) == 1


@pytest.mark.parametrize("query", ["StudyDate=2020", "StudyDate=x-y", "limit=-1", "offset=x", "PatientID=*a*a*a*a*a*"])
def test_impossible_queries_are_told(manager: User, query: str) -> None:
    assert client_of(manager).get(f"{URL}?{query}").status_code == 400


def test_pages_say_that_there_is_more(take_in: TakeIn, manager: User, tmp_path: Path) -> None:
    for seed in range(3):
        phantoms.write_cr_image(tmp_path / str(seed), seed=seed, patient_id=f"P{seed}")
    take_in(tmp_path)
    client = client_of(manager)
    first = client.get(f"{URL}?limit=2")
    assert (len(first.json()), first["Warning"][:3]) == (2, "299")
    assert "Warning" not in client.get(f"{URL}?limit=2&offset=2")
    assert len(client.get(f"{URL}?limit=9999").json()) == 3


def test_what_cannot_be_sent_as_asked_is_406(take_in: TakeIn, manager: User, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(1, 40, 32), transfer_syntax="rle")
    take_in(tmp_path / "s")
    instance = f"{URL}/{phantom.study_uid}/series/{phantom.series_uid}/instances/{phantom.sop_uids[0]}"
    client = client_of(manager)
    for path, accept in (
        ("/frames/1", 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.4.50'),
        ("/frames/1", "image/gif"),
        ("/rendered", "image/tiff"),
        ("", 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50'),
        ("/metadata", "application/dicom+xml"),
    ):
        assert client.get(instance + path, HTTP_ACCEPT=accept).status_code == 406, path
    for path in ("/rendered?window=1", "/rendered?window=1,0", "/rendered?window=nan,1", "/rendered?viewport=0,1",
                 "/rendered?viewport=1", "/rendered?quality=101", "/frames/1,1/rendered"):  # fmt: skip
        assert client.get(instance + path).status_code == 400, path
    assert client.get(f"{instance}/bulkdata/00100010").status_code == 404
    image = client.get(f"{instance}/frames/1/thumbnail", HTTP_ACCEPT="image/png")
    assert image["Content-Type"] == "image/png"


def burned_in(folder: Path) -> Path:
    return phantoms.write_cr_image(folder, extra={"BurnedInAnnotation": "YES"}).files[0]


def run_ingest() -> None:
    for job in Job.objects.filter(kind="archive.ingest", state="queued"):
        jobs.execute(job.pk, owner="test")


def test_a_manager_releases_what_a_person_has_cleared(
    take_in: TakeIn, project: Project, manager: User, tmp_path: Path
) -> None:
    take_in(burned_in(tmp_path / "s"))
    client = client_of(manager)
    shown = client.get(f"/api/v1/projects/{project.pk}/quarantine?state=waiting").json()
    (row,) = shown["results"]
    assert (row["rule"], row["allowed_events"], row["received_from"]) == (
        "phi.burned_in_text", ["release", "discard"], "manager",
    )  # fmt: skip
    assert row["sop_instance_uid"]
    released = client.post(f"/api/v1/quarantine/{row['id']}/release", {"note": "looked"}, format="json")
    assert (released.status_code, released.json()["state"]) == (200, "released")
    run_ingest()
    assert Instance.objects.get().sop_instance_uid == row["sop_instance_uid"]
    assert client.post(f"/api/v1/quarantine/{row['id']}/release", {}, format="json").status_code == 409
    assert client.post(f"/api/v1/quarantine/{row['id']}/discard", {}, format="json").status_code == 409
    assert AuditEvent.objects.filter(action="quarantine.released", actor_id=manager.pk).count() == 1


def test_a_second_copy_names_the_first_and_can_only_be_discarded(
    take_in: TakeIn, project: Project, manager: User, tmp_path: Path
) -> None:
    phantom = phantoms.write_cr_image(tmp_path / "s")
    take_in(tmp_path / "s")
    other = pydicom.dcmread(phantom.files[0])
    other.PixelData = bytes(len(other.PixelData))
    out = io.BytesIO()
    other.save_as(out)
    assert stow(manager, out.getvalue()).status_code == 409
    assert stow(manager, out.getvalue()).status_code == 409
    client = client_of(manager)
    (row,) = client.get(f"/api/v1/projects/{project.pk}/quarantine").json()["results"]
    assert row["first_copy"]["sop_instance_uid"] == phantom.sop_uids[0]
    assert row["allowed_events"] == ["discard"]
    assert client.post(f"/api/v1/quarantine/{row['id']}/release", {}, format="json").status_code == 409
    gone = client.post(f"/api/v1/quarantine/{row['id']}/discard", {}, format="json")
    assert (gone.status_code, gone.json()["state"]) == (200, "discarded")
    assert Quarantined.objects.get().kept is None
    assert not ImportItem.objects.filter(outcome="quarantined", kept__isnull=False).exists()
    assert AuditEvent.objects.filter(action="quarantine.discarded").count() == 1


def test_the_quarantine_is_for_managers_of_the_project(
    take_in: TakeIn, project: Project, annotator: User, stranger: User, tmp_path: Path
) -> None:
    take_in(burned_in(tmp_path / "s"))
    pk = Quarantined.objects.get().pk
    for user, status in ((annotator, 403), (stranger, 404)):
        assert client_of(user).get(f"/api/v1/projects/{project.pk}/quarantine").status_code == status
        for action in ("release", "discard"):
            assert client_of(user).post(f"/api/v1/quarantine/{pk}/{action}", {}, format="json").status_code == status


@pytest.mark.parametrize("query", ["state=x", "cursor=x", "cursor=²"])
def test_bad_pages_of_the_quarantine_are_told(project: Project, manager: User, query: str) -> None:
    assert client_of(manager).get(f"/api/v1/projects/{project.pk}/quarantine?{query}").status_code == 400


def in_inbox(study: str) -> None:
    kept = blobs.put_bytes(study.encode())
    InboxInstance.objects.create(study_instance_uid=study, sop_instance_uid=f"{study}.1", kept=kept, size=kept.size)


def test_why_a_study_left_the_inbox_is_on_record_as_a_code(manager: User) -> None:
    in_inbox("1.2.3")
    body = {"study_instance_uids": ["1.2.3"], "reason": "Mrs. Miller asked for it"}
    refused = client_of(manager).post("/api/v1/inbox/delete", body, format="json")
    assert refused.status_code == 400
    assert InboxInstance.objects.count() == 1
    done = client_of(manager).post("/api/v1/inbox/delete", {**body, "reason": "sent_by_mistake"}, format="json")
    assert (done.status_code, done.json()) == (200, {"deleted": 1})
    event = AuditEvent.objects.get(action="inbox.deleted")
    assert event.detail == {"instances": 1, "reason": "sent_by_mistake"}
    assert not InboxInstance.objects.exists()
