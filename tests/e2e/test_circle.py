"""The circle by three signed-in people in three browsers: read, review, retrain, promote, decide on a suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from ml.masks import decode_runs
from ml.metrics import dice
from tests.e2e.chest import SIDE_PX, Chest, write_chests
from tests.e2e.conftest import MakeProject
from tests.e2e.room import Room
from tests.e2e.visitor import Visitor
from tests.loop.circle import Circle
from tests.loop.system import Person, System, add_person

CASES = 32
SPLIT_RATIO = [11, 2, 3]  # of 32: 22 to learn from, 4 to tune on, 6 to judge by
READ_IN_ROUND = 5
LEAST_STROKE_DICE = 0.85
TRAINING_MS = 180_000
Visit = Callable[..., Visitor]


@dataclass
class Stage:
    """The project, its three people in browsers, and the same project as scripts see it."""

    slug: str
    project_id: int
    chests: dict[str, Chest]
    annotator: Visitor
    reviewer: Visitor
    manager: Visitor
    annotator_api: Person
    manager_api: Person

    def chest_of(self, reading_id: int) -> Chest:
        reading = self.annotator_api.get(f"/readings/{reading_id}")
        return self.chests[reading["stacks"][0]["study_uid"]]

    def chest_of_row(self, row: dict[str, Any]) -> Chest:
        return next(chest for uid, chest in self.chests.items() if f"/{uid}/" in row["thumbnail_url"])

    def queue(self) -> list[dict[str, Any]]:
        page = self.annotator_api.get(f"/projects/{self.project_id}/worklist")
        return [row for group in page["groups"] if group["key"] == "queue" for row in group["items"]]


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_three_people_turn_the_circle(
    system: System, make_project: MakeProject, manager_api: Person, visit: Visit, tmp_path: Path
) -> None:
    project = make_project("Chest", split_ratio=SPLIT_RATIO)
    slug = project["slug"]
    chests = write_chests(tmp_path / "chests", CASES)
    stage = Stage(
        slug, project["id"], {chest.study_uid: chest for chest in chests}, visit("anna"), visit("rolf"), visit("maya"),
        add_person(system, "anna", project=slug, roles=("annotator",)), manager_api,
    )  # fmt: skip
    add_person(system, "rolf", project=slug, roles=("reviewer",))

    bring_in_data(stage, chests)
    read_reference(stage, system, manager_api)
    returned = read_first_batch(stage)
    review_first_batch(stage, returned)
    before = [row["case_id"] for row in stage.queue()]
    assert all(row["suggestions"] is None for row in stage.queue())
    retrain_and_promote(stage)
    decided = decide_on_suggestion(stage, before)
    approve_and_check(stage, decided)
    export(stage)


def bring_in_data(stage: Stage, chests: list[Chest]) -> None:
    """The manager chooses the files on the Data page and watches what became of each."""
    manager, page = stage.manager, stage.manager.page
    manager.page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    manager.shot("01-sign-in")
    manager.sign_in()
    manager.open(f"/p/{stage.slug}/data", "Import")
    manager.shot("02-import-empty")
    page.get_by_label("Choose files").set_input_files([chest.path for chest in renamed(chests)])
    expect(page.get_by_role("grid").get_by_role("row")).to_have_count(CASES + 1, timeout=90_000)
    expect(
        page.get_by_role("gridcell", name="accepted").or_(page.get_by_role("gridcell", name="warning"))
    ).to_have_count(CASES)
    found = stage.manager_api.get(f"/projects/{stage.project_id}/imports")["results"][0]
    assert found["cases_made"] == CASES, found
    page.get_by_role("grid").get_by_role("row").nth(1).click()
    manager.shot("03-import-outcomes")


def renamed(chests: list[Chest]) -> list[Chest]:
    """File dialogs hand over bare names: give each file its own."""
    for number, chest in enumerate(chests):
        target = chest.path.with_name(f"chest_{number:02d}.dcm")
        if not target.exists():
            chest.path.rename(target)
        object.__setattr__(chest, "path", target)
    return chests


def read_reference(stage: Stage, system: System, manager_api: Person) -> None:
    """A second reader and reviewer do the reference cases through HTTP before anybody opens a browser for them."""
    reader = add_person(system, "rada", project=stage.slug, roles=("annotator",))
    reviewer = add_person(system, "ruth", project=stage.slug, roles=("reviewer",))
    truths = {uid: chest.truth for uid, chest in stage.chests.items()}
    circle = Circle(system, stage.project_id, reader, reviewer, manager_api, truths, print)
    circle.look_up_lanes()
    assert len(circle.lanes["reference"]) >= 10
    assert len(circle.lanes["learning"]) >= 8
    circle.read_and_approve(circle.lanes["reference"])


def read_first_batch(stage: Stage) -> int:
    """The annotator reads five cases with keys and pointer; returns the reading that will be sent back."""
    annotator, page = stage.annotator, stage.annotator.page
    annotator.sign_in()
    expect(page).to_have_url(re.compile(f"/p/{stage.slug}/worklist"))
    expect(page.locator("[data-case]")).to_have_count(len(stage.queue()))
    annotator.shot("04-worklist-before")
    rows = stage.queue()
    first = next(row for row in rows if stage.chest_of_row(row).centre_yx)
    normal = next(row for row in rows if not stage.chest_of_row(row).centre_yx)

    room = Room(annotator)
    open_row(annotator, first["case_id"])
    first_reading = room.wait_open()
    mark_carefully(stage, room)
    room.submit()
    marked, reloaded = 1, False
    while marked < READ_IN_ROUND - 1:
        chest = stage.chest_of(room.reading_id)
        if chest.centre_yx is None:
            room.submit(normal=True)
            continue
        room.paint(chest)
        if not reloaded:
            reload_in_the_middle(room)
            reloaded = True
        room.submit()
        marked += 1
    if any(row["case_id"] == normal["case_id"] for row in stage.queue()):
        room.back_to_queue()
        open_row(annotator, normal["case_id"])
        room.wait_open()
    if stage.chest_of(room.reading_id).centre_yx is None:
        annotator.shot("07-reading-room-normal")
        room.submit(normal=True)
    room.back_to_queue()
    return first_reading


def open_row(annotator: Visitor, case_id: int) -> None:
    """Choose a row of the work list and open it with Enter."""
    row = annotator.page.locator(f'[data-case="{case_id}"]')
    row.click()
    expect(row).to_have_attribute("aria-selected", "true")
    annotator.press("Enter")


def mark_carefully(stage: Stage, room: Room) -> None:
    """One stroke, seen saved, undone and redone by key, and right on the server."""
    chest = stage.chest_of(room.reading_id)
    room.visitor.shot("05-reading-room-fresh")
    room.paint(chest)
    painted = room.voxels()
    assert painted > 0
    room.wait_saved()
    room.visitor.shot("06-reading-room-stroke")
    room.visitor.press("Control+z")
    assert room.voxels() == 0
    room.wait_saved()
    room.visitor.shot("06-reading-room-undone")
    room.visitor.press("Control+y")
    assert room.voxels() == painted
    room.wait_saved()
    stored = stage.annotator_api.get(f"/readings/{room.reading_id}")["journal"]["draft"]["findings"]
    assert len(stored) == 1
    mask = decode_runs(stored[0]["slices"][0]["runs"], SIDE_PX, SIDE_PX)
    assert int(mask.sum()) == painted
    assert dice(mask, chest.truth.masks["opacity"][0][0]) > LEAST_STROKE_DICE


def reload_in_the_middle(room: Room) -> None:
    """A page that is closed right after a stroke loses nothing."""
    painted = room.voxels()
    assert painted > 0
    room.page.reload()
    room.wait_open()
    room.page.wait_for_function(
        "count => Object.values(window.__viewer.facts.voxels()).reduce((a, b) => a + b, 0) === count", arg=painted
    )
    room.wait_saved()


def review_first_batch(stage: Stage, returned: int) -> None:
    """The reviewer sends one back with reasons and approves the others; the author corrects it, and it is approved."""
    reviewer, page = stage.reviewer, stage.reviewer.page
    reviewer.sign_in()
    expect(page).to_have_url(re.compile(f"/p/{stage.slug}/review"))
    open_review(stage, returned)
    reviewer.shot("08-review")
    reviewer.press("Shift+KeyR")
    page.get_by_label("Outline not good enough").check()
    page.get_by_label("Note for the reader").fill("The lower edge is cut short.")
    reviewer.shot("09-review-return")
    page.get_by_test_id("confirm-reasons").click()
    expect(page).not_to_have_url(re.compile(rf"/review/{returned}$"))
    approve_all(stage)

    annotator = stage.annotator
    expect(annotator.page.get_by_role("button", name=re.compile("Returned to me"))).to_be_visible()
    rows = annotator.page.locator("[data-case]")
    expect(rows.first).to_contain_text("Returned")
    annotator.shot("10-worklist-returned")
    rows.first.click()
    annotator.press("Enter")
    room = Room(annotator)
    assert room.wait_open() == returned
    expect(annotator.page.get_by_text(re.compile("Returned by Rolf"))).to_be_visible()
    annotator.shot("11-reading-room-returned")
    chest = stage.chest_of(returned)
    assert chest.centre_yx is not None
    room.visitor.press("KeyN")
    room.visitor.press("KeyB")
    before = room.voxels()
    room.dab(chest.centre_yx[0] + chest.radius_px * 0.5, chest.centre_yx[1])
    assert room.voxels() >= before
    room.wait_saved()
    room.submit()
    room.back_to_queue()
    approve_all(stage)
    assert "submitted" not in {row["status"] for row in cases(stage)}


def open_review(stage: Stage, reading_id: int) -> None:
    """The reading in the reviewer's room, its image drawn and ready for a decision."""
    page = stage.reviewer.page
    page.goto(f"/p/{stage.slug}/review/{reading_id}")
    expect(page.get_by_test_id("decide-approve")).to_be_enabled()
    expect(page.get_by_text(re.compile(r"^W \d+ L")).first).to_be_visible()  # said once the image is drawn


