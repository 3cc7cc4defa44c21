"""The tools that edit a mask, used as a reader does: by key and by pointer. What counts is what the server stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy import ndimage

from tests.e2e.conftest import MakeProject
from tests.e2e.room import VIEW, Room
from tests.e2e.visitor import Visitor
from tests.loop.system import Person, System, add_person
from tests.phantoms import write_ct_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
Visit = Callable[..., Visitor]
Masks = list[np.ndarray]

SHAPE = (12, 96, 96)
SPACING_MM = (3.0, 1.0, 1.0)
AIR, TISSUE, ORGAN = 24, 1024, 1124  # stored values: -1000, 0 and 100 HU
ORGAN_BOX = (slice(2, 10), slice(58, 84), slice(40, 72))
SIDE_LEFT = 36  # clear of the panel at the left


def write_ct(folder: Path) -> Path:
    volume = np.full(SHAPE, AIR, np.uint16)
    volume[:, 6:90, 6:90] = TISSUE
    volume[ORGAN_BOX] = ORGAN
    write_ct_series(folder, patient_id="MASKS-1", spacing_mm=SPACING_MM, volume=volume, shape_zyx=SHAPE, lesion=False)
    return folder


@dataclass
class Bench:
    """One reader at one case, and the server's side of it."""

    visitor: Visitor
    room: Room
    api: Person

    def press(self, keys: str, times: int = 1) -> None:
        self.visitor.press(keys, times)

    def stored(self) -> Masks:
        """Each finding of the draft as the server has it, oldest first."""
        self.room.wait_saved()
        draft: dict[str, Any] = self.api.get(f"/readings/{self.room.reading_id}")["journal"]["draft"]
        return [mask_of(finding) for finding in sorted(draft["findings"], key=lambda one: one["created_seq"])]

    def operations(self) -> int:
        return len(self.api.get(f"/readings/{self.room.reading_id}/operations")["operations"])

    def go_to(self, k: int) -> None:
        self.press("Home")
        self.press("ArrowDown", k)
        expect(self.room.page.get_by_test_id(VIEW)).to_have_attribute("data-plane", str(k))

    def click(self, row: float, column: float) -> None:
        self.drag([(row, column)])

    def drag(self, path: list[tuple[float, float]]) -> None:
        """Press at the first (row, column), go along the others, let go."""
        mouse = self.room.page.mouse
        mouse.move(*self.room.at(*path[0]))
        mouse.down()
        for place in path[1:]:
            mouse.move(*self.room.at(*place), steps=3)
        mouse.up()

    def preview(self) -> tuple[int, int]:
        """Wait for the answer; returns the voxels that would be added and removed."""
        bar = self.room.page.get_by_test_id("mask-preview")
        expect(bar).to_have_attribute("data-state", "ready")
        return int(bar.get_attribute("data-added") or -1), int(bar.get_attribute("data-removed") or -1)

    def take(self, keys: str, *, shot: str | None = None) -> Masks:
        """One step by its key: look at the preview, apply it with Enter, and compare it with what the server gets."""
        before = self.stored()
        self.press(keys)
        return self.enter(before, shot=shot)

    def enter(self, before: Masks, *, shot: str | None = None) -> Masks:
        added, removed = self.preview()
        if shot:
            self.visitor.shot(shot)
        assert same(self.stored(), before), "a preview was stored"
        self.press("Enter")
        expect(self.room.page.get_by_test_id("mask-preview")).to_have_count(0)
        after = self.stored()
        old = before + [np.zeros(SHAPE, bool)] * (len(after) - len(before))
        assert added == sum(int((new & ~was).sum()) for new, was in zip(after, old, strict=True))
        assert removed == sum(int((was & ~new).sum()) for new, was in zip(after, old, strict=True))
        return after


def mask_of(finding: dict[str, Any]) -> np.ndarray:
    mask = np.zeros((SHAPE[0], SHAPE[1] * SHAPE[2]), bool)
    for change in finding["slices"]:
        for start, length in zip(change["runs"][::2], change["runs"][1::2], strict=True):
            mask[change["k"], start : start + length] = True
    return mask.reshape(SHAPE)


