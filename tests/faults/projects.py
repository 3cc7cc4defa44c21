"""Quick projects to break: a few small patients, and, where a training is wanted, all of them read and approved."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.loop.circle import Circle
from tests.loop.readers import Truth
from tests.loop.sources import full_masks
from tests.loop.system import Person, System, add_person
from tests.phantoms import Phantom, write_brain_phantoms

LABELS = [
    {"name": "White matter", "key": "white_matter", "kind": "segment", "findings": "one"},
    {"name": "Lesion", "key": "lesion", "kind": "segment", "findings": "many"},
]
PATIENTS = 16
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Project:
    """A project in a running system and its three people, who act through HTTP."""

    id: int
    slug: str
    manager: Person
    reader: Person
    reviewer: Person


def make_project(system: System, folder: Path, **settings: Any) -> Project:
    number = next(_numbers)
    labels = folder / "labels.json"
    labels.write_text(json.dumps(LABELS))
    manager = add_person(system, f"manager{number}")
    made = system.command(
        "project", "create", f"Faults {number}", "--labels", str(labels), "--manager", f"manager{number}", "--salt", "f"
    )
    if settings:
        manager.patch(f"/projects/{made['id']}", {"settings": settings})
    reader, reviewer = (
        add_person(system, f"{role}{number}", project=made["slug"], roles=(role,)) for role in ("annotator", "reviewer")
    )
    return Project(made["id"], made["slug"], manager, reader, reviewer)


def make_learned(system: System, folder: Path, say: Any) -> tuple[Project, Circle]:
    """A project that can be retrained: every case read and approved."""
    project = make_project(system, folder, split_ratio=[5, 2, 3], min_reference_cases=3, promotion_policy="ask")
    phantoms = write_brain_phantoms(folder / "dicom", PATIENTS, shape_zyx=(10, 40, 40))
    system.command("import", str(folder / "dicom"), "--project", project.slug)
    truths = {phantom.study_uid: Truth(masks=_findings(phantom)) for phantom in phantoms}
    circle = Circle(system, project.id, project.reader, project.reviewer, project.manager, truths, say)
    circle.look_up_lanes()
    circle.read_and_approve([*circle.lanes["reference"], *circle.lanes["learning"]])
    return project, circle


def _findings(phantom: Phantom) -> dict[str, list[np.ndarray]]:
    kinds = {label["key"]: label["findings"] for label in LABELS}
    return {key: full_masks(mask, kinds[key]) for key, mask in phantom.masks.items()}
