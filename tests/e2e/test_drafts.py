"""Drafts survive in a real browser: a bad network, a crashed tab, two browsers on one draft, an upgrade under a tab."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import Say
from tests.e2e.chest import SIDE_PX, write_chests
from tests.e2e.conftest import MakeProject, QuickSystem
from tests.e2e.room import Room
from tests.e2e.visitor import Visitor
from tests.faults.proxy import BadNetwork
from tests.faults.victims import kill, main_of, wait_back
from tests.loop.system import Person, System, add_person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
Visit = Callable[..., Visitor]
CASES = 4
# Dabs lie on a raster, far enough apart that none touches another, below the tool's options.
STEP_PX, FIRST_ROW_PX = 5, 20
PER_ROW = (SIDE_PX - 10) // STEP_PX
LONG = pytest.mark.soak


@dataclass
class Desk:
    """One reader's project, and the server's side of it."""

    slug: str
    name: str
    api: Person

    def journal(self, reading_id: int) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = self.api.get(f"/readings/{reading_id}/operations")["operations"]
        return operations

    def voxels(self, reading_id: int) -> int:
        draft = self.api.get(f"/readings/{reading_id}")["journal"]["draft"]
        return sum(finding["voxel_count"] for finding in draft["findings"])


@pytest.fixture
def desk(system: System, make_project: MakeProject, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-40:].strip("-")
    project = make_project(f"Drafts {name}", split_ratio=[1, 0, 0])
    api = add_person(system, name, project=project["slug"], roles=("annotator",))
    write_chests(tmp_path / "chests", CASES)
    system.command("import", str(tmp_path / "chests"), "--project", project["slug"])
    return Desk(project["slug"], name, api)


@pytest.fixture
def network(system: System, say: Say) -> Iterator[BadNetwork]:
    seed = random.randrange(10**6)
    with BadNetwork(system.url, seed=seed, share=0.7) as network:
        yield network
    say(f"bad network, seed {seed}: {dict(network.fired)}")


def open_case(visitor: Visitor, desk: Desk) -> Room:
    visitor.open(f"/p/{desk.slug}/worklist", "My queue")
    visitor.press("Enter")
    room = Room(visitor)
    room.wait_open()
    room.take_brush(1.5)
    return room


def place(number: int) -> tuple[float, float]:
    row, column = divmod(number, PER_ROW)
    return FIRST_ROW_PX + row * STEP_PX, 5 + column * STEP_PX


def paints(operations: list[dict[str, Any]]) -> int:
    assert len({one["op_id"] for one in operations}) == len(operations)
    return sum(one["kind"] == "paint" for one in operations)


@pytest.mark.parametrize(("edits", "offline_s"), [(40, 4), pytest.param(200, 60, marks=LONG)])
def test_edits_over_a_bad_network_are_all_stored_once(
    system: System, desk: Desk, network: BadNetwork, visit: Visit, edits: int, offline_s: float
) -> None:
    visitor = visit(desk.name, network=network.url)
    visitor.sign_in()
    room = open_case(visitor, desk)
    reading = room.reading_id
    slot = visitor.page.locator("[data-save-state]")
    offline_until = 0.0
    for number in range(edits):
        if number == edits // 6:
            network.go_offline()
            offline_until = time.monotonic() + offline_s
        if number == edits // 3:
            expect(slot).to_contain_text(re.compile(r"\d+ (kept here|unsaved)"))
            visitor.shot("drafts-offline")
            visitor.page.wait_for_timeout(max(0.0, offline_until - time.monotonic()) * 1000)
            network.go_online()
        if number == edits // 2:
            server = main_of(system, "web")
            assert server is not None
            kill(server)
        if number == edits * 2 // 3:
            wait_back(system, "web", server)
            visitor.context.clear_cookies()
            room.dab(*place(number))
            expect(visitor.page.get_by_text("Signed out", exact=True)).to_be_visible()
            visitor.shot("drafts-signed-out")
            other = visitor.new_page()
            visitor.sign_in(page=other)
            other.close()
            visitor.page.bring_to_front()
            continue
        room.dab(*place(number))
    visitor.page.wait_for_function("() => window.__viewer.facts.saveState().kind === 'saved'", timeout=120_000)
    assert paints(desk.journal(reading)) == edits
    assert desk.voxels(reading) == room.voxels()
    assert network.fired["offline"] == 1
    assert sum(network.fired[name] for name in ("lost_answer", "twice", "bad_gateway")) > 0


@pytest.mark.parametrize("crashes", [2, pytest.param(20, marks=LONG)])
def test_a_crashed_tab_loses_at_most_the_stroke_in_progress(desk: Desk, visit: Visit, crashes: int) -> None:
    visitor = visit(desk.name)
    visitor.sign_in()
    room = open_case(visitor, desk)
    reading, url, whole = room.reading_id, visitor.page.url, 0
    for number in range(crashes):
        for _ in range(2):
            room.dab(*place(whole))
            whole += 1
        drawn = room.voxels()
        page = visitor.page
        page.mouse.move(*room.at(*place(whole)))
        page.mouse.down()
        page.mouse.move(*room.at(place(whole)[0], place(whole)[1] + 2))
        crash(visitor)
        page.close()
        visitor.page = visitor.new_page()
        visitor.page.goto(url)
        room = Room(visitor)
        room.wait_open()
        assert room.voxels() == drawn, f"crash {number + 1}: {drawn} voxels were drawn in whole strokes"
        room.take_brush(1.5)
        visitor.page.keyboard.press("KeyN")
    room.wait_saved()
    assert paints(desk.journal(reading)) == whole
    assert desk.voxels(reading) == room.voxels()


def crash(visitor: Visitor) -> None:
    """SIGKILL every renderer of the browser, as a lack of memory would; no other page is open meanwhile."""
    assert visitor.context.browser is not None
    devtools = visitor.context.browser.new_browser_cdp_session()
    with visitor.page.expect_event("crash"):
        for process in devtools.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] == "renderer":
                kill(process["id"])
    devtools.detach()


def test_two_browsers_on_one_draft_lose_nothing_of_either(desk: Desk, visit: Visit) -> None:
    first, second = visit(desk.name), visit(desk.name)
    for visitor in (first, second):
        visitor.sign_in()
    here = open_case(first, desk)
    reading = here.reading_id
    second.page.goto(first.page.url)
    there = Room(second)
    there.wait_open()
    there.take_brush(1.5)

    here.dab(*place(0))
    here.wait_saved()
    there.dab(*place(1))
    expect(second.page.get_by_text("Changed elsewhere").first).to_be_visible()
    second.shot("drafts-changed-elsewhere")
    second.page.get_by_role("button", name="Keep both").click()
    there.wait_saved()
    assert paints(desk.journal(reading)) == 2

    here.dab(*place(2))
    expect(first.page.get_by_role("button", name="Take the other version")).to_be_visible()
    first.page.get_by_role("button", name="Take the other version").click()
    expect(first.page.get_by_text("1 change of yours is set aside")).to_be_visible()
    first.shot("drafts-set-aside")
    assert paints(desk.journal(reading)) == 2
    first.page.get_by_role("button", name="Put them on top").click()
    # Until the banner goes the shelf is still being read, and the page truthfully says "Saved" of the state before.
    expect(first.page.get_by_text("1 change of yours is set aside")).to_be_hidden()
    here.wait_saved()
    assert paints(desk.journal(reading)) == 3
    assert desk.voxels(reading) == here.voxels() > 0
    for visitor in (first, second):
        visitor.faults = [fault for fault in visitor.faults if "answered 412" not in fault]


def test_an_old_tab_is_told_to_reload_and_keeps_its_journal(system: QuickSystem, desk: Desk, visit: Visit) -> None:
    visitor = visit(desk.name, network=system.url)
    visitor.sign_in()
    room = open_case(visitor, desk)
    room.dab(*place(0))
    room.wait_saved()
    server = main_of(system, "web")
    assert server is not None
    upgrade(system.front_end)
    kill(server)
    room.dab(*place(1))
    drawn = room.voxels()
    wait_back(system, "web", server)
    told = visitor.page.get_by_test_id("reading-room").get_by_text("MedReview was upgraded")
    expect(told).to_be_visible(timeout=60_000)
    visitor.shot("drafts-upgraded")
    room.dab(*place(2))
    drawn = max(drawn, room.voxels())
    visitor.page.get_by_test_id("reading-room").get_by_role("button", name="Reload").click()
    expect(told).not_to_be_visible()
    room.wait_open()
    room.wait_saved()
    assert room.voxels() == drawn
    assert paints(desk.journal(room.reading_id)) == 3


def upgrade(front_end: Path) -> None:
    """What an upgrade does to the served files: every script gets another name, and the page knows the new ones."""
    scripts = list((front_end / "assets").glob("*.js"))
    texts = {front_end / "index.html": (front_end / "index.html").read_text()}
    texts |= {path.with_name(f"{path.stem}2.js"): path.read_text() for path in scripts}
    for path, text in texts.items():
        for script in scripts:
            text = text.replace(script.name, f"{script.stem}2.js")
        path.write_text(text)
    for script in scripts:
        script.unlink()