def same(one: Masks, other: Masks) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def slices_of(mask: np.ndarray) -> list[int]:
    return [int(k) for k in np.flatnonzero(mask.any(axis=(1, 2)))]


def disc(row: float, column: float, radius: float) -> np.ndarray:
    rows, columns = np.indices(SHAPE[1:])
    return np.asarray(np.hypot(rows - row, columns - column) <= radius)


@pytest.fixture
def bench(
    system: System, make_project: MakeProject, visit: Visit, tmp_path: Path, request: pytest.FixtureRequest
) -> Bench:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name)[-40:].strip("-")
    project = make_project(f"Masks {name}", split_ratio=[1, 0, 0])
    api = add_person(system, name, project=project["slug"], roles=("annotator",))
    system.command("import", str(write_ct(tmp_path / "CT")), "--project", project["slug"])
    visitor = visit(name)
    visitor.sign_in()
    visitor.open(f"/p/{project['slug']}/worklist", "My queue")
    visitor.press("Enter")
    room = Room(visitor)
    room.wait_open()
    # Soft tissue: what the threshold tools accept is a share of the window.
    visitor.press("Digit3")
    visitor.page.wait_for_function("name => window.__viewer.window(name)?.width === 400", arg=VIEW)
    return Bench(visitor, room, api)


