"""Reading model versions. `access_model` is the only door for a request; absent and forbidden look the same."""

from __future__ import annotations

from django.db.models import QuerySet

from medreview.accounts.models import Project, User
from medreview.accounts.selectors import Access, access_project
from medreview.core.errors import NotFound
from medreview.registry import states
from medreview.registry.models import ModelVersion


def active_model(project: Project, task: str) -> ModelVersion | None:
    """The one model that serves `task` now, if any."""
    return ModelVersion.objects.filter(project=project, task=task, state=states.ACTIVE).first()


def active_models(project: Project) -> list[ModelVersion]:
    """The models that serve now: at most one per task."""
    return list(ModelVersion.objects.filter(project=project, state=states.ACTIVE).order_by("task"))


def newest_candidate(project: Project, task: str) -> ModelVersion | None:
    """The newest model that waits for a decision."""
    waiting = ModelVersion.objects.filter(project=project, task=task, state=states.CANDIDATE)
    return waiting.order_by("-version").first()


def previous_active(model: ModelVersion) -> ModelVersion | None:
    """The model that served before `model` and was not found bad: where a rollback returns to."""
    earlier = ModelVersion.objects.filter(
        project=model.project, task=model.task, state=states.RETIRED, rolled_back_at__isnull=True
    )
    if model.promoted_at is not None:
        earlier = earlier.filter(promoted_at__lt=model.promoted_at)
    return earlier.order_by("-promoted_at", "-version").first()


def list_models(project: Project) -> QuerySet[ModelVersion]:
    """All versions, newest first."""
    return ModelVersion.objects.filter(project=project).select_related("project").order_by("-version")


def access_model(*, viewer: User, model_id: int, roles: tuple[str, ...] = ()) -> tuple[ModelVersion, Access]:
    """The model and its project as `viewer` sees them. Raises NotFound or NotAllowed."""
    model = ModelVersion.objects.select_related("project").filter(pk=model_id).first()
    if model is None:
        raise NotFound()
    return model, access_project(viewer=viewer, project_id=model.project_id, roles=roles)