def approve_all(stage: Stage) -> None:
    """Approve with Ctrl+Enter until nothing waits."""
    page = stage.reviewer.page
    waiting = sum(row["status"] == "submitted" for row in cases(stage))
    assert waiting
    page.goto(f"/p/{stage.slug}/review")
    for _ in range(waiting):
        expect(page).to_have_url(re.compile(r"/review/\d+$"))
        expect(page.get_by_test_id("decide-approve")).to_be_enabled()
        shown = page.url
        stage.reviewer.press("Control+Enter")
        expect(page).not_to_have_url(shown)
    expect(page.get_by_text("Nothing to review")).to_be_visible()


def cases(stage: Stage) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = stage.manager_api.get(f"/projects/{stage.project_id}/cases")["results"]
    return rows


def retrain_and_promote(stage: Stage) -> None:
    """The manager sees what a training will use, starts it, watches it, reads the gate and promotes."""
    manager, page = stage.manager, stage.manager.page
    manager.open(f"/p/{stage.slug}/learning", "Learning")
    expect(page.get_by_text("10 of 10 read")).to_be_visible()
    manager.shot("12-learning-before")
    page.get_by_test_id("retrain").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Labels")).to_be_visible()
    manager.shot("13-learning-retrain-dialog")
    page.get_by_test_id("start-run").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Run 1, epoch \d+"))).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("img", name="Loss")).to_be_visible()
    manager.shot("14-learning-while-training")
    promote = page.get_by_test_id("promote")
    expect(promote).to_be_visible(timeout=TRAINING_MS)
    expect(promote).to_be_enabled()
    manager.shot("15-learning-gate")
    gate = stage.manager_api.get(f"/projects/{stage.project_id}/learning")["candidate"]["gate"]
    assert gate["verdict"] == "better", gate
    promote.click()
    page.get_by_test_id("confirm-promote").click()
    expect(page.get_by_text(re.compile("v1 active since"))).to_be_visible()
    manager.shot("16-learning-after")