def test_every_mask_tool_by_key_and_pointer(bench: Bench) -> None:
    page, room = bench.room.page, bench.room
    room.take_brush(6.0)
    for k in (2, 6):
        bench.go_to(k)
        room.dab(40, 60)
    steps = [bench.stored()]
    assert slices_of(steps[-1][0]) == [2, 6]

    # Interpolation: Escape leaves nothing behind, Enter fills the three slices between.
    bench.go_to(4)
    bench.press("KeyK")
    bench.preview()
    bench.press("Escape")
    expect(page.get_by_test_id("mask-preview")).to_have_count(0)
    assert same(bench.stored(), steps[-1])
    steps.append(bench.take("KeyK", shot="masks-1-interpolate"))
    assert slices_of(steps[-1][0]) == [2, 3, 4, 5, 6]
    assert all(np.array_equal(steps[-1][0][k], steps[-1][0][2]) for k in (3, 4, 5, 6)), "the ends are equal"

    # Scissors cut a hole into this slice, fill closes it by a click, and fill holes does so without one.
    bench.press("KeyS")
    bench.drag([(38, 58), (41, 61)])
    steps.append(bench.stored())
    hole = steps[-2][0] & ~steps[-1][0]
    assert slices_of(hole) == [4]
    assert 9 <= hole.sum() <= 16
    bench.press("KeyF")
    bench.click(40, 60)
    steps.append(bench.stored())
    assert same(steps[-1], steps[-3])
    bench.press("Control+KeyZ")
    assert same(bench.stored(), steps[-2])
    steps[-1] = bench.take("Shift+KeyF")
    assert same(steps[-1], steps[-3])

    # A circle filled through all slices is an island of its own; the largest island stays.
    bench.press("KeyS", 2)
    bench.press("Shift+KeyS", 2)
    bench.press("Shift+KeyC")
    bench.visitor.shot("masks-2-scissors")
    bench.drag([(24, 80), (24, 84)])
    steps.append(bench.stored())
    added = steps[-1][0] & ~steps[-2][0]
    assert slices_of(added) == list(range(SHAPE[0]))
    assert np.logical_xor(added[0], disc(24, 80, 4)).sum() <= 8, "a circle of 4 mm"
    bench.press("Shift+KeyI")
    bench.click(24, 80)
    steps.append(bench.stored())
    assert np.array_equal(steps[-1][0], added)
    bench.press("Control+KeyZ")
    steps.pop()
    assert ndimage.label(steps[-1][0], np.ones((3, 3, 3)))[1] == 2
    steps.append(bench.take("Shift+KeyK"))
    assert ndimage.label(steps[-1][0], np.ones((3, 3, 3)))[1] == 1

    # Margin and smoothing: by millimetres, over slices of 3 mm.
    bench.press("Shift+KeyE")
    expect(page.get_by_test_id("mask-panel")).to_be_visible()
    bench.press("Shift+BracketRight", 3)
    expect(page.get_by_test_id("mask-mm")).to_have_text("4 mm")
    before = steps[-1][0]
    steps.append(bench.take("Shift+Equal", shot="masks-3-margin"))
    assert np.array_equal(steps[-1][0], ndimage.distance_transform_edt(~before, SPACING_MM) <= 4)
    before = steps[-1][0]
    steps.append(bench.take("Shift+Minus"))
    assert np.array_equal(steps[-1][0], ndimage.distance_transform_edt(before, SPACING_MM) > 4)
    before = steps[-1][0]
    steps.append(bench.take("Shift+KeyM"))
    assert 0 < np.logical_xor(before, steps[-1][0]).sum() < before.sum() / 2

    # A second finding, grown from one click in the organ; then the first takes it in, loses it, keeps what both have.
    bench.press("Shift+Digit1")
    bench.press("Shift+KeyG")
    bench.go_to(5)
    before_grow = bench.stored()
    bench.click(70, 56)
    steps.append(bench.enter(before_grow, shot="masks-4-region"))
    grown = steps[-1][1]
    organ = np.zeros(SHAPE, bool)
    organ[ORGAN_BOX] = True
    far = np.hypot(np.hypot((np.indices(SHAPE)[0] - 5) * 3, np.indices(SHAPE)[1] - 70), np.indices(SHAPE)[2] - 56)
    assert np.array_equal(grown, organ & (far <= 20)), "the organ within 20 mm of the click"
    bench.press("KeyP")
    first = steps[-1][0]
    chain = (("Shift+KeyU", first | grown), ("Shift+KeyX", first & ~grown), ("Shift+KeyU", first | grown))
    for keys, expected in (*chain, ("Shift+KeyO", grown)):
        steps.append(bench.take(keys, shot="masks-5-logic" if keys == "Shift+KeyX" else None))
        assert np.array_equal(steps[-1][0], expected)
        assert np.array_equal(steps[-1][1], grown)
    bench.press("Control+KeyZ", 4)
    assert same(bench.stored(), steps[-5])
    bench.press("Control+KeyY", 2)
    steps = steps[:-2]
    assert same(bench.stored(), steps[-1])

    # Small islands go: a dab of a few voxels is less than 100 mm³.
    bench.press("KeyB")
    bench.press("BracketLeft", 8)
    bench.go_to(9)
    room.dab(20, 50)
    steps.append(bench.stored())
    more = page.get_by_test_id("mask-panel").get_by_role("button", name="Smallest island that stays: more")
    for _ in range(3):
        more.click()
    steps.append(bench.take("Shift+Delete"))
    assert same(steps[-1], steps[-3])
    last = steps[-1]

    # To the start and back to the end, as one step each.
    assert page.get_by_role("button", name="Undo").is_enabled()
    for _ in range(60):
        if not bench.room.fact("draft")["can_undo"]:
            break
        bench.press("Control+KeyZ")
    assert bench.stored() == []
    for _ in range(60):
        if not bench.room.fact("draft")["can_redo"]:
            break
        bench.press("Control+KeyY")
    assert same(bench.stored(), last)
    page.reload()
    room.wait_open()
    assert same(bench.stored(), last)


