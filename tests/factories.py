"""Small true rows for tests: a project with its people, a label set, cases with grids on either side of the split.

No DICOM file is needed here; tests that need pixels write phantoms and import them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework.test import APIClient

from medreview.accounts.models import Membership, Project, User
from medreview.annotations.services.masks import pack_volume, store_packed
from medreview.archive.models import Grid, Patient, Series, Study
from medreview.cases.models import Case, CaseStack, SplitAssignment
from medreview.core.models import Blob
from medreview.labels.models import Label, LabelSet
from medreview.reading.services.queue import queue_cases
from medreview.registry.models import ModelVersion
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion, SuggestionSlice

_numbers = itertools.count(1)

SHAPE = (6, 12, 10)
SPACING = (2.0, 1.0, 0.5)
LABELS = (
    {"key": "lesion", "name": "Lesion", "kind": "segment", "findings": "many"},
    {"key": "organ", "name": "Organ", "kind": "segment", "findings": "one"},
    {"key": "nodule", "name": "Nodule", "kind": "box", "findings": "many"},
    {"key": "quality", "name": "Quality", "kind": "tag", "options": ["good", "poor"]},
)


def number() -> int:
    return next(_numbers)


def uid() -> str:
    return f"1.2.826.0.1.3680043.8.498.{number()}"


def make_user(name: str, **fields: Any) -> User:
    return User.objects.create(username=f"{name}-{number()}", display_name=name.capitalize(), **fields)


def make_label_set(project: Project, labels: Sequence[dict[str, Any]] = LABELS) -> LabelSet:
    version = LabelSet.objects.filter(project=project).count() + 1
    label_set = LabelSet.objects.create(project=project, version=version)
    for order, label in enumerate(labels):
        defaults = {"scheme": "99TEST", "value": label["key"], "meaning": label["name"], "colour": "#FF9F2E"}
        Label.objects.create(label_set=label_set, order=order, **{**defaults, **label})
    return label_set


@dataclass
class World:
    """A project with alice and anna (annotators), bob (reviewer), mona (manager); mallory works elsewhere."""

    project: Project
    label_set: LabelSet
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def client(self, name: str | None) -> APIClient:
        """An API client signed in as a persona; anonymous for None."""
        client = APIClient()
        if name is not None:
            client.force_authenticate(self.people[name])
        return client


ROLES = {"alice": ("annotator",), "anna": ("annotator",), "bob": ("reviewer",), "mona": ("manager",)}


def make_world(labels: Sequence[dict[str, Any]] = LABELS, **project_fields: Any) -> World:
    project = Project.objects.create(slug=f"p-{number()}", name="Project", salt="salt", **project_fields)
    world = World(project, make_label_set(project, labels))
    for name, roles in ROLES.items():
        world.people[name] = make_user(name)
        for role in roles:
            Membership.objects.create(project=project, user=world.people[name], role=role)
    other = Project.objects.create(slug=f"p-{number()}", name="Elsewhere", salt="salt")
    world.people["mallory"] = make_user("mallory")
    for role in ("annotator", "reviewer", "manager"):
        Membership.objects.create(project=other, user=world.people["mallory"], role=role)
    return world


def affine(spacing: Sequence[float] = SPACING, origin: Sequence[float] = (-10.0, -20.0, 30.0)) -> list[list[float]]:
    dz, dy, dx = spacing
    x, y, z = origin
    return [[dx, 0.0, 0.0, x], [0.0, dy, 0.0, y], [0.0, 0.0, dz, z], [0.0, 0.0, 0.0, 1.0]]


def make_grid(study: Study, shape: Sequence[int] = SHAPE, modality: str = "MR", **fields: Any) -> Grid:
    series = Series.objects.create(project=study.project, study=study, series_instance_uid=uid(), modality=modality)
    slices = [{"sop_instance_uid": uid(), "frame": 1} for _ in range(shape[0])]
    defaults: dict[str, Any] = {
        "frame_of_reference_uid": uid(), "affine_lps": affine(), "spacing_mm": list(SPACING), "slices": slices,
        "photometric_interpretation": "MONOCHROME2",
    }  # fmt: skip
    return Grid.objects.create(project=study.project, series=series, shape_zyx=list(shape), **{**defaults, **fields})


def make_case(
    project: Project,
    side: str = "train",
    *,
    queued: bool = True,
    patient: Patient | None = None,
    study_date: str = "20240131",
    grids: int = 1,
    **grid_fields: Any,
) -> Case:
    n = number()
    if patient is None:
        patient = Patient.objects.create(
            project=project, patient_id=f"ID{n}", pseudonym=f"P-{n:06X}", split_key=f"key-{n}", sex="F",
            birth_date="19800615",
        )  # fmt: skip
    study = Study.objects.create(project=project, patient=patient, study_instance_uid=uid(), study_date=study_date)
    split, _ = SplitAssignment.objects.get_or_create(
        project=project, split_key=patient.split_key, defaults={"side": side, "block": 0}
    )
    case = Case.objects.create(
        project=project, patient=patient, study=study, split=split, pseudonym=f"C-{n:05d}", modality="MR",
        description="Head",
    )  # fmt: skip
    for position in range(grids):
        CaseStack.objects.create(case=case, grid=make_grid(study, **grid_fields), position=position)
    if queued:
        queue_cases(project=project, case_ids=[case.pk])
    return case


def grid_of(case: Case) -> Grid:
    return case.stacks.first().grid


def make_model(project: Project, state: str = "active", version: int | None = None) -> ModelVersion:
    blob, _ = Blob.objects.get_or_create(sha256="0" * 64, defaults={"size": 0})
    return ModelVersion.objects.create(
        project=project, version=version or ModelVersion.objects.filter(project=project).count() + 1,
        task="segmentation", network="unet", state=state, weights=blob, run_dir="none",
        label_set=LabelSet.objects.filter(project=project).latest("version"),
    )  # fmt: skip


def make_suggestion(
    case: Case,
    model: ModelVersion,
    *,
    label_key: str = "lesion",
    mask: NDArray[np.bool_] | None = None,
    box: tuple[Sequence[int], Sequence[int]] | None = None,
    score: float = 0.9,
) -> Suggestion:
    """A suggestion on the case's first grid: a segment with `mask` (a small block by default), or a box."""
    grid = grid_of(case)
    run, _ = PredictionRun.objects.get_or_create(project=case.project, model_version=model, state="succeeded")
    CasePrediction.objects.get_or_create(model_version=model, case=case, defaults={"run": run, "entropy": 0.3})
    if box is not None:
        extent = {"start_zyx": list(box[0]), "stop_zyx": list(box[1])}
        return Suggestion.objects.create(
            run=run, model_version=model, case=case, grid=grid, label_key=label_key, kind="box", score=score,
            box=extent, largest_slice=box[0][0], voxel_count=1,
        )  # fmt: skip
    if mask is None:
        mask = block_mask(tuple(grid.shape_zyx))
    slices = pack_volume(mask)
    store_packed(packed for _, packed in slices)
    where = np.argwhere(mask)
    suggestion = Suggestion.objects.create(
        run=run, model_version=model, case=case, grid=grid, label_key=label_key, kind="segment", score=score,
        box={"start_zyx": where.min(0).tolist(), "stop_zyx": (where.max(0) + 1).tolist()},
        largest_slice=slices[0][0], voxel_count=int(mask.sum()), volume_ml=int(mask.sum()) * 0.001,
    )  # fmt: skip
    for k, packed in slices:
        SuggestionSlice.objects.create(suggestion=suggestion, k=k, mask_id=packed.digest)
    return suggestion


def block_mask(
    shape: Sequence[int] = SHAPE, start: Sequence[int] = (1, 2, 3), stop: Sequence[int] = (3, 6, 8)
) -> NDArray[np.bool_]:
    mask = np.zeros(tuple(shape), dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = True
    return mask
