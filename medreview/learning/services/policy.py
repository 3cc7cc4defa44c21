"""The poll that closes the loop: what was approved since the last training, what the active models have not answered.

Idempotent: it looks at rows only and asks for work that is not asked for yet, so it may run twice, late, or never.
"""

from __future__ import annotations

import logging

from medreview.accounts.models import Project
from medreview.cases.models import Side
from medreview.core.errors import DomainError
from medreview.labels.selectors import list_tasks
from medreview.learning.models import TrainingRun
from medreview.learning.selectors.runs import open_run
from medreview.learning.services.predictions import request_predictions
from medreview.learning.services.training import request_retrain
from medreview.reading.selectors import approved_readings
from medreview.registry.selectors import active_models
from medreview.suggestions import states as suggestion_states
from medreview.suggestions.models import PredictionRun

log = logging.getLogger(__name__)


def poll() -> int:
    """Ask for the trainings and predictions that are due. Returns how many were asked for."""
    asked = 0
    for project in Project.objects.order_by("pk"):
        try:
            asked += _retrain_when_due(project) + _predict_when_due(project)
        except DomainError as error:
            log.info("poll of project %s: %s", project.pk, error.message)
    return asked


def approved_since_last_run(project: Project, task: str) -> int:
    """Approved readings of the learning lane that no training of the task has used, whatever became of it."""
    readings = approved_readings(project).filter(case__split__side=Side.TRAIN, case__excluded_reason="")
    return len(set(readings.values_list("pk", flat=True)) - _reading_ids_of_last_run(project, task))


def _reading_ids_of_last_run(project: Project, task: str) -> set[int]:
    last = TrainingRun.objects.filter(project=project, task=task).select_related("snapshot").order_by("-number").first()
    if last is None or last.snapshot is None:
        return set()
    used = {int(row["reading_id"]) for row in last.snapshot.manifest["readings"]}
    excluded = {int(row["case_id"]) for row in last.snapshot.excluded}
    # A reading that was approved but left out then is not news now either.
    kept_out = approved_readings(project).filter(case_id__in=excluded, approved_at__lte=last.created_at)
    return used | set(kept_out.values_list("pk", flat=True))


def _retrain_when_due(project: Project) -> int:
    if project.retrain_every <= 0:
        return 0
    asked = 0
    for task in list_tasks(project):
        is_due = approved_since_last_run(project, task) >= project.retrain_every
        if is_due and open_run(project, task) is None:
            asked += int(_try_retrain(project, task))
    return asked


def _try_retrain(project: Project, task: str) -> bool:
    try:
        _, is_new = request_retrain(project=project, actor=None, task=task, trigger="policy")
    except DomainError as error:
        log.info("policy retrain of project %s (%s): %s", project.pk, task, error.message)
        return False
    return is_new


def _predict_when_due(project: Project) -> int:
    """New cases of the learning lane get their suggestions; those of a failed run are not tried again by itself."""
    asked = 0
    for model in active_models(project):
        last = PredictionRun.objects.filter(model_version=model).order_by("-pk").first()
        if last is not None and last.state in suggestion_states.OPEN_RUN_STATES:
            continue
        failed = last.case_ids if last is not None and last.state != suggestion_states.SUCCEEDED else []
        asked += int(request_predictions(model=model, actor_id=None, without=failed) is not None)
    return asked
