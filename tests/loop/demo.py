"""A small demo project in a running system, brought in as the page does it, with its three people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.loop.circle import Circle
from tests.loop.sources import demo_cohort
from tests.loop.system import Person, System, add_person

# White matter after five readings and 600 steps; calibrated once, then frozen (docs/evidence/calibration.md).
FLOOR = 0.75
FLOOR_LABEL = "white-matter"
EPOCHS = 30
SALT = "the loop test"
LABELS = [
    {"name": "Lesion", "key": "lesion", "kind": "segment", "findings": "many"},
    {"name": "White matter", "key": FLOOR_LABEL, "kind": "segment", "findings": "one"},
]
PATIENTS = 24
REFERENCES = 8


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


def demo_circle(system: System, folder: Path, say: Callable[[str], None]) -> Circle:
    """Project, people and images; nothing read yet."""
    files, truths = demo_cohort(folder / "cohort", patients=PATIENTS)
    manager = add_person(system, "maya")
    (folder / "labels.json").write_text(json.dumps(LABELS))
    project = system.command(
        "project", "create", "Loop", "--labels", str(folder / "labels.json"), "--manager", "maya", "--salt", SALT
    )
    manager.patch(f"/projects/{project['id']}", {"settings": {"split_ratio": [14, 4, 6]}})
    reader = add_person(system, "rada", project=project["slug"], roles=("annotator",))
    reviewer = add_person(system, "rolf", project=project["slug"], roles=("reviewer",))

    imported = upload(manager, project["id"], files)
    assert imported["state"] == "done", imported
    say(f"imported {imported['files_done']} files: {imported['counts']}")
    return Circle(system, project["id"], reader, reviewer, manager, truths, say, max_epochs=EPOCHS)
