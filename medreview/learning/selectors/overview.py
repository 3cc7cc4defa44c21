"""The manager's page in one answer, and a run as the API shows it."""

from __future__ import annotations

from typing import Any

from medreview.accounts.models import Project
from medreview.core.job_lists import ahead_of
from medreview.core.models import Job
from medreview.learning import states
from medreview.learning.models import TrainingRun
from medreview.learning.selectors import runs as run_selectors
from medreview.learning.selectors import statistics
from medreview.learning.selectors.gate import model_json
from medreview.learning.selectors.snapshot import SnapshotDraft, count_by_side, draft_snapshot
from medreview.registry.selectors import active_model, list_models, newest_candidate

# Whether the strategy helps is only claimed from equal-sized shadow models or a simulation (DESIGN §5.10).
BENEFIT = "not_measured"
STATUSES = ("marked", "searched_none", "not_assessed")

_STATE_TEXT = {
    states.QUEUED: "Waiting for a worker",
    states.RUNNING: "Starting",
    states.SUCCEEDED: "Done",
    states.FAILED: "Failed",
    states.CANCELED: "Canceled",
}


def learning_overview(project: Project, task: str = "") -> dict[str, Any]:
    """Everything `GET /projects/{id}/learning` answers, for one task of the project."""
    chosen = task or run_selectors.default_task(project)
    draft = draft_snapshot(project, chosen)
    active = active_model(project, chosen)
    candidate = newest_candidate(project, chosen)
    models = {model.pk: model_json(model) for model in list_models(project)}
    runs = [run_json(run) for run in run_selectors.list_runs(project)]
    return {
        "reference": statistics.reference_counts(project, count_by_side(draft)),
        "approved": statistics.approved_counts(project),
        "since_active": statistics.approved_since(project, active),
        "policy": {"retrain_every": project.retrain_every, "promotion_policy": project.promotion_policy},
        "next_training": next_training(project, draft),
        "active": models[active.pk] if active else None,
        "candidate": models[candidate.pk] if candidate else None,
        "models": list(models.values()),
        "runs": runs,
        "running": next((run for run in runs if run["state"] in states.OPEN_STATES), None),
        "curve": statistics.learning_curve(project, chosen),
        "random_share": statistics.random_share_acceptance(project),
        "reasons": statistics.reason_shares(project),
        "benefit": BENEFIT,
    }


def next_training(project: Project, draft: SnapshotDraft) -> dict[str, Any]:
    """What a training would use and leave out. Reference cases are not listed: they are shown as counts."""
    reasons = run_selectors.blockers(project, draft)
    train = draft.on("train")
    return {
        "task": draft.task,
        "cases": [{"case_id": one.case_id, "pseudonym": one.pseudonym} for one in train],
        "count": len(train),
        "excluded": [
            {
                "case_id": one.case_id,
                "pseudonym": one.pseudonym,
                "reason_code": one.reason_code,
                "reason": one.reason,
            }
            for one in draft.excluded
            if one.side == "train"
        ],
        "labels": [
            {
                "key": label.key,
                "name": label.name,
                **{status: sum(one.label_status[label.key] == status for one in train) for status in STATUSES},
            }
            for label in draft.labels
        ],
        "estimate_seconds": run_selectors.estimate_seconds(project, draft),
        "networks": [
            {"key": key, "name": name, "default": key == "auto"} for key, name in run_selectors.NETWORKS[draft.task]
        ],
        "ready": not reasons,
        "blockers": reasons,
    }


def run_json(run: TrainingRun) -> dict[str, Any]:
    """A run as the API answers it."""
    job = run_selectors.job_of(run)
    progress = job.progress if job else None
    by = run.created_by
    return {
        "id": run.pk,
        "number": run.number,
        "task": run.task,
        "network": run.network,
        "state": run.state,
        "trigger": run.trigger,
        "created_by": {"id": by.pk, "display_name": by.shown_name} if by else None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "progress": progress,
        "error": run.error,
        "cases_used": len(run.snapshot.manifest["readings"]) if run.snapshot else 0,
        "cases_excluded": len(run.snapshot.excluded) if run.snapshot else 0,
        "job": _job_json(job) if job else None,
        "model_id": run.model_version_id,
        "phase_text": phase_text(run, progress),
        "seed": run.spec.get("seed"),
        "seconds_budget": run.spec.get("seconds_budget") or None,
    }


def _job_json(job: Job) -> dict[str, Any]:
    return {
        "state": job.state,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "ahead": ahead_of([job]).get(job.pk, 0),
    }


def phase_text(run: TrainingRun, progress: dict[str, Any] | None) -> str:
    """One short line about where a run is."""
    if run.state == states.RUNNING and progress:
        return f"{progress['phase']}: {progress['message']}" if progress.get("message") else str(progress["phase"])
    return _STATE_TEXT[run.state]


def run_detail_json(run: TrainingRun) -> dict[str, Any]:
    """A run with its charts and plan, read from the run directory."""
    return {**run_json(run), "metrics": run_selectors.read_metrics(run), "plan": run_selectors.read_plan(run)}
