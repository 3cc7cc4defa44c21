"""The core on PostgreSQL as well as on SQLite: a part of it each time, all of it and the running system in the soak."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Say
from tests.soak.production import postgresql_programs

ROOT = Path(__file__).resolve().parents[2]
# Where the two databases differ most: locks, leases, triggers, constraints, JSON, text.
PART = (
    "tests/medreview/core",
    "tests/medreview/cases/test_split.py",
    "tests/medreview/reading/test_concurrency.py",
    "tests/medreview/reading/test_operations.py",
    "tests/medreview/suggestions/test_refuse_reference.py",
    "tests/medreview/learning/test_promotion.py",
    "tests/medreview/archive/test_identity.py",
)
CORE = tuple(
    f"tests/medreview/{name}"
    for name in (
        "accounts", "annotations", "archive", "cases", "core", "importing", "learning", "operations", "reading",
        "registry", "suggestions",
    )
)  # fmt: skip
SYSTEM = ("tests/loop", "tests/faults/test_kills.py")
_OWN = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")


def run_on_postgresql(paths: tuple[str, ...], marks: str, seconds: int) -> tuple[str, str]:
    """Run these tests on a private server; returns the server's version and pytest's summary."""
    if postgresql_programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    environment = {name: value for name, value in os.environ.items() if name not in _OWN}
    done = subprocess.run(
        ["scripts/on-postgres", sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", marks, *paths],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert "database: django.db.backends.postgresql" in done.stdout, "the tests ran on another database"
    return done.stdout.splitlines()[0].split(" on ")[0], done.stdout.strip().splitlines()[-1].strip("= ")


@pytest.mark.timeout(400)
def test_a_part_of_the_core_passes_on_postgresql(say: Say) -> None:
    version, summary = run_on_postgresql(PART, "not soak and not loop", 380)
    say(f"{version}, a part of the core: {summary}")
    assert int(re.findall(r"(\d+) passed", summary)[0]) >= 100


@pytest.mark.soak
@pytest.mark.timeout(2500)
def test_the_core_passes_on_postgresql(say: Say) -> None:
    version, summary = run_on_postgresql(CORE, "not soak and not loop and not e2e and not gpu", 2400)
    say(f"{version}, the core: {summary}")
    assert int(re.findall(r"(\d+) passed", summary)[0]) >= 1000


@pytest.mark.soak
@pytest.mark.timeout(2500)
def test_the_loop_and_its_kills_pass_on_postgresql(say: Say) -> None:
    version, summary = run_on_postgresql(SYSTEM, "loop and not soak", 2400)
    say(f"{version}, the loop, and each process killed once: {summary}")
    assert int(re.findall(r"(\d+) passed", summary)[0]) >= 5
