"""A manager decides on what was kept aside: sees the rule, the first copy, and discards in two steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import MakeProject
from tests.e2e.visitor import Visitor
from tests.loop.system import System
from tests.phantoms import write_cr_image

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
SAME = {"SOPInstanceUID": "2.25.301", "SeriesInstanceUID": "2.25.302", "StudyInstanceUID": "2.25.303"}


def test_a_second_copy_waits_until_it_is_discarded(
    system: System, make_project: MakeProject, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    project = make_project("Kept aside")
    for seed in (1, 2):  # the same object twice, with other pixels the second time
        write_cr_image(tmp_path / "same", patient_id="TWICE-1", shape_yx=(40, 32), seed=seed, extra=SAME)
        system.command("import", str(tmp_path / "same"), "--project", project["slug"])

    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    visitor.open(f"/p/{project['slug']}/data", "Import")
    page.get_by_role("radiogroup", name="Part of the page").get_by_text("Quarantine").click()
    expect(page.get_by_role("heading", name="Quarantine", level=1)).to_be_visible()
    row = page.get_by_role("grid").get_by_role("row").nth(1)
    expect(row).to_contain_text("Waiting")
    expect(row).to_contain_text("The first copy, received")
    visitor.shot("quarantine")
    row.get_by_role("button", name="Discard").click()
    row.get_by_role("button", name="Discard for good").click()
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    page.get_by_role("combobox", name="Decision").click()
    page.get_by_role("option", name="Discarded").click()
    expect(page.get_by_role("grid").get_by_role("row").nth(1)).to_contain_text("Discarded")
