"""A manager looks after the machine: a training that fails for a reason is retried, waits behind another project's,
runs and is canceled; what came by C-STORE to an unknown AE title is taken in, discarded, and routed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Locator, Page, expect
from pynetdicom import AE

from tests.e2e.conftest import MakeProject
from tests.e2e.visitor import Visitor
from tests.faults.projects import Project, make_learned
from tests.loop.system import Person, System, free_port
from tests.phantoms import write_cr_image

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
Visit = Callable[..., Visitor]
WAIT_SECONDS = 60.0


@pytest.fixture
def learned(system: System, tmp_path: Path) -> tuple[Project, Project]:
    """Two projects that can be retrained, with managers of their own."""
    made = []
    for name in ("Brain MR", "Elsewhere"):
        folder = tmp_path / name
        folder.mkdir()
        project, _ = make_learned(system, folder, lambda text: None)
        project.manager.patch(f"/projects/{project.id}", {"name": name})
        made.append(project)
    return made[0], made[1]


def wait_for_job(project: Project, state: str) -> dict[str, Any]:
    """The newest job of the project, once it is in `state`."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        job: dict[str, Any] = project.manager.get(f"/projects/{project.id}/jobs", kind="learning.train")["results"][0]
        if job["state"] == state:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.2)


def manager_name(project: Project) -> str:
    name: str = project.manager.get("/me")["username"]
    return name


