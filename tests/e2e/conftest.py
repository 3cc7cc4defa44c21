"""One running system and one Chromium for all browser tests; they end with this package, before other tests begin.

Playwright runs an event loop in this thread, and Django's ORM refuses to work beside one: hence not session-wide.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.visitor import Visitor
from tests.loop.system import Person, System, add_person

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "test-artifacts" / "e2e"
BUILT = ROOT / "frontend" / "dist"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
TRAINING_SECONDS = 60
LABELS = [{"name": "Opacity", "key": "opacity", "kind": "segment", "findings": "many"}]


class QuickSystem(System):
    """The product with a short training, and a front end of its own that no build in between can change."""

    @property
    def environment(self) -> dict[str, str]:
        own = {"MEDREVIEW_TRAINING_SECONDS": str(TRAINING_SECONDS), "MEDREVIEW_FRONTEND_DIST": str(self.front_end)}
        return {**super().environment, **own}

    @property
    def front_end(self) -> Path:
        return self.data_dir.parent / "dist"

    def start(self) -> None:
        shutil.copytree(BUILT, self.front_end, dirs_exist_ok=True)
        super().start()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("there is no Chromium on PATH: run scripts/need-chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--enable-unsafe-swiftshader"], headless=True
        )
        yield started
        started.close()


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    if not (BUILT / "index.html").exists():
        pytest.fail("the front end is not built: run `npm ci && npm run build` in frontend/, or `make front-end`")
    running = QuickSystem(Path(tmp_path_factory.mktemp("e2e")) / "var")
    running.start()
    yield running
    logs = running.logs()
    assert running.stop() == 0, logs


@pytest.fixture(scope="package")
def manager_api(system: System) -> Person:
    """Maya, who manages every project of these tests, through HTTP."""
    return add_person(system, "maya")


MakeProject = Callable[..., dict[str, Any]]


@pytest.fixture(scope="package")
def make_project(manager_api: Person) -> MakeProject:
    def make(name: str, **settings: Any) -> dict[str, Any]:
        project: dict[str, Any] = manager_api.post("/projects", {"name": name, "labels": LABELS})
        manager_api.patch(f"/projects/{project['id']}", {"settings": settings})
        return project

    return make


@pytest.fixture
def visit(browser: Browser, system: System, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Opens the browser of one more person. A fault in any page, or a request to another host, fails the test."""
    visitors: list[Visitor] = []

    def open_visitor(name: str, **options: Any) -> Visitor:
        visitors.append(Visitor(browser, system, name, ARTIFACTS, **options))
        return visitors[-1]

    yield open_visitor
    faults = [fault for visitor in visitors for fault in visitor.faults]
    for visitor in visitors:
        if os.environ.get("MEDREVIEW_E2E_LAST_LOOK"):
            visitor.shot(f"last-{request.node.name}-{visitor.name}")
        visitor.close()
    assert not faults, "\n".join(faults)
