"""A CT of 400 slices is dropped into the page as a folder; its reader scrolls at once, while slices still arrive."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import Say
from tests.e2e.conftest import MakeProject
from tests.e2e.room import VIEW, Room
from tests.e2e.visitor import Visitor
from tests.loop.system import Person
from tests.phantoms import write_ct_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SLICES, SIDE = 400, 512
IMPORT_MS = 300_000
AIR, DARKEST = 24, 864  # stored values: -1000 HU, and the square of slice 0 at -160 HU
NOTCHES = 12


def write_chest_ct(folder: Path) -> Path:
    """Slice k holds a square of -160 + k HU in its middle: what is on the screen says which slice it is."""
    volume = np.full((SLICES, SIDE, SIDE), AIR, np.uint16)
    low, high = SIDE // 4, SIDE - SIDE // 4
    volume[:, low:high, low:high] = (DARKEST + np.arange(SLICES))[:, None, None]
    volume += np.random.default_rng(3).integers(0, 6, (SIDE, SIDE), dtype=np.uint16)
    write_ct_series(
        folder, patient_id="LARGE-1", spacing_mm=(0.75, 0.7, 0.7), volume=volume, shape_zyx=volume.shape, lesion=False
    )
    return folder


def drop(visitor: Visitor, folder: Path) -> None:
    """Let go of a folder over the page, as the desktop does: the browser itself makes the drop."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 700, "y": 450, "data": data})
        # A hand hovers until the page says that it takes the folder; a drop before that is refused by the browser.
        if kind != "drop":
            expect(visitor.page.get_by_text("Let go to import")).to_be_visible()
            visitor.page.wait_for_timeout(100)


def middle_grey(visitor: Visitor) -> float:
    """Mean grey of what is drawn around the middle of the slice."""
    x, y = Room(visitor).at(SIDE / 2 + 40, SIDE / 2 + 40)
    shot = visitor.page.screenshot(clip={"x": x - 6, "y": y - 6, "width": 12, "height": 12}, animations="disabled")
    return float(np.asarray(Image.open(io.BytesIO(shot)).convert("L")).mean())


def test_a_dropped_ct_of_400_slices_scrolls_at_once(
    make_project: MakeProject, manager_api: Person, visit: Callable[..., Visitor], tmp_path: Path,
    say: Say,
) -> None:  # fmt: skip
    project = make_project("Large", split_ratio=[1, 0, 0])
    manager_api.post(f"/projects/{project['id']}/members", {"username": "maya", "role": "annotator"})
    folder = write_chest_ct(tmp_path / "CT of the chest")
    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    visitor.open(f"/p/{project['slug']}/data", "Import")

    started = time.monotonic()
    drop(visitor, folder)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    visitor.shot("large-ct-1-dropped")
    expect(page.get_by_role("gridcell", name="accepted")).to_be_visible(timeout=IMPORT_MS)
    imported = time.monotonic() - started
    visitor.shot("large-ct-2-imported")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/frames/" in request.url else None)
    visitor.open(f"/p/{project['slug']}/worklist", "My queue")
    expect(page.get_by_role("row").filter(has_text="CT")).to_be_visible()
    opened = time.monotonic()
    visitor.press("Enter")
    room = Room(visitor)
    room.wait_open()
    first = time.monotonic() - opened
    assert len(set(asked)) < SLICES, "the first image waited for all of them"

    view = page.get_by_test_id(VIEW)
    at = int(view.get_attribute("data-plane") or -1)
    grey = middle_grey(visitor)
    page.mouse.move(*room.at(SIDE / 2, SIDE / 2))
    waits = []
    for step in range(1, NOTCHES + 1):
        turned = time.monotonic()
        page.mouse.wheel(0, 100)
        expect(view).to_have_attribute("data-plane", re.compile(rf"^({at + step}|{at - step})$"))
        waits.append(time.monotonic() - turned)
    assert middle_grey(visitor) != grey, "the plane changed, the picture did not"
    still_coming = len(set(asked)) < SLICES
    visitor.press("End")
    expect(view).to_have_attribute("data-plane", re.compile(rf"^({SLICES - 1})$"))
    assert middle_grey(visitor) > 200, "the last slice holds the brightest square"
    visitor.shot("large-ct-3-scrolled")
    say(
        f"{SLICES} slices of {SIDE}²: imported {imported:.1f} s after the drop, first image {first:.2f} s, "
        f"a notch {np.median(waits) * 1000:.0f} ms (most {max(waits) * 1000:.0f} ms), "
        f"{'while' if still_coming else 'after'} the rest arrived"
    )
