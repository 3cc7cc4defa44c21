"""Reading training runs: the door for requests, what blocks the next one, how long it will take, its charts."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from medreview.accounts.models import Project, User
from medreview.accounts.selectors import Access, access_project
from medreview.cases.models import REFERENCE_SIDES, Side
from medreview.core.errors import NotFound
from medreview.core.models import Job
from medreview.labels.selectors import list_tasks
from medreview.learning import states
from medreview.learning.models import TrainingRun
from medreview.learning.selectors.snapshot import SnapshotDraft, count_by_side

# What the library's own bound of steps takes on two CPU cores, and what comes on top of it per case: export,
# preparation, the gate's two passes. Only used until the project has a run of its own to go by.
DEFAULT_TRAINING_SECONDS = 120.0
SECONDS_AROUND_TRAINING = 15.0
SECONDS_PER_CASE = 0.7
NETWORKS: dict[str, tuple[tuple[str, str], ...]] = {
    "segmentation": (("auto", "Automatic"), ("unet2d", "U-Net 2D"), ("unet3d", "U-Net 3D")),
    "detection": (
        ("auto", "Automatic"),
        ("fasterrcnn", "Faster R-CNN MobileNetV3-320"),
        ("fasterrcnn_resnet50", "Faster R-CNN ResNet-50"),
    ),
}
MAX_CHART_LINES = 2000


def access_run(*, viewer: User, run_id: int, roles: tuple[str, ...] = ()) -> tuple[TrainingRun, Access]:
    """The run and its project as `viewer` sees them. Raises NotFound or NotAllowed."""
    run = TrainingRun.objects.select_related("project", "created_by", "snapshot").filter(pk=run_id).first()
    if run is None:
        raise NotFound()
    return run, access_project(viewer=viewer, project_id=run.project_id, roles=roles)


def list_runs(project: Project) -> QuerySet[TrainingRun]:
    """All runs, newest first."""
    return TrainingRun.objects.filter(project=project).select_related("created_by", "snapshot").order_by("-number")


def open_run(project: Project, task: str) -> TrainingRun | None:
    """The one run of the task that is queued or running, if any."""
    return TrainingRun.objects.filter(project=project, task=task, state__in=states.OPEN_STATES).first()


def blockers(project: Project, draft: SnapshotDraft) -> list[str]:
    """Why a training cannot start now; empty when it can."""
    if not draft.labels:
        kind = "outlined" if draft.task == "segmentation" else "boxed"
        return [f"The label set has no label that can be {kind}, so there is nothing for {draft.task} to learn."]
    counts = count_by_side(draft)
    read = sum(counts[side] for side in REFERENCE_SIDES)
    found: list[str] = []
    if read < project.min_reference_cases:
        found.append(f"{read} of {project.min_reference_cases} reference cases are read and approved.")
    for side, purpose in ((Side.VAL, "to tune on"), (Side.TEST, "to judge a model by")):
        if counts[side] == 0:
            found.append(f"No {side} case is read and approved yet: there is nothing {purpose}.")
    if counts[Side.TRAIN] == 0:
        found.append("No reading of the learning lane is approved yet.")
    elif not draft.has_marked():
        found.append("No approved reading of the learning lane marks a label of this task.")
    return found


def default_task(project: Project) -> str:
    """The task shown and trained when none is named: the first that the label kinds ask for."""
    tasks = list_tasks(project)
    return tasks[0] if tasks else "segmentation"


def estimate_seconds(project: Project, draft: SnapshotDraft) -> float:
    """How long the next training will take from start to verdict: as the last ones did, else by the defaults."""
    runs = TrainingRun.objects.filter(project=project, task=draft.task, state=states.SUCCEEDED).order_by("-number")[:3]
    took = [
        (run.finished_at - run.started_at).total_seconds()
        for run in runs
        if run.started_at is not None and run.finished_at is not None
    ]
    if took:
        return round(statistics.median(took), 1)
    budget = float(getattr(settings, "TRAINING_SECONDS_BUDGET", 0.0)) or DEFAULT_TRAINING_SECONDS
    return round(budget + SECONDS_AROUND_TRAINING + SECONDS_PER_CASE * len(draft.used), 1)


def job_of(run: TrainingRun) -> Job | None:
    return Job.objects.filter(pk=run.job_id).first() if run.job_id else None


def run_folder(run: TrainingRun) -> Path:
    """The directory of the newest attempt."""
    return Path(settings.RUNS_DIR) / run.run_dir


def read_metrics(run: TrainingRun) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl` in the API's words; none before the first epoch. A half-written line is left out."""
    if not run.run_dir:
        return []
    try:
        text = (run_folder(run) / "metrics.jsonl").read_text(encoding="utf-8")
    except OSError:
        return []
    lines = []
    for raw in text.splitlines():
        try:
            lines.append(_chart_line(json.loads(raw)))
        except (ValueError, KeyError, TypeError):
            continue
    return _thinned(lines)


def _chart_line(line: dict[str, Any]) -> dict[str, Any]:
    """`val_dice` is the mean over labels, `val_dice/liver` one label's."""
    metric, per_label = None, {}
    for name, value in line.items():
        if not name.startswith("val_") or name == "val_loss":
            continue
        _, slash, label_key = name.partition("/")
        if slash:
            per_label[label_key] = value
        else:
            metric = value
    return {
        "epoch": int(line["epoch"]),
        "train_loss": line.get("train_loss"),
        "val_loss": line.get("val_loss"),
        "val_metric": metric,
        "per_label": per_label,
        "seconds": line.get("elapsed_seconds", line.get("seconds")),
    }


def _thinned(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most MAX_CHART_LINES of them, evenly, the validated ones and the last always among them."""
    if len(lines) <= MAX_CHART_LINES:
        return lines
    step = len(lines) // MAX_CHART_LINES + 1
    last = len(lines) - 1
    return [line for i, line in enumerate(lines) if i % step == 0 or i == last or line["val_metric"] is not None]


def read_plan(run: TrainingRun) -> dict[str, Any] | None:
    """The plan the run obeys, once it is written."""
    try:
        plan = json.loads((run_folder(run) / "plan.json").read_text(encoding="utf-8")) if run.run_dir else None
    except (OSError, ValueError):
        return None
    return plan if isinstance(plan, dict) else None