def decide_on_suggestion(stage: Stage, before: list[int]) -> int:
    """The queue has changed and says why; the annotator accepts a suggestion on a case that had none."""
    annotator, page = stage.annotator, stage.annotator.page
    expect(page.get_by_role("row").filter(has_text="model is unsure").first).to_be_visible(timeout=TRAINING_MS)
    rows = stage.queue()
    after = [row["case_id"] for row in rows]
    assert set(after) == set(before)
    assert after != before, "the order of the queue did not change"
    assert all(row["reason"]["text"] for row in rows)
    shown = page.locator("[data-case]")
    expect(shown.nth(shown.count() - len(rows))).to_have_attribute("data-case", str(after[0]))
    expect(page.get_by_role("row").filter(has_text="Open")).to_contain_text("first batch")  # a draft stays as it is
    page.locator(f'[data-case="{after[0]}"]').click()
    annotator.shot("17-worklist-after-promotion")
    row = next(row for row in rows if (row["suggestions"] or {}).get("count"))
    open_row(annotator, row["case_id"])
    room = Room(annotator)
    reading_id = room.wait_open()
    finding = page.locator("[data-row^='s:']").first
    expect(finding).to_have_attribute("data-state", "to_decide")
    expect(finding).to_contain_text("AI v1")
    expect(finding).to_contain_text(re.compile(r"score 0\.\d\d|score 1\.00"))
    annotator.shot("18-reading-room-suggestion")
    for _ in range(page.locator("[data-state='to_decide']").count()):
        page.locator("[data-state='to_decide']").first.locator("button").first.click()
        annotator.press("KeyA")
    expect(page.locator("[data-state='to_decide']")).to_have_count(0)
    annotator.shot("19-reading-room-accepted")
    room.wait_saved()
    room.submit()
    return reading_id


def approve_and_check(stage: Stage, reading_id: int) -> None:
    """The decision is on the server, the reviewer sees it beside the suggestion, and approves."""
    decisions = stage.annotator_api.get(f"/readings/{reading_id}")["journal"]["draft"]["decisions"]
    assert decisions
    assert {decision["verdict"] for decision in decisions} == {"accept"}
    page = stage.reviewer.page
    open_review(stage, reading_id)
    expect(page.locator("[data-finding]").first).to_contain_text("accepted")
    stage.reviewer.shot("20-review-difference")
    stage.reviewer.press("Control+Enter")
    expect(page).not_to_have_url(re.compile(rf"/review/{reading_id}$"))
    assert stage.annotator_api.get(f"/readings/{reading_id}")["state"] == "approved"


def export(stage: Stage) -> None:
    """The approved readings leave as DICOM SEG, read back before they are offered."""
    manager, page = stage.manager, stage.manager.page
    manager.open(f"/p/{stage.slug}/exports", "Exports")
    page.get_by_role("button", name=re.compile("DICOM SEG")).click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=90_000)
    manager.shot("21-exports")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    saved = waiting.value.path()
    assert saved is not None
    assert np.fromfile(saved, dtype=np.uint8, count=2).tobytes() == b"PK"
