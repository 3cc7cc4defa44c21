"""The manager's page over HTTP: who may see it, what it says, and that its answers fit their schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from medreview.accounts.models import Project, User
from medreview.accounts.services import create_token
from medreview.core.models import AuditEvent
from medreview.learning import serializers as shapes
from medreview.learning.models import TrainingRun
from medreview.learning.services import training
from medreview.learning.services.snapshots import freeze_snapshot
from medreview.reading.models import Decision, Reading
from medreview.registry.models import ModelVersion
from medreview.suggestions.models import PredictionRun, Suggestion
from tests.medreview.learning.factories import (
    grid_of,
    make_active,
    make_case,
    make_model,
    make_project,
    make_reading,
    make_ready,
    member,
    person,
)

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {create_token(user=user, name='t')}"})


def manager_of(project: Project) -> Client:
    return client_of(member(project, "manager"))


def fits(shape: type, answer: Any) -> None:
    """The answer has exactly the fields of its shape, and their values are valid."""
    checked = shape(data=answer)
    assert checked.is_valid(), checked.errors
    assert set(answer) == set(checked.fields)


def post(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"/api/v1/{path}", body or {}, content_type="application/json")


def paths(project: Project, model: ModelVersion, run: TrainingRun) -> dict[str, list[str]]:
    return {
        "get": [
            f"projects/{project.pk}/learning",
            f"projects/{project.pk}/jobs",
            f"training-runs/{run.pk}",
            f"models/{model.pk}",
        ],
        "post": [
            f"projects/{project.pk}/retrain",
            f"training-runs/{run.pk}/cancel",
            f"models/{model.pk}/promote",
            f"models/{model.pk}/decline",
            f"models/{model.pk}/rollback",
        ],
    }


@pytest.mark.parametrize(("who", "status"), [("annotator", 403), ("reviewer", 403), ("mallory", 404), ("", 401)])
def test_only_managers_of_the_project_see_or_steer_the_loop(who: str, status: int) -> None:
    project = make_project()
    make_ready(project)
    model = make_model(project)
    run, _ = training.request_retrain(project=project, actor=None)
    mallory = person("mallory")
    make_project()
    client = Client() if not who else client_of(mallory if who == "mallory" else member(project, who))
    for verb, addresses in paths(project, model, run).items():
        for address in addresses:
            answer = client.get(f"/api/v1/{address}") if verb == "get" else post(client, address)
            assert answer.status_code == status, address
    model.refresh_from_db()
    assert (model.state, TrainingRun.objects.get().state) == ("candidate", "queued")


def test_the_page_of_an_empty_project_fits_its_shape_and_says_what_is_missing() -> None:
    project = make_project(min_reference_cases=10)
    make_case(project, "val")
    page = manager_of(project).get(f"/api/v1/projects/{project.pk}/learning").json()
    fits(shapes.LearningSerializer, page)
    assert page["reference"] == {"read": 0, "needed": 10, "total": 1, "val": 0, "test": 0}
    assert page["next_training"]["ready"] is False
    assert page["next_training"]["blockers"][0] == "0 of 10 reference cases are read and approved."
    assert page["benefit"] == "not_measured"
    assert page["active"] is page["candidate"] is page["running"] is None


def test_the_page_counts_what_is_approved_excluded_and_new_since_the_active_model() -> None:
    project = make_project()
    make_ready(project, train=2)
    make_active(project, snapshot=freeze_snapshot(project=project, task="segmentation"))
    make_model(project)
    make_reading(make_case(project), statements={"lesion": "marked", "edema": "not_assessed"})
    waiting = make_reading(make_case(project), state="submitted")
    make_reading(make_case(project, "test"), state="submitted")
    page = manager_of(project).get(f"/api/v1/projects/{project.pk}/learning").json()
    fits(shapes.LearningSerializer, page)
    assert page["approved"] == {"train": 3, "in_review": 0, "submitted": 1}
    assert page["since_active"] == 1
    assert page["reference"] == {"read": 2, "needed": 2, "total": 3, "val": 1, "test": 1}
    next_training = page["next_training"]
    assert next_training["count"] == 3
    assert [(e["case_id"], e["reason_code"]) for e in next_training["excluded"]] == [(waiting.case_id, "not_approved")]
    assert next_training["labels"][1] == {
        "key": "edema", "name": "Edema", "marked": 0, "searched_none": 2, "not_assessed": 1,
    }  # fmt: skip
    assert next_training["estimate_seconds"] > 60
    assert (page["active"]["state"], page["candidate"]["state"]) == ("active", "candidate")
    assert [point["state"] for point in page["curve"]] == ["active", "candidate"]


def test_retrain_starts_once_shows_its_run_and_is_audited() -> None:
    project = make_project()
    make_ready(project)
    client = manager_of(project)
    first = post(client, f"projects/{project.pk}/retrain", {"seed": 7, "seconds_budget": 30})
    again = post(client, f"projects/{project.pk}/retrain")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    fits(shapes.RunSerializer, first.json())
    assert first.json()["cases_used"] == 4
    assert AuditEvent.objects.filter(action="learning.request_retrain").count() == 1
    jobs = client.get(f"/api/v1/projects/{project.pk}/jobs").json()
    assert [job["kind"] for job in jobs["results"]] == ["learning.train"]
    page = client.get(f"/api/v1/projects/{project.pk}/learning").json()
    assert page["running"]["id"] == first.json()["id"]


@pytest.mark.parametrize(
    "body",
    [{"network": "nonsense"}, {"seed": "x"}, {"seconds_budget": -3}, {"task": "magic"}, {"max_epochs": -1}, [1], "x"],
)
def test_retrain_refuses_what_cannot_be(body: Any) -> None:
    project = make_project()
    make_ready(project)
    assert post(manager_of(project), f"projects/{project.pk}/retrain", body).status_code == 400
    assert not TrainingRun.objects.exists()


def test_a_blocked_retrain_answers_409_with_the_blockers() -> None:
    project = make_project()
    answer = post(manager_of(project), f"projects/{project.pk}/retrain")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "not_ready"
    assert len(answer.json()["error"]["blockers"]) == 4


def test_a_run_shows_its_charts_and_plan() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    folder = Path(settings.RUNS_DIR) / "run-chart/attempt-1"
    folder.mkdir(parents=True)
    lines = [
        {"epoch": 1, "step": 20, "elapsed_seconds": 2.5, "train_loss": 0.9, "seconds": 2.5},
        {"epoch": 2, "step": 40, "elapsed_seconds": 5.0, "train_loss": 0.5, "val_loss": 0.6, "val_mean_dice": 0.7,
         "val_mean_dice/lesion": 0.8, "val_mean_dice/edema": 0.6},
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"epoch": 3, "tra'
    (folder / "metrics.jsonl").write_text(text)
    (folder / "plan.json").write_text('{"network": "unet2d"}')
    TrainingRun.objects.filter(pk=run.pk).update(run_dir="run-chart/attempt-1")
    answer = manager_of(project).get(f"/api/v1/training-runs/{run.pk}").json()
    fits(shapes.RunDetailSerializer, answer)
    assert [line["epoch"] for line in answer["metrics"]] == [1, 2]
    assert answer["metrics"][1] == {
        "epoch": 2, "train_loss": 0.5, "val_loss": 0.6, "val_metric": 0.7,
        "per_label": {"lesion": 0.8, "edema": 0.6}, "seconds": 5.0,
    }  # fmt: skip
    assert answer["plan"] == {"network": "unet2d"}


def test_a_run_is_canceled_over_http() -> None:
    project = make_project()
    make_ready(project)
    run, _ = training.request_retrain(project=project, actor=None)
    client = manager_of(project)
    assert post(client, f"training-runs/{run.pk}/cancel").json()["state"] == "canceled"
    assert post(client, f"training-runs/{run.pk}/cancel").status_code == 409


def test_promote_refuses_with_the_reason_asks_for_one_and_promotes() -> None:
    project = make_project()
    client = manager_of(project)
    bad = make_model(project, refusals=["weights 'x' hold NaN or infinite numbers; train again"])
    refused = post(client, f"models/{bad.pk}/promote", {"reason": "please"})
    assert refused.status_code == 409
    assert "NaN" in refused.json()["error"]["message"]
    unsure = make_model(project, verdict="cannot_tell")
    assert post(client, f"models/{unsure.pk}/promote").status_code == 400
    done = post(client, f"models/{unsure.pk}/promote", {"reason": "too few test patients to tell"})
    assert (done.status_code, done.json()["state"]) == (200, "active")
    fits(shapes.ModelSerializer, done.json())
    assert post(client, f"models/{bad.pk}/decline").json()["state"] == "declined"
    rolled = post(client, f"models/{unsure.pk}/rollback", {"reason": "misses everything"})
    assert rolled.status_code == 200
    fits(shapes.RollbackSerializer, rolled.json())
    assert rolled.json()["reinstated"] is None
    assert post(client, f"models/{unsure.pk}/rollback").status_code == 409


def test_a_models_regressions_are_named_worst_first() -> None:
    project = make_project()
    cases = [make_case(project, "test") for _ in range(3)]

    def scores(values: list[float | None]) -> list[dict[str, Any]]:
        return [
            {"case_id": str(c.pk), "patient_key": c.split.split_key, "values": {"lesion": v}}
            for c, v in zip(cases, values, strict=True)
        ]

    model = make_model(
        project, candidate_scores=scores([0.5, 0.9, 0.2]), active_scores=scores([0.6, 0.8, 0.7]), active=None
    )
    found = manager_of(project).get(f"/api/v1/models/{model.pk}").json()["regressions"]
    assert [one["case_id"] for one in found] == [cases[2].pk, cases[0].pk]
    assert found[0]["pseudonym"] == cases[2].pseudonym
    assert found[0]["delta"] == pytest.approx(-0.5)


def decided(project: Project, model: ModelVersion, reason_code: str, verdict: str) -> Reading:
    case = make_case(project)
    run, _ = PredictionRun.objects.get_or_create(project=project, model_version=model)
    suggestion = Suggestion.objects.create(
        run=run, model_version=model, case=case, grid=grid_of(case), label_key="lesion", kind="segment", score=0.8,
        box={"start_zyx": [0, 0, 0], "stop_zyx": [1, 1, 1]}, largest_slice=0,
    )  # fmt: skip
    reading = make_reading(case, reason_code=reason_code)
    Decision.objects.create(reading=reading, suggestion=suggestion, verdict=verdict)
    return reading


def test_only_cases_drawn_at_random_estimate_how_often_suggestions_are_right() -> None:
    project = make_project()
    model = make_active(project)
    for verdict in ("accept", "accept", "accept", "edit"):
        decided(project, model, "random_share", verdict)
    for verdict in ("edit", "reject"):
        decided(project, model, "model_unsure", verdict)
    page = manager_of(project).get(f"/api/v1/projects/{project.pk}/learning").json()
    (share,) = page["random_share"]
    assert (share["model_version"], share["accepted_unchanged"], share["n"]) == (1, 0.75, 4)
    assert share["low"] == pytest.approx(0.3006, abs=1e-3)
    assert share["high"] == pytest.approx(0.9544, abs=1e-3)
    reasons = {row["code"]: (row["n"], row["edited_share"]) for row in page["reasons"]}
    assert reasons == {"random_share": (4, 0.25), "model_unsure": (2, 1.0)}


@pytest.mark.parametrize("address", ["models/999999", "training-runs/999999", "projects/999999/learning"])
def test_what_is_absent_looks_like_what_is_foreign(address: str) -> None:
    project = make_project()
    absent = manager_of(project).get(f"/api/v1/{address}")
    foreign = client_of(person("mallory")).get(f"/api/v1/projects/{project.pk}/learning")
    assert absent.status_code == foreign.status_code == 404
    assert absent.json() == foreign.json()
