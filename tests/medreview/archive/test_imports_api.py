"""Uploads over HTTP: open, send, finish, and what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from medreview.accounts.models import Project, User
from medreview.archive import staging
from medreview.archive.models import Import, Instance
from medreview.core import jobs
from medreview.core.models import Job
from tests import phantoms
from tests.medreview.archive.conftest import client_of

# A job's heartbeat is a thread of its own: it must see the job's row, or the job is lost after three seconds.
pytestmark = pytest.mark.usefixtures("threaded_db")


def open_import(client: APIClient, project: Project) -> int:
    answer = client.post(f"/api/v1/projects/{project.pk}/imports", {"note": "n"}, format="json")
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def upload(client: APIClient, import_id: int, files: dict[str, bytes]) -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/api/v1/imports/{import_id}/files",
        {"file": [SimpleUploadedFile("x", content) for content in files.values()], "path": list(files)},
        format="multipart",
    )
    return answer.status_code, answer.json()


def run_job(import_id: int) -> Job:
    job = Job.objects.get(kind="archive.ingest", target_id=import_id)
    jobs.execute(job.pk, owner="test")
    job.refresh_from_db()
    return job


def test_an_upload_becomes_a_series_and_a_case(project: Project, manager: User, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    client = client_of(manager)
    import_id = open_import(client, project)
    status, body = upload(client, import_id, {f"folder/{p.name}": p.read_bytes() for p in phantom.files[:6]})
    assert (status, body["received"]) == (200, 6)
    upload(client, import_id, {f"folder/{p.name}": p.read_bytes() for p in phantom.files[6:]})
    upload(client, import_id, {"folder/.DS_Store": b"x", "folder/notes.docx": b"not an image"})
    assert client.post(f"/api/v1/imports/{import_id}/finish").json()["state"] == "queued"
    assert client.get(f"/api/v1/imports/{import_id}").json()["counts"]["reading"] == len(phantom.files) + 1
    assert run_job(import_id).state == "succeeded"
    shown = client.get(f"/api/v1/imports/{import_id}").json()
    assert shown["state"] == "done"
    assert (shown["files_received"], shown["files_done"], shown["files_total"]) == (13, 13, 13)
    assert shown["counts"] == {
        "accepted": 12, "warning": 0, "duplicate": 0, "quarantined": 0, "refused": 1, "reading": 0,
    }  # fmt: skip
    assert (shown["patients_new"], shown["cases_made"]) == (1, 1)
    assert shown["learning_patients"] + shown["reference_patients"] == 1
    items = {item["outcome"]: item for item in shown["items"]}
    assert items["accepted"]["name"] == "folder"
    assert items["accepted"]["case_id"] is not None
    assert items["accepted"]["patient"].startswith("P-")
    assert items["refused"]["rule"] == "type.not_an_image"
    assert not staging.folder_of(import_id).exists()
    listed = client.get(f"/api/v1/projects/{project.pk}/imports").json()
    assert (listed["count"], listed["results"][0]["id"]) == (1, import_id)


def test_another_attempt_after_a_lost_worker_ends_the_same(project: Project, manager: User, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    client = client_of(manager)
    import_id = open_import(client, project)
    upload(client, import_id, {p.name: p.read_bytes() for p in phantom.files})
    client.post(f"/api/v1/imports/{import_id}/finish")
    job = jobs.claim(Job.objects.get(target_id=import_id).pk, owner="lost")
    assert job is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("medreview.archive.services.imports.staging.remove", lambda import_id: None)
        context = jobs.JobContext(job, jobs.KINDS["archive.ingest"])
        jobs.KINDS["archive.ingest"].handler(context)
    Import.objects.filter(pk=import_id).update(state="running")
    jobs.KINDS["archive.ingest"].handler(jobs.JobContext(job, jobs.KINDS["archive.ingest"]))
    shown = client.get(f"/api/v1/imports/{import_id}").json()
    assert shown["counts"]["accepted"] == len(phantom.files)
    assert Instance.objects.count() == len(phantom.files)


def test_names_never_become_paths(project: Project, manager: User) -> None:
    client = client_of(manager)
    import_id = open_import(client, project)
    upload(client, import_id, {"../../../../tmp/evil\x00.dcm": b"x", "/etc/passwd": b"y", "C:\\a\\b": b"z"})
    folder = staging.folder_of(import_id)
    assert all(entry.path.parent == folder for entry in staging.received(import_id))
    assert not any(".." in entry.name or entry.name.startswith("/") for entry in staging.received(import_id))


def test_bad_requests_are_told_what_to_do(project: Project, manager: User) -> None:
    client = client_of(manager)
    import_id = open_import(client, project)
    url = f"/api/v1/imports/{import_id}/files"
    assert client.post(url, {}, format="multipart").status_code == 400
    two_paths = {"file": SimpleUploadedFile("x", b"x"), "path": ["a", "b"]}
    assert client.post(url, two_paths, format="multipart").status_code == 400
    assert client.post(url, b"x", content_type="application/json").status_code == 415
    assert client.post(url, b"x", content_type="multipart/form-data").status_code == 400
    many = {"file": [SimpleUploadedFile(str(n), b"x") for n in range(65)]}
    assert client.post(url, many, format="multipart").status_code == 413
    huge = client.post(url, b"", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=str(4 << 30))
    assert huge.status_code == 413
    packed = client.post(url, b"x", content_type="multipart/form-data; boundary=b", HTTP_CONTENT_ENCODING="gzip")
    assert packed.status_code == 415
    assert client.get(f"/api/v1/projects/{project.pk}/imports?cursor=x").status_code == 400


def test_a_finished_import_takes_no_more_files(project: Project, manager: User) -> None:
    client = client_of(manager)
    import_id = open_import(client, project)
    client.post(f"/api/v1/imports/{import_id}/finish")
    assert upload(client, import_id, {"late": b"x"})[0] == 409
    assert client.post(f"/api/v1/imports/{import_id}/finish").status_code == 200
    assert Job.objects.filter(kind="archive.ingest").count() == 1


def test_who_may_import(project: Project, manager: User, annotator: User, stranger: User) -> None:
    import_id = open_import(client_of(manager), project)
    urls = [
        f"/api/v1/projects/{project.pk}/imports",
        f"/api/v1/imports/{import_id}",
        f"/api/v1/projects/{project.pk}/cases",
    ]
    for url in urls:
        assert APIClient().get(url).status_code == 401
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(annotator).get(url).status_code == 403
        assert client_of(manager).get(url).status_code == 200
    for action in ("files", "finish"):
        assert client_of(stranger).post(f"/api/v1/imports/{import_id}/{action}").status_code == 404
        assert client_of(annotator).post(f"/api/v1/imports/{import_id}/{action}").status_code == 403


def test_an_import_whose_job_fails_for_good_says_why(project: Project, manager: User) -> None:
    client = client_of(manager)
    import_id = open_import(client, project)
    upload(client, import_id, {"a": b"x"})
    client.post(f"/api/v1/imports/{import_id}/finish")
    jobs.cancel(Job.objects.get(target_id=import_id))
    shown = client.get(f"/api/v1/imports/{import_id}").json()
    assert (shown["state"], shown["error"]) == ("failed", "Canceled.")
    assert not staging.folder_of(import_id).exists()
