"""The whole circle on real images: hippocampus (3D), chest X-rays (2D) and blood smears (detection)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Say
from tests.loop.circle import Circle, turn
from tests.loop.system import System, add_person
from tests.soak.sources import RealSet, blood, chest, hippocampus

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Promise:
    """The first model's floor on one label, or on all of them: frozen after one calibration (docs/evidence)."""

    source: Callable[[Path], RealSet]
    label: str | None
    floor: float


# Given, so that the same patients teach and judge on every run.
SALT = "the soak circles"
PROMISES = {
    "hippocampus": Promise(hippocampus, None, 0.55),
    "cxr": Promise(chest, "lung", 0.80),
    "bccd": Promise(blood, "wbc", 0.50),
}


@pytest.mark.parametrize("name", PROMISES)
def test_the_circle_turns_on_real_images(
    name: str, system: System, shared_data: Path, tmp_path: Path, say: Say
) -> None:
    promise = PROMISES[name]
    found = promise.source(shared_data)
    manager_name = f"{name}-manager"
    manager = add_person(system, manager_name)
    (tmp_path / "labels.json").write_text(json.dumps(found.labels))
    project = system.command(
        "project", "create", f"Real {name}", "--labels", str(tmp_path / "labels.json"), "--manager", manager_name,
        "--salt", SALT,
    )  # fmt: skip
    reader = add_person(system, f"{name}-reader", project=project["slug"], roles=("annotator",))
    reviewer = add_person(system, f"{name}-reviewer", project=project["slug"], roles=("reviewer",))
    options = []
    if found.patient_csv:
        (tmp_path / "patients.csv").write_text(found.patient_csv)
        options = ["--patient-from", str(tmp_path / "patients.csv")]
    folder = tmp_path / "files"
    folder.mkdir()
    for path in found.files:
        (folder / path.name).symlink_to(path.resolve())
    files = [str(folder / path.name) for path in found.files]
    say(json.dumps(system.command("import", *files, "--project", project["slug"], *options))[:300])

    circle = Circle(system, project["id"], reader, reviewer, manager, found.truth, say)
    turn(circle, floor=promise.floor, floor_label=promise.label, references=8)
