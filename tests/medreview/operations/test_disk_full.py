"""The real system on a small disk that really fills up: uploads 507 within 2 s, saves go on, then all is well."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from medreview.core.disk import RELEASE_BELOW_BYTES
from tests import phantoms
from tests.loop.system import Person, System, add_person
from tests.medreview.operations.test_disk import MIB, fill, mounted

pytestmark = [pytest.mark.loop, pytest.mark.timeout(600)]
LABELS = '[{"name": "Lesion", "kind": "segment"}]'
MINIMUM_MB, RESERVE_MB, DISK_MB = 60, 24, 400


def wait_for(found: Any, seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen in {seconds} s")


def stroke(number: int, grid_id: int) -> dict[str, Any]:
    runs = [value for n in range(200) for value in (n * 5, 2)]
    payload = {"finding_id": "f1", "label_key": "lesion", "grid_id": grid_id, "tool": "brush",
               "slices": [{"k": number % 4, "runs": runs}]}  # fmt: skip
    return {"op_id": f"op-{number}", "kind": "paint", "payload": payload}


def save(reader: Person, reading_id: int, grid_id: int, number: int) -> httpx.Response:
    return reader.http.post(
        f"/readings/{reading_id}/operations", json={"operations": [stroke(number, grid_id)]},
        headers={"If-Match": f'"{number}"'},
    )  # fmt: skip


def test_a_full_disk_stops_uploads_and_not_the_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDREVIEW_MIN_FREE_MB", str(MINIMUM_MB))
    monkeypatch.setenv("MEDREVIEW_RESERVE_MB", str(RESERVE_MB))
    with mounted(tmp_path / "data", DISK_MB) as place:
        system = System(place)
        system.start()
        try:
            run(system, place, tmp_path)
        finally:
            system.stop()
        assert system.command("fsck")["clean"] is True


def run(system: System, place: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text(LABELS)
    slug = system.command("project", "create", "Small", "--labels", str(labels))["slug"]
    manager = add_person(system, "mona", project=slug, roles=("manager", "annotator"))
    reviewer = add_person(system, "bob", project=slug, roles=("reviewer",))
    project_id = manager.get("/projects")["results"][0]["id"]
    phantom = phantoms.write_mr_series(tmp_path / "files", patient_id="P1")
    system.command("import", str(phantom.folder), "--project", slug)
    case_id = manager.get(f"/projects/{project_id}/cases")["results"][0]["id"]
    reading_id = manager.post(f"/cases/{case_id}/claim")["reading_id"]
    grid_id = manager.get(f"/readings/{reading_id}")["stacks"][0]["id"]
    import_id = manager.post(f"/projects/{project_id}/imports", {})["id"]
    assert (place / "reserve").stat().st_size == RESERVE_MB * MIB
    assert save(manager, reading_id, grid_id, 0).status_code == 200

    fill(place, (MINIMUM_MB - 10) * MIB)
    for size in (1000, 40 * MIB):
        started = time.monotonic()
        answer = manager.http.post(f"/imports/{import_id}/files", files=[("file", ("a.dcm", bytes(size)))])
        assert answer.status_code == 507, answer.text
        assert answer.json()["error"]["code"] == "storage_full"
        assert time.monotonic() - started < 2.0
    stow = manager.http.post(
        f"{system.url}/dicomweb/{slug}/studies", content=b"--x--",
        headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'},
    )  # fmt: skip
    assert stow.status_code == 507
    assert save(manager, reading_id, grid_id, 1).status_code == 200

    fill(place, 0)
    for number in range(2, 30):
        answer = save(manager, reading_id, grid_id, number)
        assert answer.status_code == 200, answer.text
    assert not (place / "reserve").exists(), f"below {RELEASE_BELOW_BYTES} bytes the reserve is given up"
    manager.post(f"/readings/{reading_id}/submit", {}, headers={"If-Match": '"30"'})
    decided = reviewer.post(f"/readings/{reading_id}/decision", {"outcome": "approve", "reasons": [], "note": ""})
    assert decided["state"] == "approved"

    (place / "filler").unlink()
    wait_for(
        lambda: manager.http.post(f"/imports/{import_id}/files", files=[("file", ("a.dcm", b"x" * 1000))]).is_success,
        30, "an upload after space was made",
    )  # fmt: skip
    wait_for(lambda: (place / "reserve").exists(), 45, "laying the reserve down again")
