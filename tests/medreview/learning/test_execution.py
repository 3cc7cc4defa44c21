"""The work itself, in real spawned children on a database file: train, judge, promote, predict, order the queue."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.test import Client

from medreview.accounts.models import Project
from medreview.accounts.services import create_token
from medreview.archive.identity import split_key
from medreview.archive.services.imports import import_paths
from medreview.cases.models import Case, SplitAssignment
from medreview.cases.services import assign_split
from medreview.core import jobs
from medreview.core.models import Job, JobState
from medreview.learning import tasks as learning_tasks
from medreview.learning.models import GateDecision, TestSetVersion, TrainingRun
from medreview.learning.selectors.runs import read_metrics
from medreview.learning.services import training
from medreview.reading.models import Reading, WorklistItem
from medreview.registry.models import ModelVersion
from medreview.suggestions import tasks as suggestion_tasks
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion
from ml.contracts import Dataset
from tests.medreview.learning.factories import make_project, make_reading, member
from tests.medreview.operations.conftest import database_url
from tests.phantoms import Phantom, write_brain_phantoms

SIDES = ["train", "train", "train", "train", "train", "val", "test", "test", "test", "test", "test", "test", "test"]
READ_TRAIN = 2
LABELS = [
    {"key": "white_matter", "name": "White matter", "kind": "segment", "findings": "one"},
    {"key": "lesion", "name": "Lesion", "kind": "segment"},
]


@pytest.fixture
def product_children(threaded_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children start from the product's settings; they find the test's database through the environment."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "medreview.config.settings")
    monkeypatch.setenv("DATABASE_URL", database_url())
    assert learning_tasks.train
    assert suggestion_tasks.predict


def read(case: Case, phantom: Phantom, *, without: str = "") -> Reading:
    """The truth as an approved reading; the label `without` is left unassessed although it is there."""
    statements = {key: "not_assessed" if key == without else "marked" for key in phantom.masks}
    masks = {key: mask for key, mask in phantom.masks.items() if key != without}
    return make_reading(case, statements=statements, masks=masks)


def make_cohort(project: Project, folder: Path) -> list[tuple[Case, Phantom]]:
    phantoms = write_brain_phantoms(folder, len(SIDES), shape_zyx=(8, 32, 32))
    for phantom, side in zip(phantoms, SIDES, strict=True):
        assign_split(project=project, split_key=split_key(project, phantom.patient_id, ""), side=side)
    import_paths(project=project, actor=None, paths=[folder])
    cases = [Case.objects.get(project=project, study__study_instance_uid=p.study_uid) for p in phantoms]
    assert [case.split.side for case in cases] == SIDES
    return list(zip(cases, phantoms, strict=True))


def do_job(job: Job) -> Job:
    jobs.execute(job.pk, owner="test")
    job.refresh_from_db()
    return job


@pytest.mark.usefixtures("product_children")
def test_the_loop_from_approved_readings_to_an_ordered_queue(tmp_path: Path) -> None:
    project = make_project(labels=LABELS, min_reference_cases=8, promotion_policy="ask")
    cohort = make_cohort(project, tmp_path)
    reference = [pair for pair in cohort if pair[0].is_reference]
    learning = [pair for pair in cohort if not pair[0].is_reference]
    for case, phantom in reference:
        read(case, phantom)
    read(*learning[0])
    read(*learning[1], without="lesion")
    run, _ = training.request_retrain(project=project, actor=None, max_epochs=10, seed=3)
    job = do_job(Job.objects.get(pk=run.job_id))
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    run.refresh_from_db()
    model = ModelVersion.objects.get()
    check_run(run, model)
    check_judged(model)
    check_not_assessed_reached_the_data_set(run, learning[1][0])
    promote_and_predict(model, [case for case, _ in learning[READ_TRAIN:]])
    read(*learning[READ_TRAIN])
    check_second_round(project, model)


def check_run(run: TrainingRun, model: ModelVersion) -> None:
    assert (run.state, run.model_version_id, model.state) == ("succeeded", model.pk, "candidate")
    assert model.label_keys == ["white_matter", "lesion"]
    lines = read_metrics(run)
    assert lines
    assert any(
        line["val_metric"] is not None and set(line["per_label"]) == {"white_matter", "lesion"} for line in lines
    )
    folder = Path(settings.RUNS_DIR) / run.run_dir
    assert not (folder / "dataset" / "images").exists(), "exported images are not kept"


def check_judged(model: ModelVersion) -> None:
    decision = GateDecision.objects.get(candidate=model)
    assert len(decision.report["candidate_scores"]) == SIDES.count("test")
    assert TestSetVersion.objects.get().times_used == 1
    assert decision.test_set is not None
    assert len(decision.test_set.readings) == SIDES.count("test")


def check_not_assessed_reached_the_data_set(run: TrainingRun, case: Case) -> None:
    dataset = Dataset.read(Path(settings.RUNS_DIR) / run.run_dir / "dataset.json")
    line = next(one for one in dataset.cases if one.case_id == str(case.pk))
    assert line.label_status == {"white_matter": "marked", "lesion": "not_assessed"}
    assert set(line.mask_paths) == {"white_matter"}


def promote_and_predict(model: ModelVersion, unread: list[Case]) -> None:
    """A model of a few seconds may miss the gate; what is looked at here is what follows a promotion."""
    from medreview.core.transitions import SYSTEM
    from medreview.learning.services.predictions import request_predictions
    from medreview.registry.services import activate

    activate(model=model, actor_id=None, roles=[SYSTEM], reason="test")
    asked = request_predictions(model=model, actor_id=None)
    assert asked is not None
    job = do_job(Job.objects.get(pk=asked.job_id))
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    prediction = PredictionRun.objects.get()
    assert (prediction.state, prediction.cases_done) == ("succeeded", len(unread))
    answers = CasePrediction.objects.all()
    assert {one.case_id for one in answers} == {case.pk for case in unread}
    assert all(one.error == "" and np.isfinite(one.entropy) for one in answers)
    assert Suggestion.objects.filter(label_key="white_matter", state="offered").exists()
    check_queue(model, unread)


def check_queue(model: ModelVersion, unread: list[Case]) -> None:
    items = WorklistItem.objects.filter(open_slots__gt=0).order_by("rank")
    assert {item.case_id for item in items} == {case.pk for case in unread}
    assert {item.model_version for item in items} == {model.version}
    unsure = [item for item in items if item.reason_code == "model_unsure"]
    assert unsure
    entropies = [item.reason_values["entropy"] for item in unsure]
    assert entropies == sorted(entropies, reverse=True)
    assert all(item.reason_values["pool"] == len(unread) for item in unsure)
    assert not any(SplitAssignment.objects.get(case=item.case).side != "train" for item in items)
    assert json.dumps([item.reason_values for item in items])


def check_second_round(project: Project, active: ModelVersion) -> None:
    """A hurried second training is judged against the active model on the same test set; losses come with pictures."""
    run, is_new = training.request_retrain(project=project, actor=None, max_epochs=1, seed=4)
    assert is_new
    assert do_job(Job.objects.get(pk=run.job_id)).state == JobState.SUCCEEDED
    candidate = ModelVersion.objects.get(version=2)
    decision = GateDecision.objects.get(candidate=candidate)
    assert decision.active_id == active.pk
    assert decision.test_set == TestSetVersion.objects.get(number=1, times_used=2)
    assert {row["case_id"] for row in decision.report["active_scores"]} == {
        row["case_id"] for row in decision.report["candidate_scores"]
    }
    assert candidate.card["warm_start"] is True
    client = Client(headers={"Authorization": f"Bearer {create_token(user=member(project, 'manager'), name='t')}"})
    shown = client.get(f"/api/v1/models/{candidate.pk}").json()["regressions"]
    for row in shown[:6]:
        picture = client.get(row["images"]["candidate_url"])
        assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
        assert client.get(row["images"]["active_url"]).status_code == 200
    assert client.get(f"/api/v1/models/{candidate.pk}/pictures/1/lesion/other").status_code == 404
