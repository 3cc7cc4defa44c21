"""Every measuring tool, drawn with the pointer on a CT of known size and values, and followed to the reviewer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import MakeProject
from tests.e2e.room import VIEW, Room
from tests.e2e.visitor import Visitor
from tests.loop.system import Person, System, add_person
from tests.phantoms import make_affine, write_ct_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
Visit = Callable[..., Visitor]

SHAPE = (9, 120, 100)
# Rows are further apart than columns, and slices thicker than 5 mm: a target needs 12 mm here.
SPACING = (6.0, 1.25, 0.8)
SLICE = 4
INTERCEPT = -1024
AIR_HU, DISC_HU, SPOT_HU = -900, 60, 310
# (row, column) of the middle, and radius in mm.
DISC = (66.0, 50.0, 24.0)
SPOT = (100, 20)
LESION = (66.0, 50.0, 7.0)
PIXEL_MM = max(SPACING[1:])


def values() -> np.ndarray:
    """Stored values: a disc, round in mm, on air; a single bright spot; every other column of the disc 4 HU higher."""
    hu = np.full(SHAPE, AIR_HU, np.int32)
    rows, columns = np.indices(SHAPE[1:])
    away = np.hypot((rows - DISC[0]) * SPACING[1], (columns - DISC[1]) * SPACING[2])
    hu[:, away <= DISC[2]] = DISC_HU
    hu[:, (away <= DISC[2]) & (columns % 2 == 1)] = DISC_HU + 4
    hu[SLICE, SPOT[0] - 1 : SPOT[0] + 2, SPOT[1] - 1 : SPOT[1] + 2] = SPOT_HU
    return hu - INTERCEPT


@dataclass
class Desk:
    slug: str
    reader: Visitor
    reviewer: Visitor
    api: Person


@pytest.fixture
def desk(system: System, make_project: MakeProject, visit: Visit, tmp_path: Path) -> Desk:
    project = make_project("Measures", split_ratio=[1, 0, 0])
    api = add_person(system, "mira", project=project["slug"], roles=("annotator",))
    add_person(system, "rosa", project=project["slug"], roles=("reviewer",))
    folder = tmp_path / "ct"
    # Two alike: whichever is first, another one waits when it is submitted.
    for patient in ("MEASURE-1", "MEASURE-2"):
        write_ct_series(
            folder / patient, patient_id=patient, spacing_mm=SPACING, shape_zyx=SHAPE, volume=values(), lesion=False
        )
    system.command("import", str(folder), "--project", project["slug"])
    return Desk(project["slug"], visit("mira"), visit("rosa"), api)


class Tape:
    """The measuring hand: points are (row, column) of the shown slice."""

    def __init__(self, room: Room) -> None:
        self.room, self.page = room, room.page

    def take(self, keys: str, tool: str) -> None:
        self.room.visitor.press(keys)
        expect(self.page.get_by_test_id(VIEW)).to_have_attribute("data-tool", tool)

    def drag(self, start: tuple[float, float], end: tuple[float, float], *, shift: bool = False) -> None:
        mouse = self.page.mouse
        mouse.move(*self.room.at(*start))
        mouse.down()
        if shift:
            self.page.keyboard.down("Shift")
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        for point in (middle, end):
            mouse.move(*self.room.at(*point), steps=3)
        mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def click(self, at: tuple[float, float]) -> None:
        self.page.mouse.move(*self.room.at(*at))
        self.page.mouse.down()
        self.page.mouse.up()

    def pull(self, finding: str, handle: int, end: tuple[float, float]) -> None:
        box = self.page.locator(f"[data-testid={VIEW}] [data-handle='measure|f:{finding}|{handle}']").bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down()
        mouse.move(*self.room.at(*end), steps=4)
        mouse.up()

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.room.fact("draft")["findings"]
        return found

    def newest(self, count: int) -> dict[str, Any]:
        """The finding just drawn, once there are `count` of them."""
        self.page.wait_for_function("n => window.__viewer.facts.draft().findings.length === n", arg=count)
        return self.findings()[-1]


def mm(start: tuple[float, float], end: tuple[float, float]) -> float:
    return math.hypot((end[0] - start[0]) * SPACING[1], (end[1] - start[1]) * SPACING[2])


def world(row: float, column: float) -> np.ndarray:
    found: np.ndarray = (make_affine(SPACING, "axial") @ [column, row, SLICE, 1])[:3]
    return found


def draw_ellipse(tape: Tape) -> dict[str, Any]:
    """Inside the disc: half of its columns are 4 HU above the others."""
    tape.take("KeyO", "ellipse")
    tape.drag((56, 40), (76, 60))
    found = tape.newest(1)
    measure, seen = found["measure"], found["measure"]["values"]
    height, width = 20 * SPACING[1], 20 * SPACING[2]
    assert (found["kind"], found["largest_slice"], measure["unit"], seen["unit"]) == ("measure", SLICE, "mm", "HU")
    assert measure["long_axis"] == pytest.approx(height, abs=PIXEL_MM)
    assert measure["short_axis"] == pytest.approx(width, abs=PIXEL_MM)
    assert measure["area"] == pytest.approx(math.pi * height * width / 4, rel=0.06)
    assert (seen["min"], seen["max"]) == (DISC_HU, DISC_HU + 4)
    assert seen["mean"] == pytest.approx(DISC_HU + 2, abs=0.2)
    assert seen["sd"] == pytest.approx(2, abs=0.05)
    assert seen["count"] == pytest.approx(measure["area"] / (SPACING[1] * SPACING[2]), rel=0.06)
    centre = measure["points_lps"][0]
    assert centre == pytest.approx(world(66, 50), abs=PIXEL_MM)
    return found


def draw_circle(tape: Tape) -> None:
    tape.take("KeyO", "ellipse")
    tape.drag((90, 36), (96, 52), shift=True)
    measure = tape.newest(2)["measure"]
    assert measure["long_axis"] == pytest.approx(measure["short_axis"], abs=0.01)
    assert measure["long_axis"] == pytest.approx(16 * SPACING[2], abs=PIXEL_MM)


def draw_probe(tape: Tape) -> None:
    tape.take("KeyQ", "probe")
    tape.click(SPOT)
    found = tape.newest(3)["measure"]
    assert (found["values"]["mean"], found["values"]["count"], found["values"]["unit"]) == (SPOT_HU, 1, "HU")
    assert found["points_lps"][0] == pytest.approx(world(*SPOT), abs=PIXEL_MM / 2)


def draw_axes(tape: Tape) -> None:
    tape.take("KeyD", "bidirectional")
    start, end = (40, 30), (40, 42)
    tape.drag(start, end)
    found = tape.newest(4)
    assert found["label_key"] == "opacity"
    assert found["measure"]["long_axis"] == pytest.approx(mm(start, end), abs=PIXEL_MM)
    assert found["measure"]["short_axis"] == pytest.approx(mm(start, end) / 2, abs=PIXEL_MM)
    row = tape.page.locator(f"[data-row='f:{found['id']}']")
    # 9.6 mm is under 12 mm, twice the slice.
    expect(row).to_contain_text("not measurable as target: long axis under 12 mm")
    tape.pull(found["id"], 1, (40, 52))
    tape.page.wait_for_function("() => window.__viewer.facts.draft().findings.at(-1).measure.long_axis > 15")
    moved = tape.findings()[-1]["measure"]
    assert moved["long_axis"] == pytest.approx(mm(start, (40, 52)), abs=PIXEL_MM)
    expect(row).not_to_contain_text("not measurable")
    tape.pull(found["id"], 2, (46, 36))
    tape.page.wait_for_function(
        "before => window.__viewer.facts.draft().findings.at(-1).measure.short_axis !== before", arg=moved["short_axis"]
    )
    p, q, s, r = np.array(tape.findings()[-1]["measure"]["points_lps"])
    assert abs(np.dot(q - p, r - s)) < 0.01 * np.linalg.norm(q - p) * np.linalg.norm(r - s)
    # Two handles were pulled: two steps back, and the first drawing is there again.
    tape.room.visitor.press("Control+KeyZ", 2)
    tape.page.wait_for_function(
        "() => Math.abs(window.__viewer.facts.draft().findings.at(-1).measure.long_axis - 9.6) < 1.3"
    )
    tape.room.visitor.press("Control+KeyY", 2)
    tape.page.wait_for_function("() => window.__viewer.facts.draft().findings.at(-1).measure.long_axis > 15")


def draw_angles(tape: Tape) -> None:
    tape.take("KeyY", "angle")
    tape.drag((66, 80), (66, 64))
    tape.click((66 - 16 * SPACING[2] / SPACING[1], 80))
    assert tape.newest(5)["measure"]["angle_deg"] == pytest.approx(45, abs=4)
    tape.take("Shift+KeyY", "cobb")
    tape.drag((20, 12), (20, 40))
    assert len(tape.findings()) == 5, "a Cobb angle has two lines"
    tape.drag((28, 12), (28 + 28 * SPACING[2] / SPACING[1] * math.tan(math.radians(20)), 40))
    assert tape.newest(6)["measure"]["angle_deg"] == pytest.approx(20, abs=3)


def draw_arrow(tape: Tape) -> None:
    tape.take("Shift+KeyT", "arrow")
    tape.drag((SPOT[0] - 2, SPOT[1] + 2), (112, 34))
    field = tape.page.get_by_role("textbox", name="Name")
    expect(field).to_be_focused()
    tape.page.keyboard.type("calcification")
    tape.page.keyboard.press("Enter")
    expect(field).to_have_count(0)
    assert tape.newest(7)["name"] == "calcification"
    expect(tape.page.get_by_test_id(VIEW)).to_contain_text("calcification")


def measure_a_mask(tape: Tape) -> None:
    """One dab of the brush is a disc of known radius; its axes are its diameter."""
    radius = tape.room.take_brush(LESION[2])
    tape.click(LESION[:2])
    mask = tape.newest(8)
    assert mask["kind"] == "segment"
    tape.room.visitor.press("Shift+KeyD")
    found = tape.newest(9)
    assert (found["label_key"], found["largest_slice"]) == ("opacity", SLICE)
    assert found["measure"]["long_axis"] == pytest.approx(2 * radius, abs=2 * PIXEL_MM)
    assert found["measure"]["short_axis"] == pytest.approx(2 * radius, abs=2 * PIXEL_MM)


def test_every_tool_measures_what_is_there(desk: Desk) -> None:
    visitor, page = desk.reader, desk.reader.page
    visitor.sign_in()
    visitor.open(f"/p/{desk.slug}/worklist", "My queue")
    visitor.press("Enter")
    room = Room(visitor)
    reading = room.wait_open()
    view = page.get_by_test_id(VIEW)
    expect(view).to_have_attribute("data-plane", str(SLICE))
    tape = Tape(room)

    first = draw_ellipse(tape)
    draw_circle(tape)
    draw_probe(tape)
    draw_axes(tape)
    draw_angles(tape)
    draw_arrow(tape)
    measure_a_mask(tape)
    visitor.press("KeyW")
    visitor.shot("measure-1-drawn")

    # The list: another slice, a click on the row, and its slice is back; a name; each undone as one step.
    visitor.press("ArrowDown", 2)
    expect(view).to_have_attribute("data-plane", str(SLICE + 2))
    expect(view.locator("[data-measure]")).to_have_count(0)
    page.locator(f"[data-row='f:{first['id']}'] button").first.click()
    expect(view).to_have_attribute("data-plane", str(SLICE))
    visitor.press("Shift+KeyR")
    page.get_by_role("textbox", name="Name").fill("liver")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-row='f:{first['id']}']")).to_contain_text("liver")
    visitor.press("Delete")
    page.wait_for_function("() => window.__viewer.facts.draft().findings.length === 8")
    visitor.press("Control+KeyZ")
    page.wait_for_function("() => window.__viewer.facts.draft().findings.length === 9")

    # Undo to the start and redo to the end give the same draft; the server has it; a reload shows it.
    before = tape.findings()
    steps = 0
    while room.fact("draft")["can_undo"]:
        visitor.press("Control+KeyZ")
        steps += 1
    assert tape.findings() == []
    visitor.press("Control+Shift+KeyZ", steps)
    page.wait_for_function("() => window.__viewer.facts.draft().findings.length === 9")
    assert tape.findings() == before
    room.wait_saved()
    stored = desk.api.get(f"/readings/{reading}")["journal"]["draft"]["findings"]
    assert stored == before, "the two reducers agree"
    page.reload()
    room.wait_open()
    assert tape.findings() == before
    expect(view.locator("[data-measure]")).to_have_count(8)
    page.locator(f"[data-row='f:{first['id']}'] button").first.click()
    visitor.shot("measure-2-reloaded")
    page.set_viewport_size({"width": 1280, "height": 720})
    for command in ("window", "arrow", "keys"):
        expect(page.locator(f"nav [data-command={command}]")).to_be_in_viewport(ratio=1)
    visitor.shot("measure-2-small-screen")
    page.set_viewport_size({"width": 1440, "height": 900})

    # The palette knows the tools by name.
    visitor.press("Control+KeyK")
    page.get_by_role("textbox", name="Type a command").fill("cobb")
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-tool", "cobb")

    assert room.submit() != reading
    look_as_reviewer(desk, reading)


def look_as_reviewer(desk: Desk, reading: int) -> None:
    reviewer, page = desk.reviewer, desk.reviewer.page
    reviewer.sign_in()
    page.goto(f"/p/{desk.slug}/review/{reading}")
    expect(page.get_by_test_id("review-room")).to_be_visible()
    listed = page.get_by_test_id("review-measures")
    expect(listed.locator("[data-measure-row]")).to_have_count(8)
    expect(listed).to_contain_text("liver")
    expect(listed).to_contain_text(re.compile(r"mean 6[12](\.\d)? HU, SD (2|1\.9|2\.0)"))
    listed.locator("[data-measure-row]").first.click()
    view = page.get_by_test_id("view-reading")
    expect(view).to_have_attribute("data-slice", str(SLICE))
    expect(view.locator("[data-measure]")).to_have_count(8)
    reviewer.shot("measure-3-reviewer")
