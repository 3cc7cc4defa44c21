"""A loop that teaches nothing must not pass: labels mixed up between patients turn the loop test red."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Say
from tests.loop.circle import turn
from tests.loop.demo import FLOOR, FLOOR_LABEL, REFERENCES, demo_circle
from tests.loop.sources import shuffled
from tests.loop.system import System


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_shuffled_labels_turn_the_loop_test_red(system: System, tmp_path: Path, say: Say) -> None:
    circle = demo_circle(system, tmp_path, say)
    taught = shuffled(circle.truths, seed=3)
    with pytest.raises(AssertionError, match=f"{FLOOR_LABEL} .* is under the floor"):
        turn(circle, floor=FLOOR, floor_label=FLOOR_LABEL, references=REFERENCES, taught=taught)
