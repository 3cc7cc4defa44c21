"""The reading room as a reader's hands use it: keys, strokes of the pointer, and what the screen says back."""

from __future__ import annotations

import math
import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.chest import Chest
from tests.e2e.visitor import Visitor

VIEW = "view-k"
SIZE_STEP = 1.2
# A tip of this share of the opacity's radius, led round once, leaves no hole in the middle.
TIP_SHARE = 0.62
SAVED = re.compile(r"Saved \d\d:\d\d:\d\d")


class Room:
    """The open case of one reader."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    @property
    def reading_id(self) -> int:
        found = re.search(r"/read/(\d+)$", self.page.url)
        assert found, f"no case is open at {self.page.url}"
        return int(found[1])

    def wait_open(self, *, after: int | None = None) -> int:
        """Wait until a case (another one than `after`) is open and its image drawn; returns its reading."""
        if after is None:
            expect(self.page).to_have_url(re.compile(r"/read/\d+$"))
        else:
            expect(self.page).to_have_url(re.compile(rf"/read/(?!{after}$)\d+$"))
        room = self.page.get_by_test_id("reading-room")
        expect(room).to_have_attribute("data-reading", str(self.reading_id))
        expect(self.page.get_by_test_id(VIEW)).to_have_attribute("data-plane", re.compile(r"\d+"))
        self.page.wait_for_function(
            "name => window.__viewer?.indexToPage(name, [0, 0, 0]) != null && 'voxels' in window.__viewer.facts",
            arg=VIEW,
        )
        return self.reading_id

    def fact(self, name: str) -> Any:
        return self.visitor.ask("name => window.__viewer.facts[name]()", name)

    def voxels(self) -> int:
        """Voxels of all findings of the draft, as this page has it."""
        return sum(self.fact("voxels").values())

    def take_brush(self, radius_px: float) -> float:
        """Choose the first label and the brush by key, then its size with the bracket keys; returns the radius."""
        self.visitor.press("Shift+Digit1")
        self.visitor.press("KeyB")
        options = self.page.get_by_test_id("tool-options")
        expect(options).to_be_visible()
        shown = self._shown_radius()
        steps = round(math.log(radius_px / shown, SIZE_STEP))
        if steps:
            self.visitor.press("BracketRight" if steps > 0 else "BracketLeft", abs(steps))
            expect(options).not_to_contain_text(re.compile(rf"(^|\D){re.escape(f'{shown:.1f}')} "))
        return self._shown_radius()

    def _shown_radius(self) -> float:
        found = re.search(r"([\d.]+) (mm|px)", self.page.get_by_test_id("tool-options").inner_text())
        assert found, "the tool options do not say how large the brush is"
        return float(found[1])

    def at(self, row: float, column: float) -> tuple[float, float]:
        """Where a voxel of the shown slice is on the page."""
        x, y = self.visitor.ask("([name, index]) => window.__viewer.indexToPage(name, index)", [VIEW, [column, row, 0]])
        return x, y

    def paint(self, chest: Chest) -> None:
        """Mark the opacity with one stroke of the pointer: in at the middle, once round, up."""
        assert chest.centre_yx is not None
        row, column = chest.centre_yx
        ring = max(0.0, chest.radius_px - self.take_brush(chest.radius_px * TIP_SHARE))
        mouse = self.page.mouse
        mouse.move(*self.at(row, column))
        mouse.down()
        for step in range(25):
            angle = 2 * math.pi * step / 24
            mouse.move(*self.at(row + ring * math.sin(angle), column + ring * math.cos(angle)))
        mouse.up()

    def dab(self, row: float, column: float) -> None:
        """One short stroke."""
        self.page.mouse.move(*self.at(row, column))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(row, column + 1))
        self.page.mouse.up()

    def wait_saved(self) -> None:
        """Wait for the editor itself first: right after a key the page still shows the save before it."""
        self.page.wait_for_function("() => window.__viewer.facts.saveState().kind === 'saved'")
        expect(self.page.locator("[data-save-state]")).to_have_text(SAVED)

    def submit(self, *, normal: bool = False) -> int:
        """Submit by key; waits until the next case is open and returns its reading."""
        before = self.reading_id
        self.visitor.press("Shift+KeyN" if normal else "Control+Enter")
        return self.wait_open(after=before)

    def back_to_queue(self) -> None:
        self.page.get_by_role("link", name="Queue").click()
        expect(self.page.get_by_role("heading", name="My queue", level=1)).to_be_visible()
