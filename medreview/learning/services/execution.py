"""Doing a training: a child trains, a fresh one judges, and only the holder of the job's token registers the result."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from medreview.core import blobs, child, events, transitions
from medreview.core.errors import Conflict
from medreview.core.jobs import JobContext
from medreview.core.models import Blob
from medreview.learning import states
from medreview.learning.models import GateDecision, TestSetVersion, TrainingRun
from medreview.learning.services.promotion import apply_policy
from medreview.learning.services.snapshots import freeze_test_set
from medreview.registry.models import ModelVersion
from medreview.registry.selectors import active_model
from medreview.registry.services import Candidate, register_candidate
from medreview.registry.weights import CHECKPOINT, check_files


def perform_training(context: JobContext) -> None:
    """Do a `learning.train` job: train, judge, register, and follow the promotion policy.

    Done again for a run that has ended (the worker died after registering), it does nothing.
    """
    run = TrainingRun.objects.select_related("project", "snapshot").get(pk=context.job.target_id)
    if run.state not in states.OPEN_STATES:
        return
    folder = _begin(context, run)
    payload = {"run_id": run.pk, "folder": str(folder), "earlier": [str(p) for p in _earlier_attempts(folder)]}
    report = child.run(context, "medreview.learning.runner:train", payload)
    active = active_model(run.project, run.task)
    asked = {**payload, "active_id": active.pk if active else None, "weights_sha256": report["weights_sha256"]}
    answer = child.run(context, "medreview.learning.runner:judge", asked)
    blob = blobs.put_file(folder / CHECKPOINT)
    refusals = [*_hash_refusal(report, blob), *_file_refusals(folder, report, blob)]
    with context.writing_result():
        model = _register(run, report, answer, blob, refusals)
        apply_policy(model)
    _remove_arrays(folder)


def _begin(context: JobContext, run: TrainingRun) -> Path:
    """Each attempt writes a directory of its own, so that a paused worker that wakes up cannot spoil a later one."""
    run_dir = f"run-{run.pk:06d}/attempt-{context.token}"
    folder = Path(settings.RUNS_DIR) / run_dir
    folder.mkdir(parents=True, exist_ok=True)
    with context.writing_result():
        started = run.started_at or timezone.now()
        transitions.apply(run, "start", actor_id=None, roles=[transitions.SYSTEM], run_dir=run_dir, started_at=started)
        events.publish_on_commit(run.project_id, "learning", run.pk)
    return folder


def _earlier_attempts(folder: Path) -> list[Path]:
    """Directories of earlier attempts, newest first."""
    attempts = [path for path in folder.parent.glob("attempt-*") if path != folder]
    return sorted(attempts, key=lambda path: int(path.name.removeprefix("attempt-")), reverse=True)


def _register(
    run: TrainingRun,
    report: dict[str, Any],
    answer: dict[str, Any],
    blob: Blob,
    refusals: list[str],
) -> ModelVersion:
    """One transaction: the candidate, the gate's decision on the numbered test set, and the end of the run."""
    if run.snapshot is None:
        raise Conflict(f"Training {run.number} has no snapshot; start a new one.")
    gate, overall = answer["gate"], answer["gate"]["overall"]
    model = register_candidate(
        project=run.project,
        candidate=Candidate(
            task=run.task,
            network=report["network"],
            weights=blob,
            run_dir=run.run_dir,
            plan=answer["plan"],
            label_set=run.snapshot.label_set,
            label_keys=list(report["label_keys"]),
            label_codes=list(report["label_codes"]),
            metric_name=gate["metric_name"],
            metric=overall["candidate_mean"],
            training_run_id=run.pk,
            snapshot_sha256=run.snapshot.sha256,
            card=_card(run, report, answer),
        ),
    )
    test_set = freeze_test_set(snapshot=run.snapshot)
    if gate["candidate_scores"]:  # a candidate refused unseen has used nothing up
        TestSetVersion.objects.filter(pk=test_set.pk).update(times_used=F("times_used") + 1)
    GateDecision.objects.create(
        candidate=model,
        active_id=answer["active_id"],
        test_set=test_set,
        verdict=gate["verdict"],
        report={**gate, "refusals": [*gate["refusals"], *refusals]},
    )
    transitions.apply(
        run,
        "complete",
        actor_id=None,
        roles=[transitions.SYSTEM],
        model_version=model,
        network=report["network"],
        finished_at=timezone.now(),
    )
    events.publish_on_commit(run.project_id, "learning", run.pk)
    return model


def _hash_refusal(report: dict[str, Any], blob: Blob) -> list[str]:
    if report["weights_sha256"] == blob.sha256:
        return []
    return [f"The weights have the wrong hash: {blob.sha256[:12]} instead of {report['weights_sha256'][:12]}."]


def _file_refusals(folder: Path, report: dict[str, Any], blob: Blob) -> list[str]:
    return check_files(
        folder,
        sha256=blob.sha256,
        label_keys=list(report["label_keys"]),
        label_codes=list(report["label_codes"]),
    )


def _card(run: TrainingRun, report: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """What a person should know of the model before using it."""
    kept = ("parameters", "train_cases", "val_cases", "epochs", "seconds", "device", "warm_start")
    return {
        **{name: report[name] for name in kept if name in report},
        "seed": run.spec.get("seed"),
        "validation_metric": report["best_validation_metric"],
        "validation_metric_name": report["validation_metric_name"],
        "metric_low": answer["low"],
        "metric_high": answer["high"],
        "intended_use": "Research only: suggestions for a person to accept, edit or reject.",
    }


def _remove_arrays(folder: Path) -> None:
    """The exported images and masks of this and earlier attempts: the snapshot can write them again any time."""
    for attempt in folder.parent.glob("attempt-*"):
        _keep_list_only(attempt)
        if attempt != folder:
            shutil.rmtree(attempt, ignore_errors=True)


def _keep_list_only(attempt: Path) -> None:
    dataset = attempt / "dataset"
    if (dataset / "dataset.json").exists():
        (dataset / "dataset.json").replace(attempt / "dataset.json")
    shutil.rmtree(dataset, ignore_errors=True)
