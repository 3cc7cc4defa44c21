"""What the children do, seen from inside: the data set they write, where they resume, who may write results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medreview.archive.identity import split_key
from medreview.archive.services.imports import import_paths
from medreview.cases.models import Case
from medreview.cases.services import assign_split
from medreview.core import jobs
from medreview.core.errors import LeaseLost
from medreview.core.jobs import JobContext, Kind
from medreview.core.models import Job, StatusChange
from medreview.learning import runner
from medreview.learning.models import TrainingRun
from medreview.learning.services import execution, training
from medreview.learning.services.snapshots import freeze_snapshot
from medreview.registry.models import ModelVersion
from medreview.suggestions.models import PredictionRun, Suggestion
from medreview.suggestions.services import withdraw_of_model
from ml.checkpoint import newest_state, save_state
from ml.contracts import CaseScore, GateReport, LabelComparison
from ml.dataset import load_dataset, load_image, load_mask
from tests.medreview.learning.factories import (
    grid_of,
    make_active,
    make_case,
    make_project,
    make_reading,
    make_ready,
)
from tests.phantoms import write_brain_phantoms

pytestmark = pytest.mark.django_db
LABELS = [
    {"key": "white_matter", "name": "White matter", "kind": "segment", "findings": "one"},
    {"key": "lesion", "name": "Lesion", "kind": "segment"},
    {"key": "box", "name": "Box", "kind": "box"},
]


def silent(_progress: dict[str, object]) -> None:
    return None


TRAIN = Kind("learning.train", "batch", execution.perform_training, "learning")


def imported_case(folder: Path) -> tuple[Case, dict[str, np.ndarray], np.ndarray]:
    project = make_project(labels=LABELS)
    phantom, other = write_brain_phantoms(folder, 2, shape_zyx=(6, 20, 24))
    for one in (phantom, other):
        assign_split(project=project, split_key=split_key(project, one.patient_id, ""), side="train")
    import_paths(project=project, actor=None, paths=[folder])
    taught = Case.objects.get(project=project, patient__patient_id=other.patient_id)
    make_reading(taught, statements={"lesion": "marked"}, masks={"lesion": other.masks["lesion"]})
    case = Case.objects.get(project=project, patient__patient_id=phantom.patient_id)
    return case, phantom.masks, phantom.volume


def test_a_snapshot_becomes_a_data_set_with_the_approved_voxels(tmp_path: Path) -> None:
    case, masks, volume = imported_case(tmp_path / "dicom")
    make_reading(case, statements={"white_matter": "marked", "lesion": "searched_none"}, masks={
        "white_matter": masks["white_matter"], "lesion": masks["lesion"],
    })  # fmt: skip
    snapshot = freeze_snapshot(project=case.project, task="segmentation")
    runner.export_snapshot(snapshot, tmp_path / "out", silent)
    dataset = load_dataset(tmp_path / "out")
    line = next(line for line in dataset.cases if line.case_id == str(case.pk))
    assert dataset.sha256 == snapshot.sha256
    assert [label.key for label in dataset.labels] == ["white_matter", "lesion"]
    assert np.array_equal(load_image(line, tmp_path / "out")[0], volume)
    assert np.array_equal(load_mask(line, tmp_path / "out", "white_matter", volume.shape), masks["white_matter"])
    # What is not marked is not written, whatever marks lie about.
    assert set(line.mask_paths) == {"white_matter"}
    assert line.patient_key == case.split.split_key


def test_boxes_reach_the_detection_data_set_and_segments_do_not(tmp_path: Path) -> None:
    from medreview.annotations.services.versions import NewVersion, add_versions

    case, _, _ = imported_case(tmp_path / "dicom")
    reading = make_reading(case, statements={"box": "marked", "lesion": "searched_none"}, masks={})
    mark = NewVersion(
        "f-box", "box", "99MEDREVIEW:box", "box", "MANUAL", grid_id=grid_of(case).pk,
        geometry={"start_zyx": [1, 2, 3], "stop_zyx": [2, 8, 9]},
    )  # fmt: skip
    add_versions(case=case, reading_id=reading.pk, freeze=1, marks=[mark])
    dataset = runner.export_snapshot(freeze_snapshot(project=case.project, task="detection"), tmp_path / "out", silent)
    assert [label.key for label in dataset.labels] == ["box"]
    (line,) = dataset.cases
    assert [(b.label_key, tuple(b.start_zyx), tuple(b.stop_zyx)) for b in line.boxes] == [("box", (1, 2, 3), (2, 8, 9))]
    assert line.label_status == {"box": "marked"}


def test_a_resumed_attempt_takes_the_newest_state_whose_hash_verifies(tmp_path: Path) -> None:
    attempts = [tmp_path / f"attempt-{n}" for n in (1, 2, 10, 11)]
    for step, folder in enumerate(attempts[:3], start=1):
        folder.mkdir()
        save_state(folder, step, {"w": torch.ones(3) * step}, {"position": {}, "plan": {}})
    damaged = next((attempts[2] / "state").glob("*.safetensors"))
    damaged.write_bytes(damaged.read_bytes()[:-4] + b"\x00\x00\x00\x01")
    earlier = execution._earlier_attempts(attempts[3])
    assert [path.name for path in earlier] == ["attempt-10", "attempt-2", "attempt-1"]
    found = runner._resumable(earlier)
    assert found == attempts[1]
    assert newest_state(found) is not None


def test_a_worker_that_lost_its_job_registers_nothing() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    job = jobs.claim(int(run.job_id or 0), owner="first")
    assert job is not None
    context = JobContext(job, TRAIN)
    Job.objects.filter(pk=job.pk).update(fencing_token=job.fencing_token + 1)
    with pytest.raises(LeaseLost):
        execution.perform_training(context)
    assert TrainingRun.objects.get().state == "queued"
    assert not ModelVersion.objects.exists()


def test_a_run_that_has_ended_is_not_done_again() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    TrainingRun.objects.update(state="succeeded")
    job = jobs.claim(int(run.job_id or 0), owner="first")
    assert job is not None
    context = JobContext(job, TRAIN)
    execution.perform_training(context)
    assert not ModelVersion.objects.exists()


def report_of(values: list[float], metric_name: str = "dice") -> GateReport:
    scores = tuple(CaseScore(str(n), f"p{n}", {"lesion": value}) for n, value in enumerate(values))
    overall = LabelComparison("overall", None, None, None, None, None, len(values), "cannot_tell")
    return GateReport(metric_name, "cannot_tell", overall, (), scores)


def test_the_interval_of_a_metric_holds_its_mean_and_is_not_made_up() -> None:
    low, high = runner.interval(report_of([0.6, 0.7, 0.8, 0.9]))
    assert low is not None
    assert high is not None
    assert 0.6 <= low < 0.75 < high <= 0.9
    assert runner.interval(report_of([0.7])) == (None, None)
    assert runner.interval(report_of([0.5, 0.9], "ap50")) == (None, None)


def test_withdrawing_many_suggestions_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    project = make_project()
    model, case = make_active(project), make_case(project)
    run = PredictionRun.objects.create(project=project, model_version=model)
    Suggestion.objects.bulk_create(
        Suggestion(
            run=run, model_version=model, case=case, grid=grid_of(case), label_key="lesion", kind="box", score=0.5,
            box={}, largest_slice=0,
        )
        for _ in range(600)
    )  # fmt: skip
    with django_assert_max_num_queries(20):
        moved = withdraw_of_model(model=model, actor_id=None, roles=["manager"])
    assert moved == StatusChange.objects.filter(event="withdraw").count() == 600
    assert not Suggestion.objects.exclude(state="withdrawn").exists()