def row_of(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("table", name=table).get_by_role("row").filter(has_text=name)


def shots(visitor: Visitor, name: str) -> None:
    """In both themes, and as narrow as a tablet."""
    for theme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=theme)
        set_theme(visitor, theme)
        visitor.shot(f"{name}-{theme}")
    visitor.page.set_viewport_size({"width": 820, "height": 1180})
    visitor.shot(f"{name}-narrow")
    assert visitor.ask("() => document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    visitor.page.set_viewport_size({"width": 1440, "height": 900})


def set_theme(visitor: Visitor, theme: str) -> None:
    page = visitor.page
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("radiogroup", name="Theme").get_by_text(theme.capitalize(), exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)


def test_a_training_fails_with_a_reason_is_retried_waits_runs_and_is_canceled(
    system: System, learned: tuple[Project, Project], visit: Visit
) -> None:
    mine, theirs = learned
    for form in ("nifti", "coco", "dicom-seg"):
        mine.manager.post(f"/projects/{mine.id}/exports", {"format": form})
    runs = system.data_dir / "runs"
    aside = runs.with_name("runs-aside")
    if runs.exists():
        runs.rename(aside)
    runs.write_text("not a folder")  # so that no attempt can write what it learns
    mine.manager.post(f"/projects/{mine.id}/retrain", {})
    wait_for_job(mine, "failed")

    visitor = visit(manager_name(mine))
    visitor.sign_in()
    page = visitor.page
    visitor.open(f"/p/{mine.slug}/status", "Status")
    expect(page.get_by_text("the server is well")).to_be_visible()
    strip = page.get_by_role("list", name="How the server is")
    for words in ("Reachable", "1 worker", "free", "Not running"):
        expect(strip).to_contain_text(words)
    ended = row_of(page, "Ended work", "Training 1")
    expect(ended).to_contain_text("failed")
    expect(ended).to_contain_text("attempt 3 of 3")
    expect(ended).to_contain_text("It may work now: retry.")
    visitor.shot("status-failed")

    runs.unlink()
    if aside.exists():
        aside.rename(runs)
    theirs.manager.post(f"/projects/{theirs.id}/retrain", {})
    wait_for_job(theirs, "running")
    retry = page.get_by_role("button", name="Retry Training 1")
    retry.focus()
    visitor.press("Enter")  # by keyboard
    opened = row_of(page, "Open work", "Training 1")
    expect(opened).to_contain_text("waiting")
    expect(opened).to_contain_text("1 ahead of you")
    assert "Elsewhere" not in page.content()
    other = theirs.manager.get(f"/projects/{theirs.id}/jobs", state="open")["results"][0]
    theirs.manager.post(f"/jobs/{other['id']}/cancel")
    expect(opened).to_contain_text("running", timeout=60_000)
    expect(opened).to_contain_text("attempt 4 of 6")
    expect(opened.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0", timeout=60_000)
    expect(opened).to_contain_text("heard of")
    shots(visitor, "status")

    page.get_by_role("button", name="Cancel Training 1").click()
    dialog = page.get_by_role("dialog", name="Cancel Training 1")
    expect(dialog).to_contain_text("stops within seconds")
    dialog.get_by_role("button", name="Cancel the job").click()
    expect(ended).to_contain_text("canceled", timeout=60_000)
    expect(page.get_by_text("Nothing is running or waiting.")).to_be_visible()
    page.get_by_role("combobox", name="State").click()
    page.get_by_role("option", name="failed").click()
    expect(page.get_by_text("No job fits the filter.")).to_be_visible()
    assert wait_for_job(mine, "canceled")["attempt"] == 4
    page.get_by_role("combobox", name="State").click()
    page.get_by_role("option", name="canceled").click()
    ended.get_by_role("link", name="Training 1").click()
    expect(page.get_by_role("heading", name="Learning", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="All jobs")).to_be_visible()
    page.get_by_role("link", name="All jobs").scroll_into_view_if_needed()
    visitor.shot("status-learning")


@pytest.fixture
def receiver(system: System) -> Iterator[int]:
    """`medreview dimse` beside the system; the port it listens on."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "medreview.cli", "dimse", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=system.environment,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert "receiving DICOM" in line, line
    yield port
    process.send_signal(signal.SIGINT)
    process.wait(30)


def send(port: int, path: Path, *, called: str, calling: str = "CT1") -> int:
    """A real C-STORE of one file; its status."""
    dataset = pydicom.dcmread(path)
    entity = AE(ae_title=calling)
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    assert association.is_established
    status = int(association.send_c_store(dataset).Status)
    association.release()
    return status


def test_what_came_by_c_store_is_taken_in_discarded_or_routed(
    make_project: MakeProject, manager_api: Person, visit: Visit, receiver: int, tmp_path: Path
) -> None:
    project = make_project("Chest intake")
    files = [
        write_cr_image(tmp_path / str(seed), patient_id=f"SENT-{seed}", shape_yx=(40, 32), seed=seed).files[0]
        for seed in range(4)
    ]
    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    visitor.open(f"/p/{project['slug']}/data?tab=inbox", "Inbox")
    expect(page.get_by_text("Nothing waits in the inbox")).to_be_visible()
    expect(page.get_by_role("region", name="How to send")).to_contain_text(str(receiver))
    shots(visitor, "inbox-empty")

    assert [send(receiver, path, called="NOWHERE") for path in files[:3]] == [0, 0, 0]
    rows = page.get_by_role("grid", name="Inbox").get_by_role("row").filter(has_text="NOWHERE")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("CT1")
    assert "SENT-" not in page.content()
    rows.nth(0).get_by_role("checkbox").focus()
    visitor.press("Space")
    rows.nth(1).get_by_role("checkbox").check()
    shots(visitor, "inbox")
    page.get_by_role("button", name="Take 2 studies in").click()
    expect(page.get_by_text("2 studies go into Chest intake")).to_be_visible()
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name=re.compile("^Discard study")).click()
    dialog = page.get_by_role("dialog", name="Discard 1 study")
    dialog.get_by_role("button", name="Discard for good").click()
    expect(dialog).to_contain_text("Choose a reason.")
    dialog.get_by_text("Sent here by mistake").click()
    dialog.get_by_role("button", name="Discard for good").click()
    expect(page.get_by_text("Nothing waits in the inbox")).to_be_visible()

    page.get_by_label("Called AE title").fill("CHEST_CR")
    page.get_by_label("Calling AE titles (optional)").fill("CT1, CT2")
    page.get_by_label("Addresses (optional)").fill("127.0.0.0/8")
    page.get_by_role("button", name="Add the route").click()
    routes = page.get_by_role("region", name="AE titles that lead into Chest intake")
    expect(routes).to_contain_text("from CT1, CT2 at 127.0.0.0/8")
    shots(visitor, "inbox-route")
    assert send(receiver, files[3], called="CHEST_CR") == 0
    deadline = time.monotonic() + WAIT_SECONDS
    while manager_api.get(f"/projects/{project['id']}/cases")["count"] < 3:
        assert time.monotonic() < deadline
        time.sleep(0.2)

    page.get_by_label("Called AE title").fill("CHEST_CR")
    page.get_by_role("button", name="Add the route").click()
    expect(routes.get_by_role("alert")).to_contain_text("has a route already")
    routes.get_by_role("button", name="Remove the route of CHEST_CR").click()
    routes.get_by_role("button", name="Remove the route of CHEST_CR").click()
    expect(routes).to_contain_text("None yet")
    visitor.faults = [fault for fault in visitor.faults if "ae-routes answered 409" not in fault]
