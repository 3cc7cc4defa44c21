"""Doing a prediction run: a child answers case after case under the job's fencing token, then the queue is ordered."""

from __future__ import annotations

from medreview.core import child
from medreview.core.errors import JobFailed
from medreview.core.jobs import JobContext
from medreview.registry import states as model_states
from medreview.registry.weights import check_weights
from medreview.suggestions import services, states
from medreview.suggestions.models import PredictionRun


def perform_prediction(context: JobContext) -> None:
    """Do a `suggestions.predict` job. Raises JobFailed when the model's files are not what was registered."""
    run = PredictionRun.objects.select_related("project", "model_version").get(pk=context.job.target_id)
    if run.state not in states.OPEN_RUN_STATES:
        return
    if run.model_version.state != model_states.ACTIVE:
        raise JobFailed(f"Model v{run.model_version.version} does not serve any more; its answers are not needed.")
    reasons = check_weights(run.model_version)
    if reasons:
        raise JobFailed(f"Model v{run.model_version.version} cannot serve. {' '.join(reasons)}")
    with context.writing_result():
        services.start_run(run)
    payload = {"run_id": run.pk, "job_id": context.job.pk, "token": context.token}
    answer = child.run(context, "medreview.suggestions.runner:predict", payload)
    with context.writing_result():
        run.refresh_from_db()
        services.complete_run(run=run, order=answer["order"])
