"""Small rows for the loop's tests: projects, cases on a chosen side, approved readings, models with real weights."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from numpy.typing import NDArray
from safetensors.numpy import save_file

from medreview.accounts.models import Project, User
from medreview.accounts.services import add_member, create_project
from medreview.annotations.services.masks import pack_volume
from medreview.annotations.services.versions import NewVersion, add_versions
from medreview.archive.models import Grid, Patient, Series, Study
from medreview.cases.models import Case, CaseStack, SplitAssignment
from medreview.core import blobs
from medreview.labels.models import LabelSet
from medreview.labels.selectors import current_label_set
from medreview.labels.services import create_label_set
from medreview.learning.models import DatasetSnapshot, GateDecision, TestSetVersion
from medreview.reading.models import LabelStatement, Reading, WorklistItem
from medreview.registry.models import ModelVersion
from medreview.registry.services import Candidate, register_candidate

SHAPE_ZYX = (3, 16, 16)
_numbers = itertools.count(1)
TWO_LABELS = [
    {"key": "lesion", "name": "Lesion", "kind": "segment"},
    {"key": "edema", "name": "Edema", "kind": "segment"},
]


def person(username: str) -> User:
    """Someone who never signs in: hashing a password costs more than a whole test here."""
    return User.objects.create_user(username=username)


def make_project(*, labels: Sequence[Mapping[str, Any]] = TWO_LABELS, **settings_: Any) -> Project:
    """A project with a manager, an annotator and a reviewer; five reference cases are enough."""
    number = next(_numbers)
    project = create_project(name=f"Brain {number}", actor=person(f"manager{number}"))
    for role in ("annotator", "reviewer"):
        add_member(project=project, user=person(f"{role}{number}"), role=role, actor=None)
    create_label_set(project=project, labels=list(labels), actor=None)  # type: ignore[arg-type]
    for name, value in {"min_reference_cases": 2, **settings_}.items():
        setattr(project, name, value)
    project.save()
    return project


def member(project: Project, role: str) -> User:
    return User.objects.get(membership__project=project, membership__role=role)


def make_case(project: Project, side: str = "train", *, blocks_training: bool = False, excluded: str = "") -> Case:
    number = next(_numbers)
    key = f"key-{number}"
    patient = Patient.objects.create(
        project=project, patient_id=f"P{number}", pseudonym=f"P-{number:06X}", split_key=key
    )
    study = Study.objects.create(project=project, patient=patient, study_instance_uid=f"1.2.{number}")
    series = Series.objects.create(project=project, study=study, series_instance_uid=f"1.2.{number}.1", modality="MR")
    split = SplitAssignment.objects.create(project=project, split_key=key, side=side, block=0)
    grid = Grid.objects.create(
        project=project,
        series=series,
        shape_zyx=list(SHAPE_ZYX),
        affine_lps=np.diag([1.0, 1.0, 3.0, 1.0]).tolist(),
        spacing_mm=[3.0, 1.0, 1.0],
        blocks_training=blocks_training,
        warnings=[{"rule": "geometry.missing_slice", "blocks_training": True}] if blocks_training else [],
    )
    case = Case.objects.create(
        project=project,
        patient=patient,
        study=study,
        split=split,
        pseudonym=f"C-{number:06X}",
        modality="MR",
        excluded_reason=excluded,
    )
    CaseStack.objects.create(case=case, grid=grid, position=0)
    WorklistItem.objects.create(project=project, case=case, rank=0.5)
    return case


def grid_of(case: Case) -> Grid:
    return case.stacks.select_related("grid").get().grid


def square(start: int = 4, stop: int = 9) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE_ZYX, dtype=bool)
    mask[1, start:stop, start:stop] = True
    return mask


def make_reading(
    case: Case,
    *,
    state: str = "approved",
    statements: Mapping[str, str] | None = None,
    masks: Mapping[str, NDArray[np.bool_]] | None = None,
    label_set: LabelSet | None = None,
    **fields: Any,
) -> Reading:
    """A reading with its frozen marks. By default a lesion is marked and edema was searched and not found."""
    said = {"lesion": "marked", "edema": "searched_none"} if statements is None else dict(statements)
    drawn = {key: square() for key, status in said.items() if status == "marked"} if masks is None else dict(masks)
    reading = Reading.objects.create(
        case=case,
        project=case.project,
        reader=member(case.project, "annotator"),
        label_set=label_set or current_label_set(case.project),
        state=state,
        approved_at=timezone.now() if state == "approved" else None,
        freezes=1,
        **fields,
    )
    for key, status in said.items():
        LabelStatement.objects.create(reading=reading, label_key=key, status=status)
    marks = [
        NewVersion(
            finding_id=f"f-{key}",
            label_key=key,
            label_code=f"99MEDREVIEW:{key}",
            kind="segment",
            provenance="MANUAL",
            grid_id=grid_of(case).pk,
            slices=pack_volume(mask),
        )
        for key, mask in drawn.items()
    ]
    add_versions(case=case, reading_id=reading.pk, freeze=1, marks=marks)
    WorklistItem.objects.filter(case=case).update(open_slots=0)
    return reading


def make_ready(project: Project, *, train: int = 2) -> list[Reading]:
    """The least a training needs: one val, one test and some learning cases, all approved."""
    sides = ["val", "test", *["train"] * train]
    return [make_reading(make_case(project, side)) for side in sides]


def comparison(label_key: str, verdict: str, gain: float | None = 0.05) -> dict[str, Any]:
    return {
        "label_key": label_key,
        "active_mean": 0.7,
        "candidate_mean": 0.75,
        "gain": gain,
        "low": 0.01,
        "high": 0.09,
        "n": 8,
        "verdict": verdict,
        "needed_n": None,
    }


def gate_report(verdict: str = "better", *, refusals: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    return {
        "metric_name": "dice",
        "verdict": verdict,
        "overall": comparison("overall", verdict),
        "labels": [comparison("lesion", verdict)],
        "candidate_scores": [],
        "active_scores": [],
        "refusals": list(refusals),
        "notes": [],
        "floor": 0.5,
        "baseline": {},
        "seed": 0,
        **changes,
    }


def write_run_folder(run_dir: str, weights: NDArray[np.float32], label_keys: list[str], label_codes: list[str]) -> Path:
    folder = Path(settings.RUNS_DIR) / run_dir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_file({"layer.weight": weights}, folder / "checkpoint.safetensors")
    (folder / "plan.json").write_text(json.dumps({"label_keys": label_keys, "label_codes": label_codes}))
    return folder


def make_model(
    project: Project,
    *,
    verdict: str = "better",
    refusals: Sequence[str] = (),
    active: ModelVersion | None = None,
    weights: NDArray[np.float32] | None = None,
    label_keys: Sequence[str] = ("lesion", "edema"),
    task: str = "segmentation",
    snapshot: DatasetSnapshot | None = None,
    has_decision: bool = True,
    **report: Any,
) -> ModelVersion:
    """A candidate with a real weights file, a plan beside it, and the gate's decision against `active`."""
    number = next(_numbers)
    keys, codes = list(label_keys), [f"99MEDREVIEW:{key}" for key in label_keys]
    values = np.full((4, 4), number, dtype=np.float32) if weights is None else weights
    folder = write_run_folder(f"run-test-{number}/attempt-1", values, keys, codes)
    model = register_candidate(
        project=project,
        candidate=Candidate(
            task=task,
            network="unet2d",
            weights=blobs.put_file(folder / "checkpoint.safetensors"),
            run_dir=f"run-test-{number}/attempt-1",
            plan={},
            label_set=current_label_set(project),
            label_keys=keys,
            label_codes=codes,
            metric_name="dice",
            metric=0.75,
            snapshot_sha256=snapshot.sha256 if snapshot else "",
            card={"parameters": 16, "train_cases": 2},
        ),
    )
    if has_decision:
        test_set, _ = TestSetVersion.objects.get_or_create(
            project=project, task=task, number=1, defaults={"sha256": "0" * 64, "readings": []}
        )
        GateDecision.objects.create(
            candidate=model,
            active=active,
            test_set=test_set,
            verdict=verdict,
            report=gate_report(verdict, refusals=refusals, **report),
        )
    return model


def make_active(project: Project, **fields: Any) -> ModelVersion:
    """A model that serves, put there by the same service that a promotion uses."""
    from medreview.core.transitions import SYSTEM
    from medreview.registry.services import activate

    model = make_model(project, **fields)
    activate(model=model, actor_id=None, roles=[SYSTEM], reason="test")
    return model
