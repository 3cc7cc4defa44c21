"""Fixtures for every test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from medreview.cli import broker
from tests.loop.system import System

SHARED_DATA = Path(os.environ.get("MEDREVIEW_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def _broker() -> Iterator[None]:
    """A real broker on the test run's own socket, so that publishing and live events are what they are."""
    server = subprocess.Popen(broker.command(settings.BROKER_SOCKET, settings.DATA_DIR / "broker"))
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


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images; tests that need it skip where it is absent."""
    if not (SHARED_DATA / "README.md").exists():
        pytest.skip(f"real images are not at {SHARED_DATA}; set MEDREVIEW_TEST_DATA to their folder")
    return SHARED_DATA
