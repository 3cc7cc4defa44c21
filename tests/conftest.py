"""Fixtures for every test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from django.conf import settings

from medreview.cli import broker
from tests.faults.victims import wait_for
from tests.loop.system import System

Say = Callable[[str], None]
SHARED_DATA = Path(os.environ.get("MEDREVIEW_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def pytest_report_header() -> str:
    return f"database: {settings.DATABASES['default']['ENGINE']}"


@pytest.fixture(scope="session", autouse=True)
def _broker() -> Iterator[None]:
    """A real broker on the test run's own socket, so that publishing and live events are what they are."""
    server = subprocess.Popen(broker.command(settings.BROKER_SOCKET, settings.DATA_DIR / "broker"))
    wait_for(lambda: Path(settings.BROKER_SOCKET).exists(), 20, "the broker's socket")
    yield
    server.terminate()
    server.wait()
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for all tests of a module; the browser tests have another of their own."""
    running = System(Path(tmp_path_factory.mktemp("system")) / "var")
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Tells the person at the terminal what was seen (a seed, a number), also from a process of its own (xdist)."""

    def speak(text: str) -> None:
        request.node.user_properties.append(("said", text))
        print(f"\n  {text}", flush=True)

    return speak


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """What tests said, in one place: a test that passes shows no output of its own."""
    reports = [one for found in terminalreporter.stats.values() for one in found]
    last = [one for one in reports if getattr(one, "when", "") == "teardown"]
    said = [(one.nodeid, text) for one in last for name, text in one.user_properties if name == "said"]
    if said:
        terminalreporter.section("said")
    for test in dict.fromkeys(test for test, _ in said):
        terminalreporter.line(test)
        for text in [text for one, text in said if one == test]:
            terminalreporter.line(f"  {text}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images; tests that need it skip where it is absent."""
    if not (SHARED_DATA / "README.md").exists():
        pytest.skip(f"real images are not at {SHARED_DATA}; set MEDREVIEW_TEST_DATA to their folder")
    return SHARED_DATA
