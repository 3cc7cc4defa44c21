"""The headless circle on a small demo cohort: real broker, real workers, people who act only through HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Say
from tests.loop.circle import turn
from tests.loop.demo import FLOOR, FLOOR_LABEL, REFERENCES, demo_circle
from tests.loop.system import System


@pytest.mark.loop
@pytest.mark.timeout(1200)
def test_the_circle_turns_on_the_demo_cohort(system: System, tmp_path: Path, say: Say) -> None:
    circle = demo_circle(system, tmp_path, say)
    first, second = turn(circle, floor=FLOOR, floor_label=FLOOR_LABEL, references=REFERENCES)
    assert first.version == 1
    assert second.version == 2
