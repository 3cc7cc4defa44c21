"""Fixtures for every test. The data directory is set before Django loads its settings, so that nothing touches `var/`."""

from __future__ import annotations

import os
import tempfile

_DATA_DIR = tempfile.mkdtemp(prefix="medreview-test-")
os.environ["MEDREVIEW_DATA_DIR"] = _DATA_DIR
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.pop("MEDREVIEW_REDIS_URL", None)

import shutil  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

SHARED_DATA = Path(os.environ.get("MEDREVIEW_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session", autouse=True)
def _remove_data_dir() -> Iterator[None]:
    yield
    shutil.rmtree(_DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images; tests that need it skip where it is absent."""
    if not (SHARED_DATA / "README.md").exists():
        pytest.skip(f"real images are not at {SHARED_DATA}; set MEDREVIEW_TEST_DATA to their folder")
    return SHARED_DATA