def test_mask_tools_say_why_they_do_nothing(bench: Bench) -> None:
    page = bench.room.page
    toast = page.get_by_test_id("toast")
    bench.press("KeyK")
    expect(toast).to_contain_text("Choose a painted finding")
    bench.room.take_brush(4.0)
    bench.go_to(3)
    bench.room.dab(40, 60)
    bench.press("KeyK")
    expect(toast).to_contain_text("paint two slices")
    bench.press("Control+KeyK")
    page.get_by_placeholder("Type a command").fill("grow mask")
    page.keyboard.press("Enter")
    bench.preview()
    bench.press("Escape")
    bench.press("Shift+KeyU")
    expect(toast).to_contain_text("no other mask")
    bench.press("Shift+Slash")
    expect(page.get_by_role("dialog").get_by_text("Interpolate between slices")).to_be_visible()
    bench.visitor.shot("masks-8-keys")
    bench.press("Escape")
    bench.press("Shift+KeyE")
    page.get_by_test_id("mask-panel").get_by_role("button", name="Keep the one I click").click()
    bench.click(80, 80)
    expect(toast).to_contain_text("no island")
    assert bench.operations() == 1


def test_scissors_cut_in_every_view_and_along_a_free_line(bench: Bench) -> None:
    """A region of the whole organ, cut from above along a free line, and from the front by a rectangle."""
    page = bench.room.page
    bench.press("Shift+KeyG")
    bench.go_to(5)
    bench.drag([(70, 56)])
    more = page.get_by_test_id("tool-options").get_by_role("button", name="Not farther than: more")
    for _ in range(2):
        bench.preview()
        more.click()
    bench.preview()
    bench.press("Enter")
    (whole,) = bench.stored()
    organ = np.zeros(SHAPE, bool)
    organ[ORGAN_BOX] = True
    assert np.array_equal(whole, organ)

    # Above the line from corner to corner all slices lose what lies inside of the triangle.
    bench.press("KeyS", 3)
    bench.press("Shift+KeyC")
    bench.drag([(50, 30), (50, 80), (90, 30), (50, 30)])
    (cut,) = bench.stored()
    rows, columns = np.indices(SHAPE[1:])
    edge = 50 * (rows - 50) + 40 * (columns - 30) - 2000
    assert not (cut & (edge < -150)).any()
    assert np.array_equal(cut & (edge > 150), organ & (edge > 150))

    # In the coronal view the slices lie one above the other: outside of two of them everything goes, at every depth.
    bench.press("KeyS")
    bench.press("Shift+KeyS")
    corners = [
        bench.visitor.ask("index => window.__viewer.indexToPage('view-j', index)", [column, 70, k])
        for column, k in ((20, 3.6), (90, 6.4))
    ]
    mouse = page.mouse
    mouse.move(*corners[0])
    mouse.down()
    mouse.move(*corners[1], steps=4)
    bench.visitor.shot("masks-6-coronal")
    mouse.up()
    (last,) = bench.stored()
    expected = cut.copy()
    expected[:4] = expected[7:] = False
    assert np.array_equal(last, expected)
    bench.press("Control+KeyZ", 2)
    assert same(bench.stored(), [whole])
    page.set_viewport_size({"width": 1280, "height": 720})
    bench.press("Shift+KeyE")
    bench.press("Shift+KeyM")
    bench.preview()
    bench.visitor.shot("masks-7-small-screen")


def test_brush_eraser_and_threshold_change_only_what_they_should(bench: Bench) -> None:
    organ = np.zeros(SHAPE, bool)
    organ[ORGAN_BOX] = True
    radius = bench.room.take_brush(6.0)
    bench.go_to(5)
    bench.room.dab(60, 56)
    painted = bench.stored()[0]
    assert slices_of(painted) == [5]
    assert np.logical_xor(painted[5], disc(60, 56, radius) | disc(60, 57, radius)).sum() <= 8
    bench.press("KeyE")
    bench.room.dab(60, 56)
    assert not bench.stored()[0].any()
    bench.press("Control+KeyZ")
    assert same(bench.stored(), [painted])
    bench.press("Control+KeyY")
    bench.press("KeyT")
    bench.room.dab(60, 56)
    assert np.array_equal(bench.stored()[0], painted & organ)
    bench.press("Control+KeyZ")
    bench.press("KeyB")
    bench.room.page.keyboard.down("Control")
    bench.room.dab(60, 56)
    bench.room.page.keyboard.up("Control")
    assert not bench.stored()[0].any()
