"""The headless circle on a small demo cohort: real broker, real workers, people who act only through HTTP."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.loop.circle import Circle, turn
from tests.loop.sources import demo_cohort
from tests.loop.system import Person, System, add_person

# White matter after five readings and 600 steps; calibrated once, then frozen (docs/evidence/calibration.md).
FLOOR = 0.75
EPOCHS = 30
SALT = "the loop test"
LABELS = [
    {"name": "Lesion", "key": "lesion", "kind": "segment", "findings": "many"},
    {"name": "White matter", "key": "white-matter", "kind": "segment", "findings": "one"},
]
PATIENTS = 24


def upload(manager: Person, project_id: int, files: list[Path]) -> dict[str, object]:
    """Bring files in as the page does: batches, then finish, then wait."""
    batch = manager.post(f"/projects/{project_id}/imports", {})
    for start in range(0, len(files), 60):
        chunk = files[start : start + 60]
        manager.upload(
            batch["id"], [(f"{p.parent.parent.name}/{p.parent.name}/{p.name}", p.read_bytes()) for p in chunk]
        )
    manager.post(f"/imports/{batch['id']}/finish")
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found: dict[str, object] = manager.get(f"/imports/{batch['id']}")
        if found["state"] in ("done", "failed"):
            return found
        time.sleep(0.5)
    raise AssertionError("the import did not end in 300 s")


@pytest.mark.loop
@pytest.mark.timeout(1200)
def test_the_circle_turns_on_the_demo_cohort(
    system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {text}", flush=True)

    files, truths = demo_cohort(tmp_path / "cohort", patients=PATIENTS)
    manager = add_person(system, "maya")
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    project = system.command(
        "project", "create", "Loop", "--labels", str(tmp_path / "labels.json"), "--manager", "maya", "--salt", SALT
    )
    manager.patch(f"/projects/{project['id']}", {"settings": {"split_ratio": [14, 4, 6]}})
    reader = add_person(system, "rada", project=project["slug"], roles=("annotator",))
    reviewer = add_person(system, "rolf", project=project["slug"], roles=("reviewer",))

    imported = upload(manager, project["id"], files)
    assert imported["state"] == "done", imported
    say(f"imported {imported['files_done']} files: {imported['counts']}")
    circle = Circle(system, project["id"], reader, reviewer, manager, truths, say, max_epochs=EPOCHS)
    first, second = turn(circle, floor=FLOOR, floor_label="white-matter", references=8)
    assert first.version == 1
    assert second.version == 2
